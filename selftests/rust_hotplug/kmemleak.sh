#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# When the module is unloaded, nothing is left of what it has allocated since the kernel was booted.
# This runs after the other tests, so it also finds what they have leaked. The kernel needs
# kmemleak.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

has_kmemleak || skip_all "no kmemleak in this kernel"
begin 1 unloaded
begin_case "nothing is leaked"
expect_no_leaks
end_case
finish
