#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: SMT is off for good from the command line, and CPUs are started one after the other
# append: nosmt=force cpuhp.parallel=0 mitigations=off

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it needs a command line of its own"
get $CPU/smt/control
[ "$value" = forceoff ] || skip_all "smt/control is '$value'"
find_offline
[ "$offline" ] || skip_all "no core has two threads"

load
expect "insmod" "$err" 0
get $CPU/smt/active
expect "smt/active" "$value" 0
for i in $online; do
	expand "$(cat "$CPU/cpu$i/topology/thread_siblings_list")"
	expect "the threads of CPU $i that are online" "$list" "$i"
done
for word in on off forceoff 1 2; do
	put $word $CPU/smt/control
	expect "$word" "$err" EPERM
done
get $CPU/smt/control
expect "smt/control" "$value" forceoff
# On arm64 the kernel sees only when a thread is up that it must not be, and takes it down: see smt.sh.
refused=EPERM
[ "$(uname -m)" = x86_64 ] || refused=ECANCELED
for i in $offline; do
	cpu_up "$i"
	expect "the write of 1 to online of CPU $i" "$err" $refused
	expect_cpu "$i" hotplug/state 0
done
expect_cpus_online "$online"
# The others go and come as ever.
for i in $hotpluggable; do
	cpu_down "$i"
	expect "the write of 0 to online of CPU $i" "$err" 0
	cpu_up "$i"
	expect "the write of 1 to online of CPU $i" "$err" 0
done
expect_cpus_online "$online"
expect_no_violations
[ ! "$outside_failed" ]
