#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# States that are not ours fail when a CPU goes offline or online: the write fails with that error, the CPU
# is where it was, and the log shows it.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# The states that a core of the kernel has, and that fail without harm.
VETOES="mm/vmstat:online workqueue:online"
STARTUPS="workqueue:online random:prepare timers:prepare"

veto() { # STATE
	target_or_skip "$1" "$1 vetoes on each CPU" || return
	begin_case "$1 vetoes on each CPU"
	n=0
	# shellcheck disable=SC2086 # a list
	some_of 8 $hotpluggable
	for c in $list; do
		# shellcheck disable=SC2086
		nth $n $ERRNOS
		reset
		fault "$dir/teardown_inject" cpus="$c" times=1 errno="$word"
		cpu_down "$c"
		expect "taking CPU $c down" "$err" "$word"
		expect_whole "$c"
		one_of hotplug teardown "$c" "$word"
		expect_calls_of "$1"
		expect_file "$dir/teardown_inject/hits" 1
		expect_file "$dir/teardown_inject/times" 0
		expect_file "$dir/teardowns" 1
		expect_file "$dir/failures" 1
		reset
		cpu_down "$c"
		expect "taking CPU $c down after that" "$err" 0
		one_of hotplug teardown "$c"
		expect_calls_of "$1"
		cpu_up "$c"
		n=$((n + 1))
	done
	untarget
	end_case
}

fails() { # STATE
	target_or_skip "$1" "$1 fails on each CPU" || return
	begin_case "$1 fails on each CPU"
	n=0
	# shellcheck disable=SC2086 # a list
	some_of 8 $hotpluggable
	for c in $list; do
		# shellcheck disable=SC2086
		nth $n $ERRNOS
		cpu_down "$c"
		reset
		fault "$dir/startup_inject" cpus="$c" times=1 errno="$word"
		cpu_up "$c"
		expect "bringing CPU $c up" "$err" "$word"
		expect_cpu "$c" online 0
		expect_cpu "$c" hotplug/state 0
		one_of hotplug startup "$c" "$word"
		expect_calls_of "$1"
		expect_file "$dir/startups" 1
		expect_file "$dir/failures" 1
		reset
		cpu_up "$c"
		expect "bringing CPU $c up after that" "$err" 0
		expect_whole "$c"
		one_of hotplug startup "$c"
		expect_calls_of "$1"
		n=$((n + 1))
	done
	untarget
	end_case
}

settings() {
	target_or_skip workqueue:online "cpus, times, space, interval and probability" || return
	begin_case "cpus, times, space, interval and probability"
	f=$dir/teardown_inject
	# Two pass, two fail, and then no more.
	fault "$f" cpus="$cpu" space=2 times=2 errno=EIO
	for e in 0 0 EIO EIO 0; do
		cpu_down "$cpu"
		expect "with space and times" "$err" $e
		cpu_up "$cpu"
	done
	expect_file "$f/hits" 2
	reset
	fault "$f" cpus="$cpu" interval=2 times=-1 errno=EIO
	for e in 0 EIO 0 EIO; do
		cpu_down "$cpu"
		expect "with an interval" "$err" $e
		cpu_up "$cpu"
	done
	reset
	fault "$f" cpus="$cpu" probability=0 times=-1 errno=EIO
	cpu_down "$cpu"
	expect "with probability 0" "$err" 0
	cpu_up "$cpu"
	reset
	fault "$f" cpus="${online%% *}" times=-1 errno=EIO
	cpu_down "$cpu"
	expect "with another CPU" "$err" 0
	cpu_up "$cpu"
	reset
	# The same seed gives the same faults.
	for round in 1 2; do
		set_to 4711 $SYS/seed
		set_to 1 $SYS/reset
		fault "$f" probability=50 times=-1 errno=EIO
		draws=
		for i in 1 2 3 4 5 6 7 8; do
			cpu_down "$cpu"
			draws="$draws $err"
			cpu_up "$cpu"
		done
		[ $round = 1 ] || expect "the faults of the same seed" "$draws" "$first"
		first=$draws
	done
	reset
	fault "$f" cpus="$cpu" delay_us=200000 times=1
	cpu_down "$cpu"
	expect "with a delay" "$err" 0
	expect_file "$f/hits" 1
	cpu_up "$cpu"
	untarget
	end_case
}

two() {
	begin_case "two faults at once"
	target mm/vmstat:online
	vmstat=$dir
	target workqueue:online
	fault "$vmstat/teardown_inject" times=1 errno=EIO
	fault "$dir/teardown_inject" times=1 errno=ENOSPC
	# On the way down the higher one comes first.
	cpu_down "$cpu"
	expect "taking CPU $cpu down" "$err" EIO
	cpu_down "$cpu"
	expect "taking CPU $cpu down again" "$err" ENOSPC
	cpu_down "$cpu"
	expect "taking CPU $cpu down at last" "$err" 0
	reset
	fault "$vmstat/startup_inject" times=1 errno=EIO
	fault "$dir/startup_inject" times=1 errno=ENOSPC
	cpu_up "$cpu"
	expect "bringing CPU $cpu up" "$err" ENOSPC
	cpu_up "$cpu"
	expect "bringing CPU $cpu up again" "$err" EIO
	cpu_up "$cpu"
	expect "bringing CPU $cpu up at last" "$err" 0
	expect_whole "$cpu"
	untarget
	end_case
}

# A startup that belongs to the rollback of a veto does not fail, nor a teardown of one of an online.
no_rollback() {
	begin_case "a rollback does not fail"
	target mm/vmstat:online
	vmstat=$dir
	target workqueue:online
	# vmstat is above workqueue, and the veto below it.
	fault "$dir/teardown_inject" times=1 errno=EIO
	fault "$vmstat/startup_inject" times=-1 errno=ENOSPC
	cpu_down "$cpu"
	expect "taking CPU $cpu down" "$err" EIO
	expect_whole "$cpu"
	expect_file "$vmstat/startup_inject/hits" 0
	expect_file "$vmstat/startups" 1
	reset
	cpu_down "$cpu"
	reset
	fault "$vmstat/startup_inject" times=1 errno=EIO
	fault "$dir/teardown_inject" times=-1 errno=ENOSPC
	cpu_up "$cpu"
	expect "bringing CPU $cpu up" "$err" EIO
	expect_cpu "$cpu" hotplug/state 0
	expect_file "$dir/teardown_inject/hits" 0
	expect_file "$dir/teardowns" 1
	reset
	cpu_up "$cpu"
	expect_whole "$cpu"
	untarget
	end_case
}

kernel_knob() {
	target_or_skip mm/vmstat:online "beside hotplug/fail" || return
	begin_case "beside hotplug/fail"
	state_number workqueue:online
	reset
	kernel_arm "$cpu" "$number"
	fault "$dir/teardown_inject" times=1 errno=EIO
	cpu_down "$cpu"
	expect "ours comes first" "$err" EIO
	expect_cpu "$cpu" hotplug/fail "$number"
	cpu_down "$cpu"
	expect "then the kernel's" "$err" EAGAIN
	expect_cpu "$cpu" hotplug/fail -1
	kernel_fault=
	# Both at the same state: ours, before the kernel looks.
	state_number mm/vmstat:online
	kernel_arm "$cpu" "$number"
	fault "$dir/teardown_inject" times=1 errno=EIO
	cpu_down "$cpu"
	expect "ours at the same state" "$err" EIO
	cpu_down "$cpu"
	expect "the kernel's at the same state" "$err" EAGAIN
	kernel_fault=
	reset
	cpu_down "$cpu"
	expect "none" "$err" 0
	cpu_up "$cpu"
	expect_whole "$cpu"
	untarget
	end_case
}

# The fault stays armed while its driver is away.
reloaded() {
	if ! has_driver rust_hotplug_driver; then
		skip_case "a driver that is unloaded and loaded again" "no module rust_hotplug_driver: not built"
		return
	fi
	begin_case "a driver that is unloaded and loaded again"
	target selftest/single:online
	fault "$dir/teardown_inject" cpus="$cpu" times=-1 errno=EIO
	for round in 1 2 3; do
		load_driver rust_hotplug_driver
		expect "loading the driver" "$err" 0
		cpu_down "$cpu"
		expect "taking CPU $cpu down" "$err" EIO
		unload_driver rust_hotplug_driver
		expect "unloading the driver" "$err" 0
		cpu_down "$cpu"
		expect "taking CPU $cpu down without the driver" "$err" 0
		cpu_up "$cpu"
	done
	expect_file "$dir/teardown_inject/hits" 3
	untarget
	end_case
}

unload_driver_at_end() {
	unload_driver rust_hotplug_driver
}

[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
command -v taskset >/dev/null || skip_all "no taskset"
begin_hooked 10
undo=unload_driver_at_end
cpu=${hotpluggable##* }
set_to 1 $SYS/watch
for state in $VETOES; do
	veto "$state"
	set_to 1 $SYS/watch
done
for state in $STARTUPS; do
	fails "$state"
	set_to 1 $SYS/watch
done
settings
two
no_rollback
kernel_knob
reloaded
finish
