# SPDX-License-Identifier: GPL-2.0
#
# The log of the module.
package records;
use strict;
use warnings;
use interface;

sub fields { return {map { /^([^=]+)=(.*)/ ? ($1 => $2) : () } split ' ', $_[0]} }

# Opens the log behind what it has.
sub from_here {
	open(my $log, '<', "$SYS/log") or die "sweep: $SYS/log: $!\n";
	skip($log);
	return $log;
}

sub skip {
	my ($log) = @_;
	1 while <$log>;
	# It goes on after its end.
	seek $log, 0, 1;
}

# Returns the records since the last call for this open log, each as a hash of its fields.
sub more {
	my ($log) = @_;
	my @records = map { fields($_) } <$log>;
	seek $log, 0, 1;
	return @records;
}

# Returns the first records of what was broken, as text.
sub of_kind {
	my ($kind) = @_;
	open(my $log, '<', "$SYS/log") or return;
	my @records = map { "$kind: expected $_->{expected} of $_->{state}, CPU $_->{cpu}, op $_->{op}" }
		map { fields($_) } grep { /callback=$kind / } <$log>;
	return @records ? @records[0 .. ($#records < 4 ? $#records : 4)] : "$kind: not in the log any more";
}

1;
