# SPDX-License-Identifier: GPL-2.0
# The kernel has the states that it had, at the same numbers: no dynamic slot is taken for good, or free.
use interface;
use reader;

look => sub { all_of("$CPU/hotplug/states") =~ /^ *(\d+): (.*)/mg };
