#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a teardown fails in the rollback of a setup
# reason: that is a BUG, with locks held, see reports/setup-rollback-bug.md
# dies: kernel BUG at kernel/cpu\.c:
# dies: cpuhp_issue_call|cpuhp_rollback_install|__cpuhp_setup_state

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it kills the kernel: not on a machine that is kept"

load unsafe_faults=1
expect "insmod" "$err" 0
set_to 0 $SYS/online/installed
set_to 1 $SYS/reset
arm online startup ENOSPC "${online##* }"
arm online teardown EIO "${online%% *}"
splats_begin
put 1 $SYS/online/installed
splats_end

# This is reached only if the kernel has survived it.
expect "the write of 1 to installed" "$err" ENOSPC
expect_file online/teardown_inject/hits 1
expect_file online/installed 0
expect "what warned" "$warned" kernel/cpu.c
[ ! "$outside_failed" ]
