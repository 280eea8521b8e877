#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# While the kernel undoes something or removes a state, a callback that fails causes a BUG or leaves
# the CPU half-way. So no fault may fire then, however it is armed.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

arm_all() {
	arm online teardown EIO "$possible" -1
	arm online startup ENOMEM "$possible" -1
	arm prepare startup ENOMEM "$possible" -1
}

removal() {
	begin_case "removal with everything armed"
	fresh
	arm_all
	for state in $STATES; do
		put 0 "$SYS/$state/installed"
		expect "the write of 0" "$err" 0
		for i in $online; do
			call remove "$state" teardown "$i"
		done
		expect_file "$state/failures" 0
	done
	expect_calls
	end_case
}

setup_rollback() {
	begin_case "the rollback of a setup with everything armed"
	fresh
	set_to 0 $SYS/online/installed
	reset
	arm_all
	arm online startup ENOSPC "$last"
	put 1 $SYS/online/installed
	expect "the write of 1" "$err" ENOSPC
	for i in $online; do
		[ "$i" = "$last" ] || call setup online startup "$i"
	done
	call setup online startup "$last" ENOSPC
	for i in $online; do
		[ "$i" = "$last" ] || call setup online teardown "$i"
	done
	expect_calls
	expect_file online/teardown_inject/hits 0
	expect_file online/teardown_inject/times -1
	end_case
}

# The kernel's own fault makes a state above ours fail, so that ours have to go down again.
online_rollback() { # CPU
	begin_case "the rollback of an online with the teardown fault armed"
	fresh
	above=$(awk '$2 == "sched:active" { print $1 + 0 }' $CPU/hotplug/states)
	cpu_down "$1"
	expect "the write of 0 to online" "$err" 0
	get "$CPU/cpu$1/hotplug/state"
	before=$value
	if ! kernel_arm "$1" "$above"; then
		kernel_disarm
		cpu_up "$1"
		skip_case "$case_name" "the kernel's own fault cannot be armed"
		return
	fi
	reset
	arm online teardown EIO "$possible" -1
	cpu_up "$1"
	expect "the write of 1 to online" "$err" EAGAIN
	call hotplug prepare startup "$1"
	call hotplug online startup "$1"
	call hotplug online teardown "$1"
	call hotplug prepare teardown "$1"
	expect_calls
	expect_file online/teardown_inject/hits 0
	get "$CPU/cpu$1/hotplug/state"
	expect "cpu$1/hotplug/state" "$value" "$before"
	kernel_disarm
	cpu_up "$1"
	expect "the second write of 1 to online" "$err" 0
	end_case
}

# The kernel's own fault makes a state below ours fail, so that ours have to come up again. Only a
# state with a teardown can fail on the way down, so this looks for one: the first with which the
# offline fails.
offline_rollback() { # CPU
	begin_case "the rollback of an offline with the startup faults armed"
	fresh
	get $SYS/online/state
	below=$value
	err=0
	while [ "$err" = 0 ] && [ "$below" -gt 0 ]; do
		below=$((below - 1))
		kernel_arm "$1" $below || continue
		reset
		arm prepare startup ENOMEM "$possible" -1
		arm online startup ENOMEM "$possible" -1
		cpu_down "$1"
		[ "$err" = 0 ] || break
		reset
		kernel_disarm
		cpu_up "$1"
	done
	expect "the write of 0 to online" "$err" EAGAIN
	call hotplug online teardown "$1"
	call hotplug online startup "$1"
	expect_calls
	for state in $STATES; do
		expect_file "$state/startup_inject/hits" 0
		expect_cpus "$state" "$online"
	done
	get "$CPU/cpu$1/online"
	expect "cpu$1/online" "$value" 1
	kernel_disarm
	reset
	cpu_down "$1"
	expect "the second write of 0 to online" "$err" 0
	cpu_up "$1"
	expect "the write of 1 to online" "$err" 0
	end_case
}

get $CPU/possible
possible=$value
last=${online##* }
begin 4

removal
setup_rollback
for what in online_rollback offline_rollback; do
	if [ "$hotpluggable" ]; then
		$what "${hotpluggable%% *}"
	else
		skip_case "$what" "no CPU can go offline here"
	fi
done
finish
