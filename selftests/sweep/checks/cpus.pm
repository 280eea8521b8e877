# SPDX-License-Identifier: GPL-2.0
# Each CPU is where it was: online, its state and target, and the kernel's own fault not armed.
use interface;
use reader;

my @files = map { my $cpu = $_; map { "$cpu/$_" } qw(online hotplug/state hotplug/target hotplug/fail) }
	grep { /^cpu\d+$/ } names_in($CPU);

look => sub { map { $_ => value("$CPU/$_") // 'not there' } 'online', @files };
