#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: the startup of lockup_detector:online fails in the rollback of an offline
# reason: it counts as done, and its teardown waits for ever, see reports/offline-rollback-half-way.md
# dies: rust_hotplug-selftest: half-way, and now the next offline
# dies: blocked for more than
# dies: lockup_detector_offline_cpu

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
[ -w /proc/sys/kernel/hung_task_timeout_secs ] || skip_all "this kernel does not look for tasks that hang"
state_number lockup_detector:online
[ "$number" ] || skip_all "this kernel has no lockup detector"

cpu=${hotpluggable##* }
load unsafe_faults=1
expect "insmod" "$err" 0
can_hook || skip_all "this kernel cannot be hooked"
splats_begin
target cpu:teardown
fault "$dir/teardown_inject" cpus="$cpu" errno=ENOSPC
target lockup_detector:online
fault "$dir/startup_inject" cpus="$cpu" errno=EIO
cpu_down "$cpu"
expect "taking CPU $cpu down" "$err" ENOSPC
expect_file "$dir/startup_inject/hits" 1
# Where it does not count as done, it is the state below.
get "$CPU/cpu$cpu/hotplug/state"
[ "$value" = $((number - 1)) ] || expect "hotplug/state" "$value" "$number"
set_to 1 $SYS/reset
whole "$cpu"
splats_end >/dev/null
[ ! "$outside_failed" ] || exit 1
# The kernel looks every so many seconds, and panics.
set_to 10 /proc/sys/kernel/hung_task_timeout_secs
echo "rust_hotplug-selftest: half-way, and now the next offline" >/dev/kmsg
cpu_down "$cpu"

# This is reached only if the kernel has survived it.
expect "taking CPU $cpu down again" "$err" 0
cpu_up "$cpu"
expect_whole "$cpu"
[ ! "$outside_failed" ]
