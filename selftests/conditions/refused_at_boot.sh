#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: the kernel takes no unsigned module, no lines for its log, and panics of a taint
# vm: APPEND='module.sig_enforce=1 printk.devkmsg=off panic_on_taint=0x200'
# needs: CONFIG_MODULE_SIG
# says: this kernel takes only signed modules
# says: sysctl -w kernel.printk_devkmsg=on
# says: panic_on_taint=0x200
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
echo 1..1
refused 1 "no test begins" "takes only signed modules" tests setup_rollback
status=$?
selftests/check-machine
exit $status
