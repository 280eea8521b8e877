#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: forceoff, after which SMT stays off until the machine is booted again

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "SMT stays off: not on a machine that is kept"
get $CPU/smt/control
[ "$value" = on ] || skip_all "smt/control is '$value'"
find_siblings
[ "$siblings" ] || skip_all "no core has two threads"
last=${siblings##* }

load
expect "insmod" "$err" 0
# What fails is not forced.
arm online teardown EIO "$last"
put forceoff $CPU/smt/control
expect "forceoff while CPU $last refuses to go" "$err" EIO
is_online "$last" || not_so "CPU $last is offline"
get $CPU/smt/control
[ "$value" != forceoff ] || not_so "smt/control is forceoff after it has failed"
for i in $siblings; do
	cpu_up "$i"
	expect "the write of 1 to online of CPU $i" "$err" 0
done

put forceoff $CPU/smt/control
expect "forceoff" "$err" 0
get $CPU/smt/control
expect "smt/control" "$value" forceoff
get $CPU/smt/active
expect "smt/active" "$value" 0
expect_cpus_online "$primaries"
for word in on off forceoff 1 2; do
	put $word $CPU/smt/control
	expect "$word after forceoff" "$err" EPERM
done
# On arm64 the kernel sees only when a thread is up that it must not be, and takes it down: see smt.sh.
refused=EPERM
[ "$(uname -m)" = x86_64 ] || refused=ECANCELED
for i in $siblings; do
	cpu_up "$i"
	expect "the write of 1 to online of CPU $i" "$err" $refused
	put "$all_up" "$CPU/cpu$i/hotplug/target"
	expect "the write of $all_up to target of CPU $i" "$err" $refused
done
expect_cpus_online "$primaries"
# The others can still go.
cpu=${primaries##* }
if [ -w "$CPU/cpu$cpu/online" ]; then
	cpu_down "$cpu"
	expect "the write of 0 to online of CPU $cpu" "$err" 0
	cpu_up "$cpu"
	expect "the write of 1 to online of CPU $cpu" "$err" 0
fi
expect_cpus_online "$primaries"
expect_no_violations
[ ! "$outside_failed" ]
