# SPDX-License-Identifier: GPL-2.0
# What is allocated does not grow each time: objects of each slab cache, areas of vmalloc by who made them, and
# pages of per-CPU memory.
use Fcntl;
use interface;

my $slab = '/sys/kernel/slab';

# Gives back what CPUs keep for the next allocation, so that the numbers are those of objects in use.
sub shrink {
	foreach my $cache (names_in($slab)) {
		put("$slab/$cache/shrink", 1) if !-l "$slab/$cache";
	}
}

count => sub {
	my %count;
	# Names and inodes that files have left in caches. The bit of 4 is for not saying so in the log.
	put('/proc/sys/vm/drop_caches', 2 | 4);
	shrink();
	if (open(my $in, '<', '/proc/slabinfo')) {
		while (<$in>) {
			$count{"objects of $1"} = $2 if /^(\S+) +(\d+) +\d+ /;
		}
	}
	if (open(my $in, '<', '/proc/vmallocinfo')) {
		while (<$in>) {
			$count{"vmalloc by $1"}++ if /^\S+ +\d+ (\S+)/;
		}
	}
	return %count;
};
