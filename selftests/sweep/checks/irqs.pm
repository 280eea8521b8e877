# SPDX-License-Identifier: GPL-2.0
# The interrupts have the handlers that they had, and go where they went.
use interface;

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
		$irq{$label} .= ' to ' . get("/proc/irq/$label/smp_affinity_list") if -e "/proc/irq/$label/smp_affinity_list";
	}
	return %irq;
};
