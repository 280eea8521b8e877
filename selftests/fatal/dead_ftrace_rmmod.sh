#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: when ftrace has given up on itself, rmmod does not end, and the kernel and other drivers go on
#
# The module is on its way out when it finds that ftrace goes on calling it, so that it has to wait for ever. Nobody
# else may have to: drivers with states come and go.

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
rmmod rust_hotplug &
for i in $(seq 600); do
	! dmesg | grep -q 'rust_hotplug: ftrace is dead' || break
	sleep 0.1
done
[ "$i" -lt 600 ] || not_so "the kernel log does not say that ftrace is dead"
cycle
load_driver rust_hotplug_driver
expect "loading a driver after that" "$err" 0
cycle
unload_module rust_hotplug_driver
expect "unloading it" "$err" 0
kill -0 $! || not_so "rmmod has ended"
[ ! "$outside_failed" ]
