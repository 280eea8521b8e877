# SPDX-License-Identifier: GPL-2.0
#
# The CPUs.
package places;
use strict;
use warnings;
use Exporter 'import';
use interface;

our @EXPORT = qw(expand online_cpus possible_cpus hotpluggable_cpus);

# Returns the numbers in a list as the kernel writes it, such as 0-2,5.
sub expand { return map { my ($a, $b) = split /-/; $a .. $b // $a } split /,/, $_[0] // '' }

sub online_cpus { return expand(get("$CPU/online")) }
sub possible_cpus { return expand(get("$CPU/possible")) }
sub hotpluggable_cpus { return grep { -e "$CPU/cpu$_/online" } online_cpus() }

1;
