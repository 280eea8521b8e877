#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: there is one CPU
# vm: CPUS=1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tests
