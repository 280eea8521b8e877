#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Unloading and loading again: with faults armed, with CPUs offline, with states not installed, and
# with files open and being read. Nothing of the module may be left.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

rounds=3

load_it() {
	load
	expect "insmod" "$err" 0
	fresh
}

unload_it() {
	unload
	expect "rmmod" "$err" 0
	[ ! -e $SYS ] || not_so "$SYS is left"
	kernel_states
	expect "states left in hotplug/states" "$value" 0
}

# expect_loaded "CPU...": checks that the module is as after loading, with its states up on these
# CPUs.
expect_loaded() { # CPUS
	for s in $STATES; do
		expect_installed "$s"
		expect_cpus "$s" "$1"
		expect_file "$s/failures" 0
		for c in startup teardown; do
			expect_file "$s/${c}_inject/errno" 0
			expect_file "$s/${c}_inject/times" 1
			expect_file "$s/${c}_inject/hits" 0
		done
	done
}

armed() {
	begin_case "with every fault armed"
	load_it
	arm prepare startup ENOMEM "$possible" -1
	arm online startup ENOMEM "$possible" -1
	arm online teardown EBUSY "$possible" -1
	unload_it
	load
	expect "insmod" "$err" 0
	expect_loaded "$online"
	unload_it
	end_case
}

cpus_offline() {
	begin_case "with a CPU offline"
	if [ ! "$cpu" ]; then
		skip_case "$case_name" "no CPU can go offline here"
		return
	fi
	load_it
	cpu_down "$cpu"
	expect "the write of 0 to online" "$err" 0
	unload_it
	# Without the module there is no callback to call.
	cpu_up "$cpu"
	expect "the write of 1 to online" "$err" 0
	cpu_down "$cpu"
	expect "another write of 0 to online" "$err" 0
	load
	expect "insmod" "$err" 0
	# shellcheck disable=SC2086
	list_without "$cpu" $online
	expect_loaded "$list"
	cpu_up "$cpu"
	expect "another write of 1 to online" "$err" 0
	for s in $STATES; do
		expect_cpus "$s" "$online"
	done
	unload_it
	end_case
}

not_installed() {
	for remove in prepare online "prepare online"; do
		begin_case "without $remove installed"
		load_it
		for s in $remove; do
			set_to 0 "$SYS/$s/installed"
		done
		unload_it
		load
		expect "insmod" "$err" 0
		expect_loaded "$online"
		unload_it
		end_case
	done
}

after_failure() {
	begin_case "after a setup that failed"
	load_it
	for s in $STATES; do
		set_to 0 "$SYS/$s/installed"
		arm "$s" startup EIO "$possible" -1
		put 1 "$SYS/$s/installed"
		expect "the write to $s/installed" "$err" EIO
	done
	unload_it
	end_case
}

being_read() {
	begin_case "while others read every file in a loop"
	for _ in 1 2; do
		# The files disappear and come back. That is no error.
		while :; do
			find $SYS -type f -exec cat {} + >/dev/null 2>&1
		done &
		background="$background $!"
	done
	n=0
	while [ $n -lt $rounds ] && [ ! "$case_failed" ]; do
		load
		expect "insmod $n" "$err" 0
		# Gives these processes time to begin reading.
		set_to 0 $SYS/online/installed
		unload_it
		n=$((n + 1))
	done
	# shellcheck disable=SC2086 # a list
	stop $background
	background=
	end_case
}

files_open() {
	begin_case "while files are open"
	load_it
	exec 3<$SYS/log 4<$SYS/online/startup_inject/errno 5>$SYS/online/installed
	unload_it
	# In a subshell, as a redirection that fails would end this shell.
	(cat <&3) 2>/dev/null && not_so "the log can still be read"
	(cat <&4) 2>/dev/null && not_so "errno can still be read"
	(echo 1 >&5) 2>/dev/null && not_so "installed can still be written"
	exec 3<&- 4<&- 5>&-
	load_it
	unload_it
	end_case
}

working_directory() {
	begin_case "while somebody's working directory is there"
	load_it
	here=$PWD
	cd $SYS/online || not_so "cannot change to it"
	rmmod rust_hotplug || not_so "rmmod fails"
	cd "$here" || exit 1
	[ ! -e $SYS ] || not_so "$SYS is left"
	end_case
}

# The states get the same numbers each time, which shows that they were given back.
slots() {
	begin_case "again and again"
	load_it
	get $SYS/prepare/state
	prepare=$value
	get $SYS/online/state
	number=$value
	n=0
	while [ $n -lt $rounds ] && [ ! "$case_failed" ]; do
		unload_it
		load
		expect "insmod $n" "$err" 0
		n=$((n + 1))
	done
	expect_file online/state "$number"
	expect_file prepare/state "$prepare"
	unload_it
	end_case
}

# The kernel counts its objects for files in sysfs. What else the machine does may make some too, but hardly each time.
given_back() {
	begin_case "nothing of a file in sysfs is left in memory"
	nodes=/sys/kernel/slab/kernfs_node_cache
	if [ ! -e $nodes/objects ] || [ ! -e $nodes/shrink ]; then
		skip_case "$case_name" "this kernel does not count them, without CONFIG_SLUB_DEBUG"
		return
	fi
	# The first time there are some that stay for whoever comes next.
	load_it
	unload_it
	before=''
	grown=0
	counts=''
	for _ in 1 2 3 4 5 6; do
		load_it
		unload_it
		# They are given back after an RCU grace period. Those that a CPU keeps for the next use count until then.
		sleep 1
		put 1 $nodes/shrink
		read -r count _ <$nodes/objects
		[ ! "$before" ] || [ "$count" -le "$before" ] || grown=$((grown + 1))
		before=$count
		counts="$counts $count"
	done
	[ $grown -lt 5 ] || not_so "after each unloading there are more of them:$counts"
	end_case
}

get $CPU/possible
possible=$value
cpu=${hotpluggable%% *}
begin 11 unloaded

armed
cpus_offline
not_installed
after_failure
being_read
files_open
working_directory
slots
given_back
finish
