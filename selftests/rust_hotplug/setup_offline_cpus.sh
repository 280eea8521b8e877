#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Setup and removal while some CPUs are offline: no callback is called for these, and a setup that
# fails undoes only what it has done. When such a CPU comes online, it gets the startup.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Takes down the first CPU that can go offline, and every second one after it.
some_down() {
	down=
	reset
	i=0
	for cpu in $hotpluggable; do
		if [ $((i % 2)) -eq 0 ]; then
			cpu_down "$cpu"
			[ "$err" != 0 ] || down="$down${down:+ }$cpu"
		fi
		i=$((i + 1))
	done
	up=
	for cpu in $online; do
		# shellcheck disable=SC2086
		list_has "$cpu" $down || up="$up${up:+ }$cpu"
	done
}

some_up() {
	for cpu in $down; do
		cpu_up "$cpu"
		expect "the write of 1 to cpu$cpu/online" "$err" 0
	done
}

setup_skips_them() { # STATE
	begin_case "$1: setup while CPUs are offline calls only those online"
	fresh
	set_to 0 "$SYS/$1/installed"
	some_down
	reset
	put 1 "$SYS/$1/installed"
	expect "the write" "$err" 0
	for cpu in $up; do
		call setup "$1" startup "$cpu"
	done
	expect_calls
	expect_installed "$1"
	expect_cpus "$1" "$up"
	reset
	some_up
	for cpu in $down; do
		call hotplug prepare startup "$cpu"
		call hotplug online startup "$cpu"
	done
	expect_calls
	for s in $STATES; do
		expect_cpus "$s" "$online"
	done
	end_case
}

failure_skips_them() { # STATE
	begin_case "$1: setup while CPUs are offline fails, and undoes only those online"
	fresh
	expect_installed "$1"
	slot=$id
	set_to 0 "$SYS/$1/installed"
	some_down
	reset
	last=${up##* }
	arm "$1" startup EIO "$last"
	put 1 "$SYS/$1/installed"
	expect "the write" "$err" EIO
	for cpu in $up; do
		[ "$cpu" = "$last" ] || call setup "$1" startup "$cpu"
	done
	call setup "$1" startup "$last" EIO
	for cpu in $up; do
		[ "$cpu" = "$last" ] || call setup "$1" teardown "$cpu"
	done
	expect_calls
	expect_not_installed "$1" "$slot"
	reset
	some_up
	for cpu in $down; do
		for s in $STATES; do
			[ "$s" = "$1" ] || call hotplug "$s" startup "$cpu"
		done
	done
	expect_calls
	end_case
}

# A fault that is armed for a CPU which is offline waits until that CPU comes online.
fault_waits() { # STATE
	begin_case "$1: a fault on an offline CPU fires when it comes online"
	fresh
	set_to 0 "$SYS/$1/installed"
	some_down
	reset
	arm "$1" startup ENODEV "${down%% *}"
	put 1 "$SYS/$1/installed"
	expect "the write to installed" "$err" 0
	expect_file "$1/startup_inject/hits" 0
	cpu_up "${down%% *}"
	expect "the write of 1 to online" "$err" ENODEV
	expect_file "$1/startup_inject/hits" 1
	expect_cpus "$1" "$up"
	some_up
	end_case
}

removal_skips_them() { # STATE
	begin_case "$1: removal while CPUs are offline calls only those online"
	fresh
	expect_installed "$1"
	slot=$id
	some_down
	reset
	put 0 "$SYS/$1/installed"
	expect "the write" "$err" 0
	for cpu in $up; do
		call remove "$1" teardown "$cpu"
	done
	expect_calls
	expect_not_installed "$1" "$slot"
	some_up
	end_case
}

# shellcheck disable=SC2086 # a list
set -- $hotpluggable
[ $# -gt 0 ] || skip_all "no CPU can go offline here"
begin 8

for state in $STATES; do
	for what in setup_skips_them failure_skips_them fault_waits removal_skips_them; do
		"$what" "$state"
	done
done
finish
