# SPDX-License-Identifier: GPL-2.0
# The kernel has the states that it had, at the same numbers: no dynamic slot is taken for good, or free.
use interface;

look => sub {
	open(my $in, '<', "$CPU/hotplug/states") or return;
	return map { /^\s*(\d+): (.*)/ ? ($1 => $2) : () } <$in>;
};
