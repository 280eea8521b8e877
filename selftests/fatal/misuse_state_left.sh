#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a driver goes and leaves a state behind
# reason: the kernel calls a function that is gone, when the next CPU goes offline
# dies: driver_online \[rust_hotplug_driver\]: a driver broke its side of the contract of cpuhp
# dies: expected=removal-before-unload
# dies: misuse_state_left: all is counted
# dies: Kernel panic - not syncing

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"

load
expect "insmod" "$err" 0
can_hook || skip_all "this kernel cannot be hooked"
set_to 1 $SYS/watch
load_driver rust_hotplug_driver mistake=state_left
expect "loading the driver" "$err" 0
unload_driver rust_hotplug_driver
expect "unloading the driver" "$err" 0
expect_file misuses 1

# So is each instance in a state that is left.
again() { # MISUSES
	load_driver rust_hotplug_driver mistake=multi_left instances=2
	expect "loading the driver" "$err" 0
	unload_driver rust_hotplug_driver
	expect "unloading the driver" "$err" 0
	expect_file misuses "$1"
}
again 4
# With watch 0 nothing is counted, although a state that may fail keeps the hook in place.
set_to workqueue:online $SYS/states/add
set_to 0 $SYS/watch
again 4
[ ! "$outside_failed" ] || exit 1
echo "misuse_state_left: all is counted" >/dev/kmsg
cpu_down "${hotpluggable##* }"

# This is reached only if the kernel has survived it.
exit 1
