#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: somebody sets the clock
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

while :; do
	date -s "+2 hours"
	sleep 1
	date -s "-1 hour"
	sleep 1
done >/dev/null &
tests torture log tracepoint
status=$?
kill %1
exit $status
