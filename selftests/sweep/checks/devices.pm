# SPDX-License-Identifier: GPL-2.0
# Devices, their classes, and the directories in which drivers make files: all has the names that it had.
use reader;

my @dirs = qw(/dev /sys/block /sys/class /sys/fs /sys/kernel /sys/kernel/debug /sys/devices/system /sys/devices/virtual
	/proc/fs /proc/driver /proc/sys/kernel /proc/sys/vm /sys/devices/system/cpu);
# Those whose directories each are a class, or a bus.
my @parents = ('/sys/class', '/sys/devices/virtual', '/sys/devices/system', '/sys/kernel/debug');

look => sub {
	my @all = (@dirs, (map { dirs_in($_) } @parents), map { "$_/devices" } dirs_in('/sys/bus'));
	# Tasks come and go. They are before all other names.
	return ('/proc' => names('/proc') =~ s{^(?:\d+/)*}{}r, map { $_ => names($_) } @all);
};
