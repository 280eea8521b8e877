# SPDX-License-Identifier: GPL-2.0
# Lists that the kernel or a driver shows have the length that they had: nothing is in one twice, or still.
use aside;
use reader;

my @files = qw(/proc/devices /proc/misc /proc/iomem /proc/ioports /proc/diskstats /proc/partitions /proc/softirqs
	/proc/net/dev /proc/net/ptype /proc/crypto /proc/filesystems /proc/mdstat /proc/swaps /proc/cgroups /proc/consoles
	/proc/cpuinfo /proc/stat /proc/fb /proc/dma);
my %before;
# Its reader waits until RCU has let everybody know.
my ($slow, $file) = (undef, '/proc/locks');

# Files that a driver makes where these usually are.
sub of_drivers {
	my @found;
	foreach my $dir ('/proc', '/proc/driver', '/sys/kernel/debug') {
		push @found, grep { !$before{$_} && -f } map { "$dir/$_" } parts_of($dir);
	}
	foreach my $dir (grep { !$before{$_} && -d } map { "/sys/kernel/debug/$_" } parts_of('/sys/kernel/debug')) {
		push @found, grep { -f } map { "$dir/$_" } parts_of($dir);
	}
	return @found;
}

begin => sub {
	foreach my $dir ('/proc', '/proc/driver', '/sys/kernel/debug') {
		$before{"$dir/$_"} = 1 foreach parts_of($dir);
	}
	$slow = aside->new($file);
},
start => sub { $slow->ask },
look => sub { ((map { $_ => lines_in($_) // 'none' } @files, of_drivers()), $file => $slow->answer) },
end => sub { $slow->end };
