#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# SMT control: the sibling threads go down and come up with our callbacks. A fault makes the write
# fail, and after that all files agree about which CPUs are up.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

SMT=$CPU/smt/control

# smt WORD: writes to smt/control. Sets $err to 0 or to the name of the errno.
smt() {
	put "$1" $SMT
}

restore_smt() {
	get $SMT
	[ "$value" = on ] || echo on >$SMT
}

# consistent: checks that the kernel, the device of each CPU and the states agree about which CPUs
# are up.
consistent() {
	get $CPU/online
	expand "$value"
	_up=$list
	for _cpu in $online; do
		_is=0
		# shellcheck disable=SC2086 # a list
		! list_has "$_cpu" $_up || _is=1
		[ ! -e "$CPU/cpu$_cpu/online" ] || {
			get "$CPU/cpu$_cpu/online"
			expect "cpu$_cpu/online" "$value" $_is
		}
	done
	for _state in $STATES $MULTI; do
		expect_cpus "$_state" "$_up"
	done
}

# all_back: checks that smt/control and the CPUs that are online are as before.
all_back() {
	get $SMT
	expect "smt/control" "$value" on
	get $CPU/online
	expand "$value"
	expect "CPUs online" "$list" "$online"
	consistent
}

# up: brings $siblings online again, and checks that smt/control is as before.
up() {
	for _cpu in $siblings; do
		cpu_up "$_cpu"
	done
	restore_smt
	all_back
}

# With an instance, states with instances are up on the same CPUs as the others.
begin_smt() {
	begin_case "$*"
	fresh
	for s in $MULTI; do
		set_to i "$SYS/$s/instances/add"
	done
	consistent
	reset
}

end_smt() {
	up
	remove_instances
	end_case
}

down_calls() { # CPU
	want="$want${want:+$nl}hotplug online_multi teardown $1 cpuhp/$1 0"
	call hotplug online teardown "$1"
	want="$want${nl}hotplug prepare_multi teardown $1 writer 0"
	call hotplug prepare teardown "$1"
}

up_calls() { # CPU
	call hotplug prepare startup "$1"
	call hotplug prepare_multi startup "$1"
	call hotplug online startup "$1"
	call hotplug online_multi startup "$1"
}

off_and_on() {
	begin_smt "off and on: CPUs $siblings go down and come up"
	smt off
	expect "off" "$err" 0
	for i in $siblings; do
		down_calls "$i"
	done
	expect_calls
	get $CPU/online
	expand "$value"
	expect "CPUs online" "$list" "$primaries"
	consistent
	reset
	cpu_up "$first"
	if [ "$(uname -m)" = x86_64 ]; then
		expect "onlining CPU $first meanwhile" "$err" EPERM
	else
		# On arm64 a thread that is offline has no siblings, so the kernel takes it for the
		# first of its core. Only when the thread is up does the kernel see that it must be
		# offline, and rolls back.
		expect "onlining CPU $first meanwhile" "$err" ECANCELED
		call hotplug prepare startup "$first"
		call hotplug prepare_multi startup "$first"
		call hotplug prepare_multi teardown "$first"
		call hotplug prepare teardown "$first"
	fi
	expect_calls
	consistent
	reset
	smt on
	expect "on" "$err" 0
	for i in $siblings; do
		up_calls "$i"
	done
	expect_calls
	end_smt
}

# The siblings before the one that refuses have gone down.
off_fails() {
	begin_smt "off: CPU $last refuses to go"
	arm online teardown EIO "$last"
	smt off
	expect "off" "$err" EIO
	for i in $siblings; do
		[ "$i" = "$last" ] || down_calls "$i"
	done
	want="$want${want:+$nl}hotplug online_multi teardown $last cpuhp/$last 0"
	call hotplug online teardown "$last" EIO
	call hotplug online_multi startup "$last"
	get $CPU/online
	expand "$value"
	# With ../reports/fixes/smt-off-stuck.patch these come back.
	for i in $siblings; do
		# shellcheck disable=SC2086 # a list
		[ "$i" = "$last" ] || ! list_has "$i" $list || up_calls "$i"
	done
	expect_calls
	expect_file online/teardown_inject/hits 1
	# shellcheck disable=SC2086 # a list
	list_has "$last" $list || not_so "CPU $last is offline"
	consistent
	end_smt
}

on_fails() { # STATE
	begin_smt "on: CPU $first fails in $1"
	smt off
	expect "off" "$err" 0
	reset
	arm "$1" startup ENOMEM "$first"
	smt on
	expect "on" "$err" ENOMEM
	expect_file "$1/startup_inject/hits" 1
	get $CPU/online
	expand "$value"
	# shellcheck disable=SC2086 # a list
	! list_has "$first" $list || not_so "CPU $first is online"
	consistent
	end_smt
}

# __store_smt_control() in kernel/cpu.c stores the new number of threads first, and keeps it also if
# the operation fails. So it takes a second attempt for no change.
again() {
	begin_smt "after off has failed control says on, and off once more works"
	arm online teardown EIO "$last"
	smt off
	expect "the first off" "$err" EIO
	get $SMT
	[ "$value" = on ] || known "the kernel says '$value', and then that off succeeds"
	smt off
	expect "the second off" "$err" 0
	get $CPU/online
	expand "$value"
	[ "$list" = "$primaries" ] || known "the kernel says that off succeeds, and does nothing"
	consistent
	end_smt
}

# Whatever the kernel makes of a failure, the siblings that have gone must not be stuck.
on_after_off() {
	begin_smt "after off has failed, on brings back the siblings that had gone"
	arm online teardown EIO "$last"
	smt off
	expect "off" "$err" EIO
	smt on
	expect "on" "$err" 0
	all_back
	end_smt
}

# expect_active SHOULD: checks whether the scheduler says that it takes two threads of a core into account.
expect_active() {
	get "$CPU/smt/active"
	expect "smt/active" "$value" "$1"
}

active() {
	begin_smt "active is 1 while a core has two threads online"
	expect_active 1
	smt off
	expect "off" "$err" 0
	expect_active 0
	smt on
	expect "on" "$err" 0
	expect_active 1
	# shellcheck disable=SC2086 # a list
	set -- $siblings
	if [ $# -gt 1 ]; then
		cpu_down "$first"
		expect "offlining CPU $first alone" "$err" 0
		expect_active 1
	fi
	end_smt
}

# What a core has at most is on, and one thread is off.
numbers() {
	expand "$(cat "$CPU/cpu$first/topology/thread_siblings_list")"
	# shellcheck disable=SC2086 # a list
	set -- $list
	most=$#
	begin_smt "a number of threads is on or off, and what is neither changes nothing"
	for word in 0 -1 $((most + 1)) x 1x "" onn OFF; do
		smt "$word"
		expect "'$word'" "$err" EINVAL
		get $SMT
		expect "smt/control after '$word'" "$value" on
	done
	smt $most
	expect "$most" "$err" 0
	smt on
	expect "on, which it is" "$err" 0
	expect_calls
	smt 1
	expect "1" "$err" 0
	for i in $siblings; do
		down_calls "$i"
	done
	expect_calls
	get $SMT
	expect "smt/control after 1" "$value" off
	get $CPU/online
	expand "$value"
	expect "CPUs online" "$list" "$primaries"
	reset
	smt off
	expect "off, which it is" "$err" 0
	expect_calls
	smt $most
	expect "$most" "$err" 0
	for i in $siblings; do
		up_calls "$i"
	done
	expect_calls
	get $SMT
	expect "smt/control after $most" "$value" on
	end_smt
}

get $SMT
[ "$value" = on ] || skip_all "smt/control is '$value'"
find_offline
[ ! "$offline" ] || skip_all "CPUs $offline are offline, and writing on to smt/control may bring them online"
find_siblings
[ "$siblings" ] || skip_all "no core has two threads"
first=${siblings%% *}
last=${siblings##* }
begin 8
undo=restore_smt

active
numbers
off_and_on
off_fails
for state in prepare online; do
	on_fails $state
done
again
on_after_off
finish
