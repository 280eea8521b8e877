#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: a CPU is isolated and nohz_full
# vm: APPEND='isolcpus=3 nohz_full=3'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tests
