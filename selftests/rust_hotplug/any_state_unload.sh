#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The hook is taken out at any moment: while a callback sleeps in it, while drivers are loaded and
# unloaded, and while CPUs go off and on.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# in_background COMMAND...: runs it beside the test.
in_background() {
	"$@" >/dev/null 2>&1 &
	background="$background $!"
}

end_background() {
	: >"$tmp/stop"
	# shellcheck disable=SC2086 # a list
	wait $background
	background=
	rm "$tmp/stop"
}

off_and_on() {
	while [ ! -e "$tmp/stop" ]; do
		echo 0 >"$CPU/cpu$cpu/online"
		echo 1 >"$CPU/cpu$cpu/online"
	done
}

load_and_unload() {
	while [ ! -e "$tmp/stop" ]; do
		load_driver rust_hotplug_driver
		unload_module rust_hotplug_driver
	done
}

# asleep COMMAND: a callback of workqueue:online sleeps for two seconds, and meanwhile the hook is taken
# out by COMMAND. The operation ends as ever.
asleep() {
	begin_case "$1 while a callback sleeps"
	module_loaded || load_or_exit
	target workqueue:online
	fault "$dir/teardown_inject" cpus="$cpu" times=1 delay_us=2000000
	in_background cpu_down "$cpu"
	i=0
	while [ $i -lt 100 ]; do
		get "$SYS/$dir/teardown_inject/hits"
		[ "$value" != 1 ] || break
		sleep 0.1
		i=$((i + 1))
	done
	expect "hits" "$value" 1
	$1
	end_background
	expect_cpu "$cpu" online 0
	cpu_up "$cpu"
	expect_whole "$cpu"
	module_loaded || load_or_exit
	end_case
}

unload_now() {
	unload
	expect "unloading the module" "$err" 0
}

remove_now() {
	set_to workqueue:online $SYS/states/remove
	[ ! -d $SYS/states/workqueue:online ] || not_so "the directory is there"
}

loops() { # WHAT COMMAND...
	begin_case "$1 beside CPUs that go off and on and a driver that comes and goes"
	module_loaded || load_or_exit
	in_background off_and_on
	! has_driver rust_hotplug_driver || in_background load_and_unload
	n=0
	while [ $n -lt "$ROUNDS" ]; do
		$2
		n=$((n + 1))
	done
	end_background
	unload_driver rust_hotplug_driver
	whole "$cpu"
	module_loaded || load_or_exit
	[ ! -e $SYS/misuses ] || expect_no_misuses
	end_case
}

toggle_watch() {
	set_to 1 $SYS/watch
	set_to 0 $SYS/watch
}

toggle_states() {
	set_to selftest/multi:online $SYS/states/add
	set_to selftest/single:online $SYS/states/add
	set_to 1000 $SYS/states/selftest!multi:online/startup_inject/delay_us
	set_to -1 $SYS/states/selftest!multi:online/startup_inject/times
	echo EIO 2>/dev/null >$SYS/states/selftest!single:online/startup_inject/errno
	sleep 0.1
	set_to selftest/multi:online $SYS/states/remove
	set_to selftest/single:online $SYS/states/remove
}

reload() {
	set_to 1 $SYS/watch
	set_to selftest/multi:online $SYS/states/add
	sleep 0.1
	expect_no_misuses
	unload
	expect "unloading the module" "$err" 0
	load
	expect "loading the module" "$err" 0
}

unload_driver_at_end() {
	: >"$tmp/stop"
	unload_driver rust_hotplug_driver
}

[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
command -v taskset >/dev/null || skip_all "no taskset"
loadable || skip_all "no rust_hotplug.ko to load again"
begin_hooked 5
ROUNDS=15
undo=unload_driver_at_end
tmp=$(mktemp -d)
cpu=${hotpluggable##* }
asleep remove_now
asleep unload_now
loops "watch" toggle_watch
loops "states" toggle_states
loops "the module" reload
finish
