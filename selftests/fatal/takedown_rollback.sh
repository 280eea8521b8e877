#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a CPU that refused to die in the rollback of an online goes down all the same later
# reason: what runs there is not stopped, see reports/takedown-rollback.md
# dies: rust_hotplug-selftest: refused to die, and now the next offline
# dies: kernel BUG at kernel/irq_work\.c:

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
command -v taskset >/dev/null || skip_all "no taskset"
# shellcheck disable=SC2086 # a list
set -- $online
[ $# -gt 2 ] || skip_all "less than three CPUs"

cpu=${hotpluggable##* }
load unsafe_faults=1
expect "insmod" "$err" 0
can_hook || skip_all "this kernel cannot be hooked"
state_number cpu:teardown
splats_begin
target cpu:teardown
cpu_down "$cpu"
fault "$dir/teardown_inject" cpus="$cpu" errno=ENOSPC
arm online startup EIO "$cpu"
cpu_up "$cpu"
expect "bringing CPU $cpu up" "$err" EIO
expect_file "$dir/teardown_inject/hits" 1
is_online "$cpu" || not_so "it is not in the mask of CPUs that are online"
# It is up, with all ONLINE states undone. Where it counts as down already, it is the state below.
get "$CPU/cpu$cpu/hotplug/state"
[ "$value" = $((number - 1)) ] || expect "hotplug/state" "$value" "$number"
set_to 1 $SYS/reset
splats_end >/dev/null
[ ! "$outside_failed" ] || exit 1
echo "rust_hotplug-selftest: refused to die, and now the next offline" >/dev/kmsg
# On the first CPU, to which hrtimers_cpu_dying() would move the timers, it would wait for itself, which takes long to be
# noticed.
taskset -c "$2" sh -c "echo 0 >$CPU/cpu$cpu/hotplug/target"

# This is reached only if the kernel has survived it.
expect "the status of taking CPU $cpu down" $? 0
! is_online "$cpu" || not_so "it is still in the mask of CPUs that are online"
expect_cpu "$cpu" hotplug/state 0
whole "$cpu"
expect_whole "$cpu"
[ ! "$outside_failed" ] || exit 1

# An online that fails from there goes back to there, on the CPU itself. It must not try to take itself down.
splats_begin
cpu_down "$cpu"
fault "$dir/teardown_inject" errno=ENOSPC
for again in 1 2; do
	set_to 1 $SYS/online/startup_inject/times
	set_to EIO $SYS/online/startup_inject/errno
	cpu_up "$cpu"
	expect "online number $again" "$err" EIO
	expect_cpu "$cpu" hotplug/state "$number"
done
expect_file "$dir/teardown_inject/hits" 1
set_to 1 $SYS/reset
put 0 "$CPU/cpu$cpu/hotplug/target"
expect "taking CPU $cpu down after that" "$err" 0
whole "$cpu"
expect_whole "$cpu"
splats_end >/dev/null
[ ! "$outside_failed" ]
