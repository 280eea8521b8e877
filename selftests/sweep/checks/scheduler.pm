# SPDX-License-Identifier: GPL-2.0
# Each CPU that is online is in the domains of the scheduler that it was in.

use reader;

look => sub {
	my (%domains, $cpu);
	# Of each domain its name, which old kernels do not give, and its set of CPUs, without the counts.
	foreach (all_of('/proc/schedstat') =~ /^(cpu\d+|domain\d+ (?:[A-Z]+ )?[0-9a-f,]+)/mg) {
		if (/^c/) {
			$domains{$cpu = $_} = '';
		} else {
			$domains{$cpu} .= "$_ ";
		}
	}
	return map { $_ => $domains{$_} } sort keys %domains;
};
