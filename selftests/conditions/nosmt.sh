#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: SMT is off
# vm: APPEND=nosmt
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tests
