# SPDX-License-Identifier: GPL-2.0
# kmemleak finds nothing, on a kernel that has it: objects that nobody can reach any more.
use interface;
use kernel;

# How many seconds old an object is, at least, that kmemleak tells of.
my $AGE = 5;

my $file = '/sys/kernel/debug/kmemleak';

lacks => sub { -w $file ? () : 'this kernel has no kmemleak' },
count => sub {
	return if !-w $file;
	# An object is told when two scans have not found it, the second of which begins when it is old enough.
	my $old_enough = now() + $AGE + 0.5;
	put($file, 'scan');
	my $left = $old_enough - now();
	select(undef, undef, undef, $left) if $left > 0;
	put($file, 'scan');
	open(my $in, '<', $file) or return;
	my (%leaked, $told);
	while (<$in>) {
		$told = 0 if /^unreferenced/;
		# Whoever has called the functions that allocate memory. Of a module that is gone there are no names.
		next if $told || !/^\s+(?:\[<\S+>\] )?(\w+)\+0x/ || /kmem|alloc/;
		$leaked{"leaked by $1"}++;
		$told = 1;
	}
	return %leaked;
};
