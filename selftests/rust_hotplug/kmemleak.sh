#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Nothing that the module has allocated since the kernel was booted is left when it is
# unloaded. This comes after the other tests, to look at what they have done. The kernel
# has to have been built with kmemleak.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

has_kmemleak || skip_all "no kmemleak in this kernel"
begin 1 unloaded
begin_case "nothing is leaked"
expect_no_leaks
end_case
finish
