#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a state that is armed in hotplug/fail is removed
# reason: the removal hits the fault and is a BUG, see reports/fail-removal-bug.md
# dies: kernel BUG at kernel/cpu\.c:
# dies: __cpuhp_remove_state

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"

load
expect "insmod" "$err" 0
cpu=${hotpluggable##* }
get $SYS/online/state
id=$value
put "$id" "$CPU/cpu$cpu/hotplug/fail"
expect "arming state $id" "$err" 0
expect_cpu "$cpu" hotplug/fail "$id"
put 0 $SYS/online/installed

# This is reached only if the kernel has survived it.
expect "the write of 0 to installed" "$err" 0
expect_file online/installed 0
[ ! "$outside_failed" ]
