# SPDX-License-Identifier: GPL-2.0
# kmemleak finds nothing, on a kernel that has it: objects that nobody can reach any more.
use interface;

my $file = '/sys/kernel/debug/kmemleak';

count => sub {
	return if !-w $file;
	# An object is reported when two scans have not found it.
	put($file, 'scan') foreach 1, 2;
	open(my $in, '<', $file) or return;
	my %leaked;
	while (<$in>) {
		$leaked{"leaked by $1"}++ if /^\s+(?:\[<\S+>\] )?(\w+)\+0x/ && !/kmem|alloc/;
	}
	return %leaked;
};
