#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a CPU that did not come back on resume runs tasks once it is brought online
# reason: the scheduler does not use it any more, see reports/resume-unscheduled.md
# dies: rust_hotplug-selftest: online, and the scheduler does not use it
# copes: rust_hotplug-selftest: online, and the scheduler uses it
# needs: CONFIG_PM_SLEEP_DEBUG
#
# The console that the output goes to does not work any more after the suspend of the devices. So
# this test writes to the kernel log instead, and ends by making the kernel crash. The module is not
# loaded meanwhile.

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"
grep -qsw deep /sys/power/mem_sleep || skip_all "no suspend here that takes CPUs down"
# shellcheck disable=SC2086 # a list
set -- $hotpluggable
[ $# -gt 1 ] || skip_all "too few CPUs can go offline"

say() {
	echo "rust_hotplug-selftest: $*" >/dev/kmsg
}

# ran CPU: prints how many ticks that CPU has spent on tasks.
ran() {
	awk -v cpu="cpu$1" '$1 == cpu { print $2 + $3 + $4 }' /proc/stat
}

# scripts/vm takes the death of a kernel that has never had the module for the emulator's.
load
expect "insmod" "$err" 0
unload_module rust_hotplug
expect "rmmod" "$err" 0
cpu=${hotpluggable##* }
delay=/sys/module/suspend/parameters/pm_test_delay
[ ! -w $delay ] || set_to 0 $delay
set_to deep /sys/power/mem_sleep
set_to processors /sys/power/pm_test
state_number random:online
put "$number" "$CPU/cpu$cpu/hotplug/fail"
expect "arming state $number" "$err" 0
[ ! "$outside_failed" ] || exit 1

exec >/dev/kmsg 2>&1
put mem /sys/power/state
expect "the write of mem to state" "$err" 0
expect_cpu "$cpu" hotplug/fail -1
cpu_down "$cpu"
cpu_up "$cpu"
expect_cpu "$cpu" hotplug/state "$all_up"
# More busy tasks than CPUs, each of which may run anywhere.
busy=
for i in $online $online; do
	(while :; do :; done) &
	busy="$busy $!"
done
sleep 1
before=$(ran "$cpu")
first=$(ran "${online%% *}")
sleep 4
after=$(($(ran "$cpu") - before))
first=$(($(ran "${online%% *}") - first))
# shellcheck disable=SC2086 # a list
kill $busy
say "in four seconds CPU $cpu has run tasks for $after ticks, and CPU ${online%% *} for $first"
if [ "$outside_failed" ]; then
	say "something else is wrong"
elif [ $((after * 4)) -lt "$first" ]; then
	cpu_down "$cpu"
	say "taking it down again: $err"
	say "online, and the scheduler does not use it"
else
	say "online, and the scheduler uses it"
fi
echo c >/proc/sysrq-trigger
