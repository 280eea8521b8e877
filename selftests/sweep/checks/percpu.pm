# SPDX-License-Identifier: GPL-2.0
# Per-CPU memory that is allocated is freed: the kernel's trace events of both, in an instance of their own.
use interface;

my $dir = '/sys/kernel/tracing/instances/rust_hotplug_sweep';
# What is allocated and not freed, by address, with who did it; and how many of each.
my %held;

sub take {
	open(my $in, '<', "$dir/trace") or return;
	while (<$in>) {
		if (/percpu_alloc_percpu: (?:call_site=(\S+) )?.* ptr=(\S+)/) {
			$held{$2} = $1 // '-';
		} elsif (/percpu_free_percpu: .*ptr=(\S+)/) {
			delete $held{$1};
		}
	}
	close $in;
	# Opening it so empties it.
	open(my $out, '>', "$dir/trace");
}

begin => sub {
	rmdir $dir;
	mkdir $dir or return;
	put("$dir/buffer_size_kb", 64);
	put("$dir/events/percpu/$_/enable", 1) foreach qw(percpu_alloc_percpu percpu_free_percpu);
},
lacks => sub { -d $dir ? () : "there is no $dir, which tracefs would have" },
count => sub {
	take();
	my %count;
	$count{"allocated by $_"}++ foreach values %held;
	return %count;
},
end => sub { rmdir $dir };
