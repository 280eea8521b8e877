#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The files of a fault: what they read after a write, on which CPU, how often and with which errno
# the fault fires, and that a reset disarms it.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

reads_back() { # STATE CALLBACK
	dir=$SYS/$1/$2_inject
	begin_case "$1/$2_inject: what is written reads back, reset restores the defaults"
	fresh
	expect_default "$1/$2_inject"
	for errno in $ERRNOS; do
		set_to "$errno" "$dir/errno"
		expect_file "$1/$2_inject/errno" "$errno"
		errno_number "$errno"
		set_to 0 "$dir/errno"
		expect_file "$1/$2_inject/errno" 0
		set_to "$number" "$dir/errno"
		expect_file "$1/$2_inject/errno" "$errno"
	done
	for i in 0 1 7 -1 2147483647; do
		set_to $i "$dir/times"
		expect_file "$1/$2_inject/times" $i
	done
	for cpu in $all; do
		set_to "$cpu" "$dir/cpus"
		expect_file "$1/$2_inject/cpus" "$cpu"
	done
	set_to all "$dir/cpus"
	expect_file "$1/$2_inject/cpus" "$possible"
	set_to "${all%% *}" "$dir/cpus"
	expect_file "$1/$2_inject/hits" 0
	reset
	expect_default "$1/$2_inject"
	end_case
}

expect_default() { # DIRECTORY
	expect_file "$1/errno" 0
	expect_file "$1/cpus" "$possible"
	expect_file "$1/times" 1
	expect_file "$1/hits" 0
}

times_count_down() { # STATE
	begin_case "$1: times=3 fires three times and counts down"
	fresh
	set_to 0 "$SYS/$1/installed"
	arm "$1" startup ETIMEDOUT "$first" 3
	for i in 2 1 0; do
		put 1 "$SYS/$1/installed"
		expect "the write" "$err" ETIMEDOUT
		expect_file "$1/startup_inject/times" $i
		expect_file "$1/startup_inject/hits" $((3 - i))
		expect_file "$1/startup_inject/errno" ETIMEDOUT
	done
	put 1 "$SYS/$1/installed"
	expect "the write after that" "$err" 0
	expect_file "$1/startup_inject/hits" 3
	expect_file "$1/failures" 3
	end_case
}

times_zero() { # STATE
	begin_case "$1: times=0 never fires, nor does errno=0"
	fresh
	set_to 0 "$SYS/$1/installed"
	arm "$1" startup ENOMEM "$possible" 0
	put 1 "$SYS/$1/installed"
	expect "the write with times=0" "$err" 0
	set_to 0 "$SYS/$1/installed"
	arm "$1" startup 0 "$possible" -1
	put 1 "$SYS/$1/installed"
	expect "the write with errno=0" "$err" 0
	expect_file "$1/startup_inject/hits" 0
	expect_file "$1/startup_inject/times" -1
	expect_file "$1/failures" 0
	end_case
}

every_cpu() { # STATE
	begin_case "$1: by default it fires on the first CPU that is called"
	fresh
	set_to 0 "$SYS/$1/installed"
	reset
	set_to ENOSPC "$SYS/$1/startup_inject/errno"
	put 1 "$SYS/$1/installed"
	expect "the write" "$err" ENOSPC
	call setup "$1" startup "$first" ENOSPC
	expect_calls
	put 1 "$SYS/$1/installed"
	expect "the write after that" "$err" 0
	end_case
}

some_cpus() { # STATE
	begin_case "$1: of several CPUs it fires on the lowest"
	fresh
	set_to 0 "$SYS/$1/installed"
	reset
	arm "$1" startup EIO "$second-$last"
	put 1 "$SYS/$1/installed"
	expect "the write" "$err" EIO
	call setup "$1" startup "$first"
	call setup "$1" startup "$second" EIO
	call setup "$1" teardown "$first"
	expect_calls
	end_case
}

both_armed() { # CPU
	begin_case "both states armed: prepare fires first when CPU $1 comes online"
	fresh
	cpu_down "$1"
	expect "the write of 0 to online" "$err" 0
	reset
	arm prepare startup ENOMEM "$1"
	arm online startup ENODEV "$1"
	cpu_up "$1"
	expect "the first write of 1 to online" "$err" ENOMEM
	expect_file online/startup_inject/hits 0
	cpu_up "$1"
	expect "the second write of 1 to online" "$err" ENODEV
	cpu_up "$1"
	expect "the third write of 1 to online" "$err" 0
	call hotplug prepare startup "$1" ENOMEM
	call hotplug prepare startup "$1"
	call hotplug online startup "$1" ENODEV
	call hotplug prepare teardown "$1"
	call hotplug prepare startup "$1"
	call hotplug online startup "$1"
	expect_calls
	end_case
}

# shellcheck disable=SC2086 # a list
set -- $online
first=$1
second=$2
last=${online##* }
get $CPU/possible
possible=$value
expand "$possible"
all=$list
begin 12

for state in $STATES; do
	reads_back "$state" startup
	times_count_down "$state"
	times_zero "$state"
	every_cpu "$state"
	if [ "$second" ]; then
		some_cpus "$state"
	else
		skip_case "$state: of several CPUs it fires on the lowest" "one CPU"
	fi
done
reads_back online teardown
if [ "$hotpluggable" ]; then
	both_armed "${hotpluggable%% *}"
else
	skip_case "both states armed" "no CPU can go offline here"
fi
finish
