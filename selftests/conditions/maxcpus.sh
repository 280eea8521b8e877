#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: two CPUs of four have been brought online
# vm: APPEND=maxcpus=2
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tests
