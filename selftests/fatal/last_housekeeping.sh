#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: the last CPU that is not isolated is taken offline
# reason: the kernel lets it go and the scheduler has no CPU left, see reports/last-housekeeping.md
# append: isolcpus=0,2-3 panic_on_warn=1
# dies: WARNING: .*kernel/sched/topology\.c:
#
# After that warning the scheduler takes the run queue of the first CPU of an empty set. What is in memory there decides
# whether the kernel dies of it, as that of the distributions does, so it is made to end at the warning.

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"
[ "$(cat $CPU/isolated)" = 0,2-3 ] || skip_all "the CPUs that isolcpus= names are not isolated here"
[ "$(cat $CPU/online)" = 0-3 ] || skip_all "not the four CPUs that isolcpus= was written for"

# The module has to be loaded: scripts/vm takes it for an error of the emulator if the kernel dies
# before that.
load
expect "insmod" "$err" 0
cpu_down 1

# This is reached only if the kernel has survived it.
expect "taking CPU 1 offline" "$err" EBUSY
expect_cpu 1 hotplug/state "$all_up"
# An isolated one may still go.
cpu_down 3
expect "taking CPU 3 offline" "$err" 0
cpu_up 3
expect "taking CPU 3 online" "$err" 0
[ ! "$outside_failed" ]
