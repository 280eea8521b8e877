# SPDX-License-Identifier: GPL-2.0
# Devices, their classes, and the directories in which drivers make files: all has the names that it had.
use reader;

my @dirs = qw(/dev /sys/block /sys/class /sys/fs /sys/kernel /sys/kernel/debug /sys/devices/system /sys/devices/virtual
	/proc/fs /proc/driver /proc/sys/kernel /proc/sys/vm /sys/devices/system/cpu);
# Those whose directories each are a class, or a bus.
my @parents = ('/sys/class', '/sys/devices/virtual', '/sys/devices/system', '/sys/kernel/debug');

look => sub {
	my @all = @dirs;
	foreach my $parent (@parents) {
		push @all, map { "$parent/$_" } parts_of($parent);
	}
	push @all, map { "/sys/bus/$_/devices" } parts_of('/sys/bus');
	# Tasks come and go.
	return ('/proc' => join('/', grep { !/^\d/ } parts_of('/proc')), map { $_ => names($_) } @all);
};
