# SPDX-License-Identifier: GPL-2.0
# Each CPU that is online runs tasks and the work of the kernel's queues. One that does not would let this wait
# for ever, which the watchdog of the sweep tells.
use interface;
use kernel;
use places;

test => sub {
	my @online = online_cpus();
	my @wrong;
	foreach my $cpu (@online) {
		my $err = run_on($cpu);
		push @wrong, "no task can run on CPU $cpu: $err" if $err;
		push @wrong, "a task for CPU $cpu runs on CPU " . running_on() if !$err && running_on() != $cpu;
	}
	run_on(possible_cpus());
	# This is a piece of work on each CPU, and waits for all of them.
	my $err = put('/proc/sys/vm/stat_refresh', 1);
	push @wrong, "stat_refresh: $err" if $err && $err ne 'ENOENT';
	return @wrong;
};
