#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: a machine that is kept, and that panics when it warns
# vm: KEPT=1 APPEND=panic_on_warn=1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tests setup_rollback online_fail kernel_rollback kernel_knobs misuses interrupt suspend torture
status=$?
[ "$(cat /proc/sys/kernel/panic_on_warn)" = 1 ] || exit 1
exit $status
