#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a driver's teardown fails when its state is removed
# reason: that is a BUG of the kernel's own; the kernel log says before which driver it was
# dies: driver_offline \[rust_hotplug_driver\]: a driver broke its side of the contract of cpuhp
# dies: expected=teardown-that-succeeds
# dies: kernel BUG at kernel/cpu\.c:

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"

load
expect "insmod" "$err" 0
can_hook || skip_all "this kernel cannot be hooked"
set_to 1 $SYS/watch
load_driver rust_hotplug_driver mistake=failing_teardown
expect "loading the driver" "$err" 0
splats_begin
unload_driver rust_hotplug_driver
splats_end

# This is reached only if the kernel has survived it, as with ../reports/fixes/setup-rollback-bug.patch.
expect "unloading the driver" "$err" 0
# For each CPU.
# shellcheck disable=SC2086 # a list
expect "what warned" "$(printf '%s\n' $warned | sort -u)" kernel/cpu.c
[ ! "$outside_failed" ]
