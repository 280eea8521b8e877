# SPDX-License-Identifier: GPL-2.0
#
# The names of errors.
package ErrorName;
use strict;
use warnings;
use Errno;

# Some numbers have two names.
my %second = map { $_ => 1 } qw(EWOULDBLOCK EDEADLOCK ENOTSUP);
my %names = map { $second{$_} ? () : (Errno->can($_)->() => $_) } keys %!;
# One that only the kernel knows, and that a call may return all the same.
$names{524} = 'ENOTSUPP';

# Returns the name of a negative error, or its number.
sub of {
	my ($ret) = @_;
	return $names{-$ret} // "error $ret";
}

1;
