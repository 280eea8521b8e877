#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What the kernel's own files in cpuN/ and cpuN/hotplug/ do, where that is not obvious or is an
# error of the kernel. This leaves a CPU half-way for a while, so it is only for a machine that is
# thrown away. The errors are described in ../reports.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# ready: makes the machine forget the case before.
ready() {
	whole "$cpu"
	fresh
}

# with CALLBACKS STATE: sets the state up with these callbacks only. Sets $id to its number.
with() {
	set_to 0 "$SYS/$2/installed"
	set_to "$1" "$SYS/$2/callbacks"
	set_to 1 "$SYS/$2/installed"
	set_to 1 $SYS/reset
	get "$SYS/$2/state"
	id=$value
}

# can_arm CPU STATE-NUMBER: tries to arm hotplug/fail. Sets $err to 0 or to the name of the errno.
can_arm() {
	kernel_fault=$CPU/cpu$1/hotplug/fail
	put "$2" "$kernel_fault"
}

#
# hotplug/target, and what online says after that
#

target_down() {
	begin_case "0 written to hotplug/target takes the CPU down, and online says so"
	ready
	put 0 "$CPU/cpu$cpu/hotplug/target"
	expect "the write to target" "$err" 0
	expect_cpu "$cpu" hotplug/state 0
	! is_online "$cpu" || not_so "CPU $cpu is not down"
	get "$CPU/cpu$cpu/online"
	if [ "$value" = 1 ]; then
		cpu_up "$cpu"
		expect "the write of 1 to online" "$err" 0
		expect_cpu "$cpu" hotplug/state 0
		known "online stays 1, and 1 written to it does nothing: the device is not told"
	fi
	cpu_down "$cpu"
	if [ "$third" ] || [ ! "$case_known" ]; then
		expect "the write of 0 to online" "$err" 0
		expect_cpu "$cpu" online 0
		cpu_up "$cpu"
		expect "the write of 1 to online after that" "$err" 0
	else
		# The kernel first checks whether this is the last CPU online, and only then whether
		# it is online.
		expect "the write of 0 to online with one CPU up" "$err" EBUSY
		whole "$cpu"
	fi
	expect_whole "$cpu"
	end_case
}

target_up() {
	begin_case "$all_up written to hotplug/target brings the CPU up, and online says so"
	ready
	cpu_down "$cpu"
	expect "the write of 0 to online" "$err" 0
	put "$all_up" "$CPU/cpu$cpu/hotplug/target"
	expect "the write to target" "$err" 0
	expect_cpu "$cpu" hotplug/state "$all_up"
	is_online "$cpu" || not_so "CPU $cpu is not up"
	get "$CPU/cpu$cpu/online"
	if [ "$value" = 0 ]; then
		cpu_down "$cpu"
		expect "another write of 0 to online" "$err" 0
		expect_cpu "$cpu" hotplug/state "$all_up"
		known "online stays 0, and 0 written to it does nothing: the device is not told"
	fi
	cpu_up "$cpu"
	expect "the write of 1 to online" "$err" 0
	expect_whole "$cpu"
	end_case
}

# The number of the last event that was sent to user space tells.
target_same() {
	begin_case "the state in which the CPU is, written to hotplug/target, sends no event"
	ready
	if [ ! -r /sys/kernel/uevent_seqnum ]; then
		skip_case "$case_name" "no uevent_seqnum"
		return
	fi
	get /sys/kernel/uevent_seqnum
	events=$value
	put "$all_up" "$CPU/cpu$cpu/hotplug/target"
	expect "the write of $all_up to target" "$err" 0
	get /sys/kernel/uevent_seqnum
	expect "uevent_seqnum" "$value" "$events"
	expect_whole "$cpu"
	end_case
}

target_values() {
	begin_case "hotplug/target without CPU_HOTPLUG_STATE_CONTROL takes 0 and $all_up only"
	ready
	get $SYS/online/state
	put "$value" "$CPU/cpu$cpu/hotplug/target"
	if [ "$err" = 0 ]; then
		skip_case "$case_name" "this kernel has CONFIG_CPU_HOTPLUG_STATE_CONTROL"
		whole "$cpu"
		return
	fi
	i=-1
	while [ $i -le $((all_up + 1)) ]; do
		put $i "$CPU/cpu$cpu/hotplug/target"
		case $i in
		0 | "$all_up")	expect "writing $i to target" "$err" 0 ;;
		*)		expect "writing $i to target" "$err" EINVAL ;;
		esac
		i=$((i + 1))
	done
	whole "$cpu"
	expect_whole "$cpu"
	end_case
}

target_last() {
	begin_case "hotplug/target does not take down the last CPU that is online"
	ready
	# shellcheck disable=SC2086 # a list
	set -- $online
	stays=$1
	shift
	get $CPU/isolated
	expand "$value"
	# shellcheck disable=SC2086 # a list
	if list_has "$stays" $list; then
		skip_case "$case_name" "CPU $stays is isolated, see ../reports/last-housekeeping.md"
		return
	fi
	err=0
	for i; do
		cpu_down "$i"
		[ "$err" = 0 ] || break
	done
	if [ "$err" = 0 ]; then
		put 0 "$CPU/cpu$stays/hotplug/target"
		expect "the write to target of CPU $stays" "$err" EBUSY
		expect_cpu "$stays" hotplug/state "$all_up"
		err=0
	fi
	refused=$err
	for i; do
		whole "$i"
		expect_whole "$i"
	done
	if [ "$refused" != 0 ] && [ ! "$case_failed" ]; then
		skip_case "$case_name" "not all of the others can go offline: $refused"
		return
	fi
	end_case
}

# There is one lock for all CPUs. Who does not get it at once tries the system call again, which must not show.
two_writers() {
	begin_case "two writers of hotplug/target: neither sees the other"
	if [ ! "$other" ] || [ ! "$third" ]; then
		skip_case "$case_name" "less than three CPUs, or only one of them can go offline"
		return
	fi
	ready
	tmp=$(mktemp -d) || exit 1
	(
		while [ ! -e "$tmp/stop" ]; do
			for i in 0 "$all_up"; do
				put "$i" "$CPU/cpu$other/hotplug/target"
				[ "$err" = 0 ] || echo "writing $i: $err"
			done
		done
	) >"$tmp/other" 2>&1 &
	background=$!
	n=0
	while [ $n -lt 20 ]; do
		for i in 0 "$all_up"; do
			put "$i" "$CPU/cpu$cpu/hotplug/target"
			expect "writing $i to target of CPU $cpu" "$err" 0
			expect_cpu "$cpu" hotplug/state "$i"
		done
		n=$((n + 1))
	done
	: >"$tmp/stop"
	wait $background
	background=
	expect "what the writer for CPU $other says" "$(head -n 5 "$tmp/other")" ""
	rm -r "$tmp"
	tmp=
	for i in $cpu $other; do
		whole "$i"
		expect_whole "$i"
	done
	end_case
}

garbage() { # FILE
	begin_case "hotplug/$1 refuses what is no number of a state, and stays as it is"
	ready
	get "$CPU/cpu$cpu/hotplug/$1"
	was=$value
	for word in x "" 1x - 0x "1 2" 99999999999999999999 -2 $((all_up + 1)); do
		put "$word" "$CPU/cpu$cpu/hotplug/$1"
		case $word in
		9*)	expect "writing '$word' to $1" "$err" ERANGE ;;
		*)	expect "writing '$word' to $1" "$err" EINVAL ;;
		esac
		expect_cpu "$cpu" "hotplug/$1" "$was"
	done
	expect_whole "$cpu"
	end_case
}

#
# -EBUSY
#

busy() {
	begin_case "an -EBUSY on the way up: online tries five times more, target does not"
	ready
	for i in 1 5 6; do
		cpu_down "$cpu"
		expect "the write of 0 to online" "$err" 0
		set_to 1 $SYS/reset
		arm online startup EBUSY "$cpu" 6
		set_to $i $SYS/online/startup_inject/times
		cpu_up "$cpu"
		if [ $i -le 5 ]; then
			expect "the write of 1 to online with times=$i" "$err" 0
			expect_file online/startups $((i + 1))
		else
			expect "the write of 1 to online with times=$i" "$err" EBUSY
			expect_file online/startups $i
		fi
		expect_file online/startup_inject/hits $i
	done
	set_to 1 $SYS/reset
	arm online startup EBUSY "$cpu"
	put "$all_up" "$CPU/cpu$cpu/hotplug/target"
	expect "the write to target" "$err" EBUSY
	expect_file online/startups 1
	cpu_up "$cpu"
	expect "the write of 1 to online" "$err" 0
	set_to 1 $SYS/reset
	arm online teardown EBUSY "$cpu"
	cpu_down "$cpu"
	expect "the write of 0 to online with an -EBUSY on the way down" "$err" EBUSY
	expect_file online/teardowns 1
	expect_whole "$cpu"
	end_case
}

#
# A fatal signal
#

# killed_while_preparing: with the CPU down and a new trace instance, writes 1 to online in a process
# of its own, and kills that while the kernel allocates the CPU's trace buffer. The kernel's log tells
# whether the signal has come in time. Fails if there can be no trace instance.
killed_while_preparing() {
	cpu_down "$cpu"
	expect "the write of 0 to online" "$err" 0
	# A buffer is never freed when its CPU goes down, so only an instance that is made while the
	# CPU is down lacks the buffer of that CPU.
	start_trace || return 1
	# The buffer gets the size of the others. The larger it is, the longer the signal has time to
	# come, but there may be hundreds of CPUs.
	# shellcheck disable=SC2086 # a list
	set -- $online
	set_to $((65536 / $# + 64)) "$tracing/buffer_size_kb"
	echo 1 2>/dev/null >"$CPU/cpu$cpu/online" &
	background=$!
	polls=0
	value=0
	# A writer that fails leaves the state at 0, so this may not go on for ever.
	while [ "$value" -lt "$number" ] && [ $polls -lt 100000 ]; do
		get "$CPU/cpu$cpu/hotplug/state"
		polls=$((polls + 1))
	done
	kill -KILL $background
	wait $background 2>/dev/null
	background=
	remove_trace
}

signal() {
	begin_case "a fatal signal to the writer of online does not make the kernel warn"
	ready
	state_number trace/RB:prepare
	splats_begin
	warned=
	tries=0
	while [ ! "$warned" ] && [ $tries -lt 5 ]; do
		tries=$((tries + 1))
		if [ ! "$number" ] || ! killed_while_preparing; then
			splats_end
			whole "$cpu"
			skip_case "$case_name" "no tracefs"
			return
		fi
		what_warned >/dev/null
	done
	if [ "$warned" ]; then
		expect "what warned" "$warned" kernel/trace/ring_buffer.c
		expect_splats_but "failed to allocate ring buffer on CPU $cpu"
		expect_cpu "$cpu" online 0
		expect_cpu "$cpu" hotplug/state 0
		known "it does, as no trace buffer is allocated for a process that is to die; the CPU stays offline"
	fi
	splats_end
	cpu_up "$cpu"
	expect "another write of 1 to online" "$err" 0
	expect_whole "$cpu"
	end_case
}

#
# hotplug/fail
#

fail_refuses() {
	begin_case "hotplug/fail refuses what is atomic, what lacks callbacks, PREPARE of a CPU that is up"
	ready
	get $SYS/prepare/state
	prepare=$value
	get $SYS/online/state
	ours=$value
	state_number cpu:bringup
	bringup=$number
	state_number ap:online
	atomic=$number
	i=0
	while [ $i -le $((all_up + 1)) ]; do
		can_arm "$cpu" $i
		if [ $i -le "$bringup" ]; then
			expect "arming $i of PREPARE" "$err" EINVAL
		elif [ $i -lt "$atomic" ]; then
			expect "arming $i, which is atomic" "$err" EINVAL
		elif [ $i -gt "$all_up" ]; then
			expect "arming $i" "$err" EINVAL
		elif ! grep -q "^ *$i: " $CPU/hotplug/states; then
			expect "arming $i, which is not in use" "$err" EINVAL
		fi
		[ "$err" = 0 ] || [ "$err" = EINVAL ] || not_so "arming $i is refused with $err"
		i=$((i + 1))
	done
	can_arm "$cpu" "$ours"
	expect "arming $ours" "$err" 0
	expect_cpu "$cpu" hotplug/fail "$ours"
	kernel_disarm
	cpu_down "$cpu"
	can_arm "$cpu" "$prepare"
	expect "arming $prepare of a CPU that is down" "$err" 0
	kernel_disarm
	cpu_up "$cpu"
	expect_cpu "$cpu" hotplug/fail -1
	end_case
}

fail_fires() {
	begin_case "hotplug/fail: one state of a CPU, once, -EAGAIN, until it is hit"
	ready
	get $SYS/prepare/state
	prepare=$value
	get $SYS/online/state
	ours=$value
	state_number sched:active
	can_arm "$cpu" "$number"
	expect "arming sched:active" "$err" 0
	can_arm "$cpu" "$ours"
	expect "arming online" "$err" 0
	# Only one state can be armed. If sched:active were still armed, it would be hit first.
	cpu_down "$cpu"
	expect "the write of 0 to online" "$err" EAGAIN
	expect_file online/teardowns 0
	expect_cpu "$cpu" hotplug/fail -1
	cpu_down "$cpu"
	expect "another write of 0 to online" "$err" 0
	can_arm "$cpu" "$prepare"
	cpu_up "$cpu"
	expect "the write of 1 to online" "$err" EAGAIN
	expect_file prepare/startups 0
	cpu_up "$cpu"
	expect "another write of 1 to online" "$err" 0
	# The fault is that of one CPU: others do not hit it.
	can_arm "$cpu" "$ours"
	if [ "$other" ]; then
		cpu_down "$other"
		expect "the write of 0 to online of CPU $other" "$err" 0
		cpu_up "$other"
		expect "the write of 1 to online of CPU $other" "$err" 0
		expect_cpu "$cpu" hotplug/fail "$ours"
	fi
	kernel_disarm
	end_case
}

fail_waits() { # CALLBACK
	begin_case "hotplug/fail: a state with only a $1 is passed in the other direction, and hit later"
	ready
	with "$1" online
	case $1 in
	startup)
		can_arm "$cpu" "$id"
		expect "arming online" "$err" 0
		cpu_down "$cpu"
		expect "the write of 0 to online" "$err" 0
		expect_cpu "$cpu" hotplug/fail "$id"
		cpu_up "$cpu"
		expect "the write of 1 to online" "$err" EAGAIN
		;;
	teardown)
		cpu_down "$cpu"
		expect "the write of 0 to online" "$err" 0
		can_arm "$cpu" "$id"
		expect "arming online" "$err" 0
		cpu_up "$cpu"
		expect "the write of 1 to online" "$err" 0
		expect_cpu "$cpu" hotplug/fail "$id"
		cpu_down "$cpu"
		expect "another write of 0 to online" "$err" EAGAIN
		;;
	esac
	expect_cpu "$cpu" hotplug/fail -1
	kernel_disarm
	cpu_up "$cpu"
	expect "the last write of 1 to online" "$err" 0
	with both online
	expect_whole "$cpu"
	end_case
}

fail_in_trace() {
	begin_case "hotplug/fail: a hit does not show in the trace"
	ready
	get $SYS/online/state
	id=$value
	if ! start_trace; then
		skip_case "$case_name" "no cpuhp events in a tracefs"
		return
	fi
	can_arm "$cpu" "$id"
	cpu_down "$cpu"
	expect "the write of 0 to online" "$err" EAGAIN
	echo 0 >"$tracing/tracing_on"
	steps=$(awk '/cpuhp_enter: / { sub(/.*step: */, ""); print $1 }' "$tracing/trace")
	case $nl$steps$nl in
	*"$nl$id$nl"*)	not_so "the trace has state $id" ;;
	esac
	state_number sched:active
	case $nl$steps$nl in
	*"$nl$number$nl"*)	;;
	*)			not_so "the trace lacks state $number, before it" ;;
	esac
	remove_trace
	kernel_disarm
	end_case
}

# A PREPARE state can only be armed while the CPU is down, so the fault should fire on the way up.
# But a state without a startup is passed there, and the fault is still armed on the way down.
fail_dead() {
	begin_case "hotplug/fail cannot make a DEAD callback fail"
	ready
	with teardown prepare
	cpu_down "$cpu"
	expect "the write of 0 to online" "$err" 0
	can_arm "$cpu" "$id"
	if [ "$err" != 0 ]; then
		expect "arming prepare without a startup" "$err" EINVAL
		cpu_up "$cpu"
		with both prepare
		end_case
		return
	fi
	cpu_up "$cpu"
	expect "the write of 1 to online" "$err" 0
	expect_cpu "$cpu" hotplug/fail "$id"
	splats_begin
	cpu_down "$cpu"
	halfway=$err
	# Where it is not hit it stays armed.
	[ "$halfway" = 0 ] || expect_cpu "$cpu" hotplug/fail -1
	get "$CPU/cpu$cpu/hotplug/state"
	state=$value
	# kernel_rollback.sh looks at what the kernel warns of when the CPU goes on from there.
	whole "$cpu"
	kernel_disarm
	splats_end
	if [ "$halfway" != 0 ]; then
		expect "another write of 0 to online" "$halfway" EAGAIN
		expect "what warned first" "${warned%% *}" kernel/cpu.c
		state_number cpu:teardown
		expect "the state it is left in" "$state" $((number + 1))
		known "it can, by a state with only a teardown; the CPU is left half-way"
	else
		expect "what warned" "$warned" ""
	fi
	expect_whole "$cpu"
	# Down and up once, so that everything is prepared again.
	cpu_down "$cpu"
	cpu_up "$cpu"
	with both prepare
	expect_whole "$cpu"
	end_case
}

# Set up without calls. With calls, the removal would hit the fault, which is a BUG:
# ../fatal/remove_armed.sh
fail_after_removal() {
	begin_case "hotplug/fail is disarmed when its state is removed"
	ready
	set_to 0 $SYS/online/installed
	set_to nocalls $SYS/online/setup
	set_to 1 $SYS/online/installed
	get $SYS/online/state
	id=$value
	can_arm "$cpu" "$id"
	expect "arming online" "$err" 0
	set_to 0 $SYS/online/installed
	get "$CPU/cpu$cpu/hotplug/fail"
	if [ "$value" != -1 ]; then
		expect "hotplug/fail" "$value" "$id"
		set_to calls $SYS/online/setup
		put 1 $SYS/online/installed
		expect "setting up what gets the slot next" "$err" EAGAIN
		expect_cpu "$cpu" hotplug/fail -1
		known "it is not: the setup of the next state in that slot fails"
	fi
	kernel_disarm
	set_to calls $SYS/online/setup
	set_to 1 $SYS/online/installed
	expect_installed online
	end_case
}

throwaway || skip_all "it leaves a CPU half-way: not on a machine that is kept"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
command -v taskset >/dev/null || skip_all "no taskset"
begin 17
cpu=${hotpluggable%% *}
other=${hotpluggable##* }
[ "$other" != "$cpu" ] || other=
# shellcheck disable=SC2086 # a list
set -- $online
third=$3

target_down
target_up
target_same
target_values
target_last
two_writers
garbage target
garbage fail
busy
signal
fail_refuses
fail_fires
fail_waits startup
fail_waits teardown
fail_in_trace
fail_dead
fail_after_removal
finish
