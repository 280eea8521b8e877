#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's files about all CPUs, in /sys/devices/system/cpu: they agree with each other and with the
# directories of the CPUs, with all of them online and while one is not.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# cpus_of FILE: sets $list to the CPUs in that file.
cpus_of() {
	get "$CPU/$1"
	expand "$value"
}

# expect_among WHAT NUMBER... -- NUMBER...: checks that each number before -- is also behind it.
expect_among() {
	_what=$1
	shift
	_before=
	while [ "$1" != -- ]; do
		_before="$_before $1"
		shift
	done
	shift
	for _i in $_before; do
		list_has "$_i" "$@" || not_so "CPU $_i is $_what"
	done
}

# expect_agreement: checks the lists of CPUs against each other.
expect_agreement() {
	cpus_of online
	up=$list
	cpus_of present
	present=$list
	cpus_of possible
	possible=$list
	cpus_of enabled
	enabled=$list
	# shellcheck disable=SC2086 # lists
	{
		expect_among "online and not present" $up -- $present
		expect_among "present and not possible" $present -- $possible
		expect_among "enabled and not present" $enabled -- $present
		expect_among "online and not enabled" $up -- $enabled
	}
	down=
	for _i in $possible; do
		# shellcheck disable=SC2086 # a list
		list_has "$_i" $up || down="$down${down:+ }$_i"
	done
	cpus_of offline
	# There may be CPUs that the kernel counts and that it has no room for. They come last.
	case "$list " in
	"$down "*)	;;
	*)		expect "offline" "$list" "$down" ;;
	esac
	for _i in $present; do
		_is=0
		# shellcheck disable=SC2086 # a list
		! list_has "$_i" $up || _is=1
		# One that cannot go offline has no such file.
		[ ! -e "$CPU/cpu$_i/online" ] || expect_cpu "$_i" online $_is
	done
}

all_online() {
	begin_case "online, offline, present, possible and enabled agree"
	expect_agreement
	for i in $enabled; do
		[ -d "$CPU/cpu$i" ] || not_so "CPU $i is enabled and has no directory"
	done
	end_case
}

one_offline() {
	begin_case "they agree while a CPU is offline, and after that"
	cpu=${hotpluggable##* }
	if [ ! "$cpu" ]; then
		skip_case "$case_name" "no CPU can go offline here"
		return
	fi
	enabled_before=$(cat $CPU/enabled)
	offline_before=$(cat $CPU/offline)
	cpu_down "$cpu"
	expect "the write of 0 to online" "$err" 0
	expect_agreement
	# shellcheck disable=SC2086 # a list
	list_has "$cpu" $down || not_so "CPU $cpu is not among those that are offline"
	# Whether a CPU can be used says nothing about whether it is.
	expect "enabled" "$(cat $CPU/enabled)" "$enabled_before"
	cpu_up "$cpu"
	expect "the write of 1 to online" "$err" 0
	expect_agreement
	expect "offline" "$(cat $CPU/offline)" "$offline_before"
	end_case
}

isolation() {
	begin_case "isolated and housekeeping name CPUs that are possible"
	cpus_of possible
	possible=$list
	for file in isolated housekeeping; do
		[ -e "$CPU/$file" ] || continue
		cpus_of $file
		# shellcheck disable=SC2086 # lists
		expect_among "in $file and not possible" $list -- $possible
	done
	end_case
}

largest() {
	begin_case "no CPU has a larger number than kernel_max"
	cpus_of possible
	get $CPU/kernel_max
	[ "${list##* }" -le "$value" ] || not_so "kernel_max is $value, and CPU ${list##* } is possible"
	end_case
}

vulnerabilities() {
	begin_case "each file in vulnerabilities says something, in one line"
	if [ ! -d $CPU/vulnerabilities ]; then
		skip_case "$case_name" "this kernel has no such files"
		return
	fi
	for file in "$CPU"/vulnerabilities/*; do
		value=$(cat "$file")
		expect "the number of lines of ${file##*/}" "$(printf '%s\n' "$value" | grep -c .)" 1
	done
	end_case
}

begin 5
all_online
one_offline
isolation
largest
vulnerabilities
finish
