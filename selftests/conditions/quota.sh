#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: all tests together have a fifth of a CPU
# needs: CONFIG_CFS_BANDWIDTH
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Those that take long are left out.
cgroup2 cpu
mkdir $cgroups/slow && echo "20000 100000" >$cgroups/slow/cpu.max && echo $$ >$cgroups/slow/cgroup.procs || exit 1
tests setup_rollback online_fail offline_veto trace
