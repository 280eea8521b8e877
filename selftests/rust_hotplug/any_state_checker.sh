#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# While `watch` is 1, the checker finds breaches of the contract in the calls of a driver as well. The kernel
# keeps to the contract, so this test loads rust_hotplug_breaches, the module with a file `hide`: the checker
# does not get to see a call that the kernel did make, which is as if the kernel had left it out.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Replaces the check in lib/module.sh: this test causes violations.
expect_no_violations() {
	:
}

BREACHES=${KO%/*}/rust_hotplug_breaches.ko
[ -r "$BREACHES" ] || skip_all "no rust_hotplug_breaches.ko: not built"
has_driver rust_hotplug_driver || skip_all "no module rust_hotplug_driver: not built"
state=selftest/single:online

# breaches [EXPECTED...]: ends the case. Checks that the log shows these violations of the driver's state, and
# none of others.
breaches() {
	value=$(sed -n 's/.* state=\([^ ]*\) .* callback=violation .* expected=\([^ ]*\) .*/\1 \2/p' $SYS/log | sort -u)
	expect "what the checker found" "$value" "$(for i; do echo "$state $i"; done | sort -u)"
	get $SYS/violations
	expect "violations" "$value" "$(grep -c callback=violation $SYS/log)"
	set_to "0 0" $SYS/hide
	end_case
}

# hide SEEN CALLS: from here on the checker sees so many calls, and then it does not see so many.
hide() {
	set_to 1 $SYS/reset
	set_to "$1 $2" $SYS/hide
}

# calls_before CALLBACK: sets $calls to how many calls in the log have begun before that of the driver's state.
# The startup of cpu:bringup begins before all those on the CPU, and its line comes after theirs.
calls_before() {
	calls=$(fields state callback | awk -v state="$state" -v callback="$1" '
	$1 == state && $2 == callback	{ before = NR - 1; found = 1 }
	found && $1 == "cpu:bringup" && callback == "startup" { before++ }
	END				{ print found ? before : "none" }')
	[ "$calls" != none ] || not_so "there is no $1 of $state in the log"
}

drive() {
	load_driver rust_hotplug_driver instances=0
	expect "loading the driver" "$err" "${1:-0}"
}

leave() {
	unload_driver rust_hotplug_driver
	expect "unloading the driver" "$err" 0
}

cleanup_breaches() {
	unload_driver rust_hotplug_driver
	[ ! -d /sys/module/rust_hotplug_breaches ] || rmmod rust_hotplug_breaches
}

begin 9 unloaded
trap 'cleanup_breaches; left' EXIT
load_file "$BREACHES"
[ "$err" = 0 ] || ktap_exit_fail_msg "cannot load $BREACHES: $err"
put 1 $SYS/watch
if [ "$err" = EOPNOTSUPP ]; then
	for i in 1 2 3 4 5 6 7 8; do
		skip_case "case $i" "this kernel cannot be hooked, see its log"
	done
	cleanup_breaches
	trap left EXIT
	finish
fi
cpu=${hotpluggable##* }

begin_case "what the kernel does by itself"
hide 0 0
drive
if [ "$cpu" ]; then
	cpu_down "$cpu"
	cpu_up "$cpu"
fi
leave
breaches

begin_case "a setup that leaves out a CPU"
hide 0 1
drive
breaches call-for-every-cpu

begin_case "a removal that leaves out a CPU"
leave
drive
hide 0 1
leave
breaches call-for-every-cpu

# shellcheck disable=SC2086 # a list
set -- $online
if [ $# -gt 2 ]; then
	begin_case "a rollback that leaves out a CPU"
	target $state
	# The first of the teardowns comes after a startup on each CPU.
	hide $# 1
	arm "$dir" startup ENOMEM "${online##* }"
	drive ENOMEM
	breaches rollback-of-every-cpu
	set_to $state $SYS/states/remove
else
	skip_case "a rollback that leaves out a CPU" "it takes three CPUs"
fi

if [ "$cpu" ]; then
	drive
	begin_case "a CPU that goes offline and leaves out a teardown"
	hide 0 0
	cpu_down "$cpu"
	calls_before teardown
	cpu_up "$cpu"
	hide "$calls" 1
	cpu_down "$cpu"
	cpu_up "$cpu"
	breaches teardown-before-startup

	begin_case "a CPU that comes online and leaves out a startup"
	cpu_down "$cpu"
	hide 0 0
	cpu_up "$cpu"
	calls_before startup
	cpu_down "$cpu"
	hide "$calls" 1
	cpu_up "$cpu"
	cpu_down "$cpu"
	breaches startup-before-teardown
	cpu_up "$cpu"
	leave

	# The state is of section PREPARE, so its callbacks run in the task that waits for the first callback.
	begin_case "a callback that sets up a state and removes it"
	load_driver rust_hotplug_driver instances=0 nested=dead
	expect "loading the driver" "$err" 0
	hide 0 0
	cpu_down "$cpu"
	value=$(fields state op callback cpu | grep -E '^selftest/(nested|single:dead)')
	expect "the calls" "$value" "$(
		for i in $online; do
			[ "$i" = "$cpu" ] || echo "selftest/nested:prepare setup startup $i"
		done
		for i in $online; do
			[ "$i" = "$cpu" ] || echo "selftest/nested:prepare remove teardown $i"
		done
		echo "selftest/single:dead hotplug teardown $cpu"
	)"
	cpu_up "$cpu"
	leave
	breaches

	if [ -e /proc/lockdep ]; then
		for i in "of section PREPARE" "on the others"; do
			skip_case "a callback on a CPU that sets up a state $i" \
				"lockdep takes it for a thread that waits for itself"
		done
	else
		# The same on the CPU that comes online: the callbacks run in its thread.
		begin_case "a callback on a CPU that sets up a state of section PREPARE"
		load_driver rust_hotplug_driver instances=0 nested=prepare
		expect "loading the driver" "$err" 0
		hide 0 0
		cpu_down "$cpu"
		cpu_up "$cpu"
		value=$(fields state op callback cpu task | grep -E '^selftest/(nested|single:online.*startup)')
		expect "the calls" "$value" "$(
			for i in $online; do
				echo "selftest/nested:prepare setup startup $i cpuhp/$cpu"
			done
			for i in $online; do
				echo "selftest/nested:prepare remove teardown $i cpuhp/$cpu"
			done
			echo "selftest/single:online hotplug startup $cpu cpuhp/$cpu"
		)"
		leave
		breaches

		# Its callbacks run in the threads of other CPUs. For these waits the thread of the CPU that comes online, for
		# which waits whoever writes to its file: three steps are under way at once.
		begin_case "a callback on a CPU that sets up a state on the others"
		load_driver rust_hotplug_driver instances=0 nested=online
		expect "loading the driver" "$err" 0
		hide 0 0
		cpu_down "$cpu"
		cpu_up "$cpu"
		value=$(fields state op callback cpu on | grep -E '^selftest/(nested|single:online.*startup)')
		expect "the calls" "$value" "$(
			for i in $online; do
				[ "$i" = "$cpu" ] || echo "selftest/nested:online setup startup $i $i"
			done
			for i in $online; do
				[ "$i" = "$cpu" ] || echo "selftest/nested:online remove teardown $i $i"
			done
			echo "selftest/single:online hotplug startup $cpu $cpu"
		)"
		leave
		breaches
	fi
else
	skip_case "a CPU that goes offline and leaves out a teardown" "no CPU can go offline here"
	skip_case "a CPU that comes online and leaves out a startup" "no CPU can go offline here"
	skip_case "a callback that sets up a state and removes it" "no CPU can go offline here"
	skip_case "a callback on a CPU that sets up a state of section PREPARE" "no CPU can go offline here"
	skip_case "a callback on a CPU that sets up a state on the others" "no CPU can go offline here"
fi

unload_module rust_hotplug_breaches
expect "rmmod" "$err" 0
trap left EXIT
finish
