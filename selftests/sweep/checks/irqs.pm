# SPDX-License-Identifier: GPL-2.0
# The interrupts have the handlers that they had, and go where they went.
use reader;

look => sub {
	my ($head, $text) = all_of('/proc/interrupts') =~ /(.*?)\n(.*)/s or return;
	my $cpus = () = $head =~ /CPU\d/g;
	# Without the counts.
	my @irqs = $text =~ /^ *(\w+):(?: *\d+(?= |$)){0,$cpus} *(.*)/mg;
	for (my $i = 0; $i < @irqs; $i += 2) {
		# How far the columns are apart goes by the longest name that there is.
		$irqs[$i + 1] =~ tr/ //s;
		# Those that have no number have no such file, as has a number that is not in use.
		my $to = $irqs[$i] =~ /^\d/ ? value("/proc/irq/$irqs[$i]/smp_affinity_list") : undef;
		$irqs[$i + 1] .= " to $to" if defined $to;
	}
	return @irqs;
};
