#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a state of section STARTING is written to hotplug/target
# reason: it is accepted and hits a BUG, see reports/starting-target-bug.md
# needs: CONFIG_CPU_HOTPLUG_STATE_CONTROL
# dies: kernel BUG at kernel/cpu\.c:
# dies: cpuhp_report_idle_dead

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"

# The module has to be loaded: scripts/vm takes it for an error of the emulator if the kernel dies
# before that.
load
expect "insmod" "$err" 0
cpu=${hotpluggable##* }
state_number RCU/tree:dying
put "$number" "$CPU/cpu$cpu/hotplug/target"

# This is reached only if the kernel has survived it. Next to these states are two that are no better.
expect "the write of $number to target" "$err" EINVAL
state_number idle:dead
from=$number
state_number ap:online
to=$number
i=$from
while [ "$i" -le "$to" ] && [ ! "$outside_failed" ]; do
	put "$i" "$CPU/cpu$cpu/hotplug/target"
	expect "the write of $i to target" "$err" EINVAL
	expect_cpu "$cpu" hotplug/state "$all_up"
	i=$((i + 1))
done
[ ! "$outside_failed" ]
