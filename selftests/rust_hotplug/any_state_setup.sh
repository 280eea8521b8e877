#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A driver that is not ours fails to load, because the startup of its state fails on one CPU: with that
# error, after the kernel has rolled back the CPUs before. The fault is armed before the driver is
# loaded. What the log shows, the kernel's own trace events show as well.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# fails DRIVER STATE CPU ERRNO: the driver fails to load, and can be loaded after that.
fails() {
	reset
	fault "$dir/startup_inject" cpus="$3" times=1 errno="$4"
	expect_file "$dir/state" -1
	expect_file "$dir/section" -
	states=$(cat $CPU/hotplug/states)
	: >"$tracing/trace"
	load_driver "$1"
	expect "loading $1 with the fault on CPU $3" "$err" "$4"
	[ ! -d "/sys/module/$1" ] || not_so "$1 is loaded"
	expect "hotplug/states" "$(cat $CPU/hotplug/states)" "$states"
	expect_file "$dir/state" -1

	# The log: startup on the CPUs up to that one, and teardown on those before it.
	before=
	for i in $online; do
		[ "$i" != "$3" ] || break
		one_of setup startup "$i"
		before="$before $i"
	done
	one_of setup startup "$3" "$4"
	for i in $before; do
		one_of setup teardown "$i"
	done
	expect_calls_of "$2"
	expect_file "$dir/startup_inject/hits" 1
	expect_file "$dir/failures" 1
	# shellcheck disable=SC2086 # a list
	set -- "$1" "$2" "$3" "$4" $before
	expect_file "$dir/startups" $(($# - 4 + 1))
	expect_file "$dir/teardowns" $(($# - 4))

	# The kernel traces the same calls, but for the one that we made fail.
	value=$(fields state id | awk -v state="$2" '$1 == state { print $2; exit }')
	want=$(calls_of "$2" | awk '!/injected/ { print $3, $4 }')
	expect "what the kernel has traced" "$(traced "$value")" "$want"
	want=
	expect_no_misuses
}

loads() { # DRIVER STATE
	reset
	load_driver "$1"
	expect "loading $1 after that" "$err" 0
	for i in $online; do
		one_of setup startup "$i"
	done
	expect_calls_of "$2"
	state_number "$2"
	expect_file "$dir/state" "$number"
	expect_file "$dir/section" online
	reset
	unload_driver "$1"
	expect "unloading $1" "$err" 0
	for i in $online; do
		one_of remove teardown "$i"
	done
	expect_calls_of "$2"
	expect_file "$dir/state" -1
}

each_cpu() { # DRIVER STATE
	if ! has_driver "$1"; then
		skip_case "$1 fails on each CPU" "there is no such module, or it is loaded"
		skip_case "$1 fails with each errno" "there is no such module, or it is loaded"
		return
	fi
	target "$2"
	begin_case "$1 fails on each CPU"
	# shellcheck disable=SC2086 # a list
	some_of 16 $online
	n=0
	for c in $list; do
		# shellcheck disable=SC2086
		nth $n $ERRNOS
		fails "$1" "$2" "$c" "$word"
		n=$((n + 1))
	done
	loads "$1" "$2"
	end_case

	begin_case "$1 fails with each errno"
	for e in $ERRNOS; do
		fails "$1" "$2" "${online##* }" "$e"
	done
	loads "$1" "$2"
	end_case
	untarget
	set_to 1 $SYS/watch
}

# Without the hook: hotplug/fail is armed with the number that the next dynamic state gets. To find out
# that number, a state of ours takes it; hotplug/fail wants a state that is there.
# The kernel takes all but 0 for a failure.
positive() {
	begin_case "a startup that returns a positive number has failed"
	target selftest/single:online
	reset
	states=$(cat $CPU/hotplug/states)
	load_driver rust_hotplug_driver mistake=positive
	expect "loading it" "$err" EIO
	expect "hotplug/states" "$(cat $CPU/hotplug/states)" "$states"
	expect_file "$dir/state" -1
	first=
	for i in $online; do
		if [ "$i" -ne 0 ]; then
			want="$want$nl""setup startup $i 1"
			break
		fi
		first=0
		one_of setup startup 0
	done
	[ ! "$first" ] || one_of setup teardown 0
	expect_calls_of selftest/single:online
	expect_file "$dir/failures" 1
	expect_no_misuses
	# The book has nothing under that number, nor has it lost the number that the state had.
	load_driver rust_hotplug_driver
	expect "loading it without that mistake" "$err" 0
	state_number selftest/single:online
	expect_file "$dir/state" "$number"
	unload_driver rust_hotplug_driver
	expect_file "$dir/state" -1
	end_case
}

without_hook() {
	begin_case "hotplug/fail gives the same picture"
	untarget
	set_to 0 $SYS/online_multi/installed
	set_to 0 $SYS/online/installed
	set_to 1 $SYS/online/installed
	expect_installed online
	slot=$id
	for c in $hotpluggable; do
		# Removing it with calls would hit the fault, which is a BUG.
		set_to 0 $SYS/online/installed
		set_to nocalls $SYS/online/setup
		set_to 1 $SYS/online/installed
		expect_file online/state "$slot"
		kernel_arm "$c" "$slot"
		expect_cpu "$c" hotplug/fail "$slot"
		set_to 0 $SYS/online/installed
		: >"$tracing/trace"
		load_driver cpuid
		expect "loading cpuid" "$err" EAGAIN
		expect_cpu "$c" hotplug/fail -1
		kernel_fault=
		want=
		for i in $online; do
			[ "$i" != "$c" ] || break
			want="$want${want:+$nl}$i 0"
		done
		[ ! "$want" ] || want="$want$nl$want"
		expect "what the kernel has traced" "$(traced "$slot")" "$want"
		want=
	done
	set_to calls $SYS/online/setup
	set_to 1 $SYS/online/installed
	set_to 1 $SYS/online_multi/installed
	end_case
}

# A driver may be wrong about a number, or come second. Nothing of that state may be forgotten then.
taken() {
	begin_case "a setup with the number of another state is refused, and that state still fails"
	target workqueue:online
	state_number workqueue:online
	load_driver rust_hotplug_setups number="$number"
	expect "loading the driver" "$err" 0
	get /sys/module/rust_hotplug_setups/parameters/taken
	expect "what the setup with number $number returned" "$value" -16
	fault "$dir/teardown_inject" cpus="$cpu" times=1 errno=EIO
	cpu_down "$cpu"
	expect "offlining CPU $cpu after that" "$err" EIO
	expect_file "$dir/teardown_inject/hits" 1
	expect_whole "$cpu"
	whole "$cpu"
	unload_driver rust_hotplug_setups
	untarget
	end_case
}

unload_drivers() {
	unload_driver rust_hotplug_setups
	[ "$kernel_fault" ] || unload_driver cpuid
	unload_driver rust_hotplug_driver
}

begin_hooked 7
undo=unload_drivers
if ! start_trace; then
	i=0
	while [ $i -lt 7 ]; do
		skip_case "case $i" "no trace events of cpuhp in this kernel"
		i=$((i + 1))
	done
	finish
fi
set_to 1 $SYS/watch
each_cpu rust_hotplug_driver selftest/single:online
each_cpu cpuid x86/cpuid:online
if has_driver rust_hotplug_driver && [ "$online" != 0 ]; then
	positive
else
	skip_case "a startup that returns a positive number has failed" "there is no such module, or one CPU"
fi
if [ "$hotpluggable" ] && has_driver cpuid; then
	without_hook
else
	skip_case "hotplug/fail gives the same picture" "there is no module cpuid, or it is loaded"
fi
cpu=${hotpluggable##* }
if [ "$cpu" ] && has_driver rust_hotplug_setups; then
	taken
else
	skip_case "a setup with the number of another state" "there is no such module, or no CPU can go offline here"
fi
finish
