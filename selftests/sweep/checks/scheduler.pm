# SPDX-License-Identifier: GPL-2.0
# Each CPU that is online is in the domains of the scheduler that it was in.

look => sub {
	open(my $in, '<', '/proc/schedstat') or return;
	my (%domains, $cpu);
	while (<$in>) {
		if (/^(cpu\d+)/) {
			$cpu = $1;
			$domains{$cpu} = '';
		} elsif (/^(domain\d+) +(.*)/) {
			# Names and sets of CPUs, without the counts.
			$domains{$cpu} .= "$1 " . join(' ', grep { !/^\d+$/ } split ' ', $2) . ' ';
		}
	}
	return %domains;
};
