# SPDX-License-Identifier: GPL-2.0
# The kernel has rolled back exactly what was there: the checker of the module has seen every call.
use interface;
use records;

test => sub { (get("$SYS/violations") // 0) ? records::of_kind('violation') : () };
