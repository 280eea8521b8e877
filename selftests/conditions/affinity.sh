#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: who starts the tests is bound to a CPU, on a machine that is kept
# vm: KEPT=1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

taskset -pc 1 $$ >/dev/null || exit 1
tests setup_rollback online_fail offline_veto
