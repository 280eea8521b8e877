# SPDX-License-Identifier: GPL-2.0
# The queues for work are there that were, for the same CPUs.
use interface;
use reader;

my $dir = '/sys/devices/virtual/workqueue';
look => sub { map { $_ => -d "$dir/$_" ? value("$dir/$_/cpumask") // '-' : get("$dir/$_") // '-' } parts_of($dir) };
