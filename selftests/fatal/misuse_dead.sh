#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a driver's DEAD callback fails
# reason: the CPU is booted again without having been prepared, see reports/dead-callback-error.md
# dies: driver_dead \[rust_hotplug_driver\]: a driver broke its side of the contract of cpuhp
# dies: expected=teardown-that-succeeds
# dies: DEAD callback error for CPU
# copes: rust_hotplug-selftest: the CPU is down, and the kernel has named the driver
#
# The kernel goes on after that, with counters of its own that are wrong, so this test ends by making it
# crash.

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it damages the kernel: not on a machine that is kept"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"

load
expect "insmod" "$err" 0
can_hook || skip_all "this kernel cannot be hooked"
set_to 1 $SYS/watch
load_driver rust_hotplug_driver mistake=failing_dead
expect "loading the driver" "$err" 0
cpu_down "${hotpluggable##* }"
expect_file misuses 1
if [ "$err" = 0 ]; then
	# The kernel goes on with what is below, see reports/fixes/dead-callback-error.patch.
	expect_cpu "${hotpluggable##* }" hotplug/state 0
	dmesg | grep -q "CPU ${hotpluggable##* } DOWN state selftest/single:dead .* failed (-5)" ||
		not_so "the kernel does not say what has failed"
	[ "$outside_failed" ] ||
		echo "rust_hotplug-selftest: the CPU is down, and the kernel has named the driver" >/dev/kmsg
else
	expect "taking a CPU down" "$err" EIO
fi
[ ! "$outside_failed" ] || exit 1
echo c >/proc/sysrq-trigger
