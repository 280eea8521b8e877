#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A startup fails in cpuhp_setup_state(): the kernel has to undo the CPUs before it, to free the
# slot and to return the callback's error. For every CPU or, if there are more, for 64.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# This is more than either section has dynamic slots.
again=50

# startups STATE [CPU]: adds to $want the startups of a setup on all CPUs, or on those before CPU.
startups() {
	for i in $online; do
		[ "$i" -lt "${2:-$((i + 1))}" ] || break
		call setup "$1" startup "$i"
	done
}

teardowns() {
	below=0
	for i in $online; do
		[ "$i" -lt "$2" ] || break
		call setup "$1" teardown "$i"
		below=$((below + 1))
	done
}

fails_on() { # STATE CPU ERRNO
	begin_case "$1: setup fails on CPU $2 with $3"
	fresh
	expect_installed "$1"
	slot=$id
	set_to 0 "$SYS/$1/installed"
	reset
	arm "$1" startup "$3" "$2"

	put 1 "$SYS/$1/installed"
	expect "the write" "$err" "$3"
	startups "$1" "$2"
	call setup "$1" startup "$2" "$3"
	teardowns "$1" "$2"
	expect_calls
	expect_not_installed "$1" "$slot"
	expect_file "$1/startup_inject/hits" 1
	expect_file "$1/startup_inject/times" 0
	expect_file "$1/failures" 1
	expect_file "$1/teardowns" "$below"

	# The same again, but now the fault has fired as often as it was to.
	reset
	put 1 "$SYS/$1/installed"
	expect "the write after the failure" "$err" 0
	startups "$1"
	expect_calls
	expect_installed "$1"
	expect "the state's number" "$id" "$slot"
	expect_cpus "$1" "$online"
	expect_file "$1/failures" 0
	end_case
}

keeps_slots() { # STATE
	begin_case "$1: $again failed setups leave no slot behind"
	fresh
	expect_installed "$1"
	slot=$id
	set_to 0 "$SYS/$1/installed"
	arm "$1" startup ENOMEM "$last" -1
	i=1
	while [ $i -lt $again ]; do
		! echo 1 2>/dev/null >"$SYS/$1/installed" || not_so "write $i succeeds"
		i=$((i + 1))
	done
	put 1 "$SYS/$1/installed"
	expect "write $i" "$err" ENOMEM
	expect_not_installed "$1" "$slot"
	expect_file "$1/startup_inject/hits" $again
	expect_file "$1/startup_inject/times" -1
	set_to 0 "$SYS/$1/startup_inject/errno"
	put 1 "$SYS/$1/installed"
	expect "the write once disarmed" "$err" 0
	expect_installed "$1"
	expect "the state's number" "$id" "$slot"
	end_case
}

# shellcheck disable=SC2086 # lists
some_of 64 $online
# shellcheck disable=SC2086
set -- $list
last=${online##* }
begin $((2 * $# + 2))

n=0
for state in $STATES; do
	for cpu; do
		# shellcheck disable=SC2086
		nth $n $ERRNOS
		fails_on "$state" "$cpu" "$word"
		n=$((n + 1))
	done
done
for state in $STATES; do
	keeps_slots "$state"
done
finish
