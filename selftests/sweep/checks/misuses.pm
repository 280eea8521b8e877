# SPDX-License-Identifier: GPL-2.0
# No driver has broken its side of the contract.
use interface;
use records;

test => sub { (get("$SYS/misuses") // 0) ? records::of_kind('misuse') : () };
