#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A startup fails while a CPU comes online: the write has to fail with that error, and the CPU has
# to be as offline as before.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

online_fails() { # STATE CPU ERRNO
	begin_case "$1: CPU $2 fails to come online with $3"
	fresh
	cpu_down "$2"
	if [ "$err" != 0 ]; then
		skip_case "$case_name" "it cannot go offline here: $err"
		return
	fi
	get "$CPU/cpu$2/hotplug/state"
	before=$value
	reset
	arm "$1" startup "$3" "$2"

	cpu_up "$2"
	expect "the write to online" "$err" "$3"
	case $1 in
	prepare)
		call hotplug prepare startup "$2" "$3"
		;;
	online)
		# The kernel tears down the state below the one that failed, but not that one
		# itself.
		call hotplug prepare startup "$2"
		call hotplug online startup "$2" "$3"
		call hotplug prepare teardown "$2"
		;;
	esac
	expect_calls
	# shellcheck disable=SC2086
	list_without "$2" $online
	others=$list
	expect_offline "$2"
	expect_file "$1/startup_inject/hits" 1
	expect_file "$1/failures" 1

	reset
	cpu_up "$2"
	expect "the write to online after that" "$err" 0
	call hotplug prepare startup "$2"
	call hotplug online startup "$2"
	expect_calls
	expect_online
	end_case
}

expect_offline() { # CPU
	get "$CPU/cpu$1/online"
	expect "cpu$1/online" "$value" 0
	get "$CPU/cpu$1/hotplug/state"
	expect "cpu$1/hotplug/state" "$value" "$before"
	get $CPU/online
	expand "$value"
	expect "the CPUs online" "$list" "$others"
	for s in $STATES; do
		expect_cpus "$s" "$others"
		expect_installed "$s"
	done
}

expect_online() {
	get $CPU/online
	expand "$value"
	expect "the CPUs online" "$list" "$online"
	for s in $STATES; do
		expect_cpus "$s" "$online"
	done
}

# The driver core tries up to five more times when it gets EBUSY. So one such failure does not show
# in the result, though the kernel has rolled back in between.
busy() { # CPU TIMES
	begin_case "online: CPU $1 is brought online again after EBUSY ($2 times)"
	fresh
	cpu_down "$1"
	if [ "$err" != 0 ]; then
		skip_case "$case_name" "it cannot go offline here: $err"
		return
	fi
	get "$CPU/cpu$1/hotplug/state"
	before=$value
	# shellcheck disable=SC2086
	list_without "$1" $online
	others=$list
	reset
	arm online startup EBUSY "$1" "$2"
	cpu_up "$1"
	i=0
	while [ $i -lt "$2" ]; do
		call hotplug prepare startup "$1"
		call hotplug online startup "$1" EBUSY
		call hotplug prepare teardown "$1"
		i=$((i + 1))
	done
	if [ "$2" -lt 6 ]; then
		call hotplug prepare startup "$1"
		call hotplug online startup "$1"
		expect "the write to online" "$err" 0
		expect_online
	else
		expect "the write to online" "$err" EBUSY
		expect_offline "$1"
	fi
	expect_calls
	expect_file online/startup_inject/hits "$2"
	cpu_up "$1"
	expect "the write to online after that" "$err" 0
	end_case
}

# shellcheck disable=SC2086 # a list
set -- $hotpluggable
[ $# -gt 0 ] || skip_all "no CPU can go offline here"
begin $((2 * $# + 2))

n=0
for state in $STATES; do
	for cpu; do
		# shellcheck disable=SC2086
		nth $n $ERRNOS
		online_fails "$state" "$cpu" "$word"
		n=$((n + 1))
	done
done
busy "$1" 1
busy "$1" 6
finish
