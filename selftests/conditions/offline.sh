#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: CPUs are offline before the module is loaded, one of them the second thread of a core
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

for cpu in 1 2; do
	echo 0 >$CPU/cpu$cpu/online || exit 1
done
tests
status=$?
# They have to stay so.
[ "$(cat $CPU/online)" = 0,3 ] || exit 1
exit $status
