# SPDX-License-Identifier: GPL-2.0
#
# The log of the module.
package records;
use strict;
use warnings;
use interface;

# Returns the records, each as a hash of its fields.
sub all {
	open(my $in, '<', "$SYS/log") or return;
	return map { {map { /^([^=]+)=(.*)/ ? ($1 => $2) : () } split ' '} } <$in>;
}

# Returns the first records of what was broken, as text.
sub of_kind {
	my ($kind) = @_;
	my @records = map { "$kind: expected $_->{expected} of $_->{state}, CPU $_->{cpu}, op $_->{op}" }
		grep { $_->{callback} eq $kind } all();
	return @records ? @records[0 .. ($#records < 4 ? $#records : 4)] : "$kind: not in the log any more";
}

1;
