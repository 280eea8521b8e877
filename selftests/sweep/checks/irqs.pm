# SPDX-License-Identifier: GPL-2.0
# The interrupts have the handlers that they had, and go where they went.
use reader;

look => sub {
	open(my $in, '<', '/proc/interrupts') or return;
	my $head = <$in>;
	my $cpus = () = $head =~ /CPU\d/g;
	my %irq;
	while (<$in>) {
		my ($label, $rest) = /^\s*(\w+):(.*)/ or next;
		# Without the counts.
		$rest =~ s/^(\s*\d+){1,$cpus}\s*//;
		$irq{$label} = $rest;
		# Those that have no number have no such file, as has a number that is not in use.
		my $to = $label =~ /^\d/ ? value("/proc/irq/$label/smp_affinity_list") : undef;
		$irq{$label} .= " to $to" if defined $to;
	}
	return %irq;
};
