#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: CPUs are plugged in while the module is loaded and armed, and one is taken out
# vm: CPUS=2 MAX_CPUS=4 TCG_THREAD=multi APPEND=selftests.unplug
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tests plug setup_rollback insmod_rollback online_fail smt torture
