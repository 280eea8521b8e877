#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a CPU does not come back on resume, and online says so
# reason: online says 1 of a CPU that is down, see reports/online-out-of-step.md
# dies: rust_hotplug-selftest: down, and online is 1, which writing 1 does not change
# copes: rust_hotplug-selftest: down, and online is 0
# needs: CONFIG_PM_SLEEP_DEBUG
#
# The console that the output goes to does not work any more after the suspend of the devices. So
# this test writes to the kernel log instead, and ends by making the kernel crash.

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"

# A suspend to idle does not take the CPUs down.
if grep -qsw deep /sys/power/mem_sleep; then
	way=mem
	delay=/sys/module/suspend/parameters/pm_test_delay
elif grep -qsw disk /sys/power/state; then
	way=disk
	delay=/sys/module/hibernate/parameters/pm_test_delay
else
	skip_all "no test suspend here that takes CPUs down"
fi

say() {
	echo "rust_hotplug-selftest: $*" >/dev/kmsg
}

cpu=${hotpluggable##* }
load
expect "insmod" "$err" 0
# The state is armed for the way up. It has no teardown, so it is passed on the way down.
set_to 0 $SYS/online/installed
set_to startup $SYS/online/callbacks
set_to 1 $SYS/online/installed
get $SYS/online/state
put "$value" "$CPU/cpu$cpu/hotplug/fail"
expect "arming state $value" "$err" 0
[ ! -w $delay ] || set_to 0 $delay
[ $way != mem ] || set_to deep /sys/power/mem_sleep
set_to processors /sys/power/pm_test
[ ! "$outside_failed" ] || exit 1

exec >/dev/kmsg 2>&1
put $way /sys/power/state
expect "the write of $way to state" "$err" 0
expect_cpu "$cpu" hotplug/fail -1
expect_cpu "$cpu" hotplug/state 0
! is_online "$cpu" || not_so "CPU $cpu is up"
get "$CPU/cpu$cpu/online"
online=$value
cpu_up "$cpu"
expect "the write of 1 to online" "$err" 0
get "$CPU/cpu$cpu/hotplug/state"
if [ "$outside_failed" ]; then
	say "something else is wrong"
elif [ "$online" = 0 ] && [ "$value" = "$all_up" ]; then
	say "down, and online is 0"
elif [ "$online" = 1 ] && [ "$value" = 0 ]; then
	cpu_down "$cpu"
	cpu_up "$cpu"
	get "$CPU/cpu$cpu/hotplug/state"
	[ "$value" != "$all_up" ] ||
		say "down, and online is 1, which writing 1 does not change; 0 and then 1 does"
else
	say "down, online is $online, and then the state is $value"
fi
echo c >/proc/sysrq-trigger
