# SPDX-License-Identifier: GPL-2.0
# What is allocated does not grow each time: objects of each slab cache, and areas of vmalloc by who made them.
use Fcntl qw(O_WRONLY SEEK_SET);
use interface;

my $slab = '/sys/kernel/slab';

# For each slab cache the file that gives back what CPUs keep for the next allocation. They stay open, because an open
# file is itself an object in use, and so is a closed one until RCU has freed it.
my %shrink;

# Gives that back, so that the numbers are those of objects in use.
sub shrink {
	foreach my $cache (names_in($slab)) {
		next if -l "$slab/$cache";
		$shrink{$cache} //= do { sysopen(my $file, "$slab/$cache/shrink", O_WRONLY) or next; $file };
		next if defined sysseek($shrink{$cache}, 0, SEEK_SET) && defined syswrite($shrink{$cache}, '1');
		# The cache is gone, and another may have its name.
		delete $shrink{$cache};
	}
}

lacks => sub { -r '/proc/slabinfo' ? () : 'there is no /proc/slabinfo' },
count => sub {
	my %count;
	# Names and inodes that files have left in caches. The bit of 4 is for not saying so in the log.
	put('/proc/sys/vm/drop_caches', 2 | 4);
	shrink();
	if (open(my $in, '<', '/proc/slabinfo')) {
		while (<$in>) {
			# What kmemleak knows of an object stays for a while after that.
			$count{"objects of $1"} = $2 if /^(\S+) +(\d+) +\d+ / && $1 ne 'kmemleak_object';
		}
	}
	if (open(my $in, '<', '/proc/vmallocinfo')) {
		while (<$in>) {
			$count{"vmalloc by $1"}++ if /^\S+ +\d+ (\S+)/;
		}
	}
	# Areas that nobody has any more. The kernel unmaps and frees them when they have become many.
	my $unpurged = delete $count{'vmalloc by unpurged'} // 0;
	$count{'objects of vmap_area'} -= $unpurged if exists $count{'objects of vmap_area'};
	return %count;
};
