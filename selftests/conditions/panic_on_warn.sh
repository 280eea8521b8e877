#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: the kernel panics when it warns
# vm: APPEND='panic_on_warn=1 warn_limit=1'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# These make it warn.
tests kernel_rollback kernel_fail kernel_knobs misuses interrupt
status=$?
[ "$(cat /proc/sys/kernel/panic_on_warn)" = 1 ] || exit 1
exit $status
