#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A teardown of `online` refuses to let its CPU go offline: the write has to fail with that error,
# and the CPU has to stay online and work.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Checks that the CPU runs a process, and that its timer tick counts the time of that process.
expect_working() { # CPU
	# shellcheck disable=SC2016 # for the inner shell
	taskset -c "$1" sh -c '
		line() {
			while read -r name times; do
				[ "$name" != "cpu$1" ] || break
			done </proc/stat
		}
		line "$1"
		before=$times
		while [ "$times" = "$before" ]; do
			line "$1"
		done' sh "$1" &
	worker=$!
	background=$worker
	wait $worker || not_so "nothing runs on CPU $1"
	background=
}

vetoed() { # CPU ERRNO
	begin_case "CPU $1 stays online, its teardown fails with $2"
	fresh
	# If the CPU cannot go offline without the fault either, the case would show nothing.
	cpu_down "$1"
	if [ "$err" != 0 ]; then
		skip_case "$case_name" "it cannot go offline here: $err"
		return
	fi
	cpu_up "$1"
	expect "the write of 1 to online" "$err" 0
	get "$CPU/cpu$1/hotplug/state"
	before=$value
	reset
	arm online teardown "$2" "$1"

	cpu_down "$1"
	expect "the write of 0 to online" "$err" "$2"
	call hotplug online teardown "$1" "$2"
	expect_calls
	expect_up "$1"
	expect_working "$1"
	expect_file online/teardown_inject/hits 1
	expect_file online/teardown_inject/times 0
	expect_file online/failures 1
	expect_file prepare/failures 0

	reset
	cpu_down "$1"
	expect "the write of 0 to online after that" "$err" 0
	call hotplug online teardown "$1"
	call hotplug prepare teardown "$1"
	expect_calls
	# shellcheck disable=SC2086
	list_without "$1" $online
	others=$list
	for state in $STATES; do
		expect_cpus "$state" "$others"
	done

	reset
	cpu_up "$1"
	expect "the write of 1 to online at last" "$err" 0
	call hotplug prepare startup "$1"
	call hotplug online startup "$1"
	expect_calls
	expect_up "$1"
	end_case
}

expect_up() { # CPU
	get "$CPU/cpu$1/online"
	expect "cpu$1/online" "$value" 1
	get "$CPU/cpu$1/hotplug/state"
	expect "cpu$1/hotplug/state" "$value" "$before"
	get $CPU/online
	expand "$value"
	expect "the CPUs online" "$list" "$online"
	for state in $STATES; do
		expect_cpus "$state" "$online"
		expect_installed "$state"
	done
}

# With times=-1 it refuses each time.
always() { # CPU
	begin_case "CPU $1 stays online as long as the fault is armed"
	fresh
	arm online teardown EBUSY "$1" -1
	for i in 1 2 3; do
		cpu_down "$1"
		expect "write $i of 0 to online" "$err" EBUSY
		call hotplug online teardown "$1" EBUSY
	done
	expect_calls
	expect_file online/teardown_inject/hits 3
	set_to 0 $SYS/online/teardown_inject/errno
	cpu_down "$1"
	expect "the write once disarmed" "$err" 0
	cpu_up "$1"
	end_case
}

# shellcheck disable=SC2086 # a list
set -- $hotpluggable
[ $# -gt 0 ] || skip_all "no CPU can go offline here"
begin $(($# + 1))

n=0
for cpu; do
	# shellcheck disable=SC2086
	nth $n EBUSY $ERRNOS
	vetoed "$cpu" "$word"
	n=$((n + 1))
done
always "$1"
finish
