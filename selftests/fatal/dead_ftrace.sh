#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: when ftrace gives up on itself, the module stays, and what it hooked goes on
#
# ftrace gives up when it finds the text of the kernel other than it left it, for good. It then goes on calling the
# module, so that this must not be unloaded.

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "ftrace is dead after it: not on a machine that is kept"
has_driver rust_hotplug_dead_ftrace || skip_all "no module rust_hotplug_dead_ftrace: not built"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
cpu=${hotpluggable##* }

# cycle: takes the CPU off and on, which calls the hook.
cycle() {
	cpu_down "$cpu"
	expect "taking CPU $cpu down" "$err" 0
	cpu_up "$cpu"
	expect "bringing CPU $cpu up" "$err" 0
}

load
expect "insmod" "$err" 0
can_hook || skip_all "this kernel cannot be hooked"
set_to 1 $SYS/watch
load_driver rust_hotplug_dead_ftrace
expect "making ftrace give up" "$err" 0
cycle
value=$(fields state op callback cpu | grep -c "^workqueue:online hotplug startup $cpu$")
expect "startups of workqueue:online in the log" "$value" 1
put 0 $SYS/watch
dmesg | grep -q 'rust_hotplug: ftrace is dead' || not_so "the kernel log does not say that ftrace is dead"
unload_module rust_hotplug
expect "rmmod" "$err" EAGAIN
module_loaded || not_so "the module is gone"
cycle
[ ! "$outside_failed" ]
