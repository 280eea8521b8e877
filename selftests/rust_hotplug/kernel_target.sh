#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Partial transitions: with cpuN/hotplug/target a CPU goes to every state at which the kernel lets
# it stop. Our callbacks have to be called for the states that it passes, and for no others. A CPU
# is half-way then, so this is only for a machine that is thrown away.
#
# States in the section STARTING and next to it are left out: a CPU cannot stop there, and the
# kernel dies of trying. See ../reports/starting-target-bug.md.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# go STATE-NUMBER: sends the CPU to that state. Checks that it has stopped there, and that our
# callbacks were called on the way. Sets $err to 0 or to the name of the errno.
go() {
	get "$CPU/cpu$cpu/hotplug/state"
	from=$value
	err=0
	echo "$1" 2>/dev/null >"$CPU/cpu$cpu/hotplug/target" || put "$1" "$CPU/cpu$cpu/hotplug/target"
	[ "$err" = 0 ] || return
	expect_cpu "$cpu" hotplug/state "$1"
	expect_cpu "$cpu" hotplug/target "$1"
	on_ladder "$cpu" "$from" "$1"
	expect_on_ladder "the way from $from to $1"
	expect_place "$cpu" "$1"
}

# has_to_go STATE-NUMBER: the same, and checks that the kernel does not refuse it.
has_to_go() {
	go "$1"
	expect "the write of $1 to target at $from" "$err" 0
}

# prepares STATE-NUMBER: succeeds if that is a state of section PREPARE at which a CPU can stop.
prepares() {
	[ "$1" -gt 0 ] && [ "$1" -lt "$bringup" ]
}

# has_to_reach STATE-NUMBER: the same from anywhere, by way of 0 where the kernel does not let a CPU that
# is up stop there.
has_to_reach() {
	get "$CPU/cpu$cpu/hotplug/state"
	if [ "$refuses" ] && prepares "$1" && [ "$value" -gt "$bringup" ]; then
		has_to_go 0
	fi
	has_to_go "$1"
}

# has_to_refuse STATE-NUMBER: checks that a CPU that is up cannot go there, and stays up.
has_to_refuse() {
	go "$1"
	expect "the write of $1 to target at $from" "$err" EINVAL
	expect_on_ladder "what is refused"
	expect_whole "$cpu"
}

# up_again: brings the CPU up from wherever it is. If it has stopped in PREPARE, the states above
# are not prepared again on the way up, so it goes all the way down first. See unprepared().
up_again() {
	get "$CPU/cpu$cpu/hotplug/state"
	[ "$value" -gt "$bringup" ] || has_to_go 0
	has_to_go "$all_up"
}

unused() {
	begin_case "hotplug/target refuses what is not in use, and where a CPU cannot stop"
	snapshot
	target=$CPU/cpu$cpu/hotplug/target
	for i in -1 $((all_up + 1)) "$create" "$bringup" "$teardown"; do
		put "$i" "$target"
		expect "writing $i to target" "$err" EINVAL
	done
	i=0
	while [ $i -le "$all_up" ]; do
		# shellcheck disable=SC2086 # a list
		if ! list_has $i $numbers && echo $i 2>/dev/null >"$target"; then
			not_so "writing $i to target, which is not in use, succeeds"
		fi
		i=$((i + 1))
	done
	expect_unchanged
	end_case
}

from_up() {
	begin_case "from up to each state and back"
	for state in $stops; do
		[ "$state" -ne "$all_up" ] || continue
		has_to_reach "$state"
		up_again
		[ ! "$case_failed" ] || break
	done
	diag "at $stops"
	expect_whole "$cpu"
	end_case
}

from_down() {
	begin_case "from down to each state and back"
	cpu_down "$cpu"
	expect "offlining" "$err" 0
	reset
	for state in $stops; do
		[ "$state" -ne 0 ] || continue
		has_to_go "$state"
		has_to_go 0
		[ ! "$case_failed" ] || break
	done
	cpu_up "$cpu"
	expect "onlining" "$err" 0
	expect_whole "$cpu"
	end_case
}

step_by_step() {
	begin_case "from up to down, state by state, and back up"
	reset
	down=
	for state in $stops; do
		down="$state $down"
	done
	for state in $down $stops; do
		get "$CPU/cpu$cpu/hotplug/state"
		# On the way down, what comes after these is 0.
		if [ "$refuses" ] && prepares "$state" && [ "$value" -gt "$bringup" ]; then
			continue
		fi
		has_to_go "$state"
		[ ! "$case_failed" ] || break
	done
	expect_whole "$cpu"
	end_case
}

# The CPU has been dead, but the states below the one at which it stopped are not prepared again
# when it comes up.
unprepared() {
	begin_case "from up to each state of section PREPARE, and up from there"
	badly=
	for state in $stops; do
		if [ "$state" -gt "$bringup" ] || [ "$state" = "$kick" ]; then
			continue
		fi
		if [ "$refuses" ] && [ "$state" != 0 ]; then
			has_to_refuse "$state"
			continue
		fi
		splats_begin
		has_to_go "$state"
		has_to_go "$all_up"
		# If something is not prepared, the kernel warns of it now at the latest.
		has_to_go 0
		has_to_go "$all_up"
		splats_end >/dev/null
		case $warned in
		"")			;;
		kernel/rcu/tree.c)	badly="$badly $state" ;;
		*)			not_so "with a stop at $state this warned: $warned" ;;
		esac
		[ ! "$case_failed" ] || break
	done
	expect_whole "$cpu"
	[ ! "$badly" ] || known "RCU warns with a stop at any of$badly: it is not prepared again"
	end_case
}

# The startup of this state makes the CPU boot. When a CPU has stopped there on the way down, the
# kernel takes that for done, and does not do it again on the way up.
unkicked() {
	begin_case "from up to cpu:kick_ap, and up from there"
	if [ ! "$kick" ]; then
		skip_case "$case_name" "there is no such state"
		return
	fi
	if [ "$refuses" ]; then
		has_to_refuse "$kick"
		end_case
		return
	fi
	has_to_go "$kick"
	put "$all_up" "$CPU/cpu$cpu/hotplug/target"
	if [ "$err" != 0 ]; then
		expect "the write of $all_up to target at $kick" "$err" EIO
		expect_cpu "$cpu" hotplug/state "$kick"
		expect_on_ladder "what fails"
		known "it fails with EIO after ten seconds: the CPU is not kicked again"
	fi
	reset
	up_again
	expect_whole "$cpu"
	end_case
}

# called OPERATION CALLBACK CPU...: adds to $want the calls on these CPUs, which the log has to show
# next.
called() {
	_call="$1 $2"
	shift 2
	for _i; do
		want="$want${want:+$nl}$_call $_i 0"
	done
}

# In a setup or removal the kernel calls the callback for each CPU that has reached the state,
# wherever the CPU has stopped.
half_way() { # STATE
	begin_case "$1: set up, removed, and a failure rolled back, with a CPU half-way"
	get "$SYS/$1/state"
	id=$value
	below=
	for state in $stops; do
		[ "$state" -ge "$id" ] || below=$state
	done
	for state in $below $id; do
		has_to_reach "$state"
		# shellcheck disable=SC2086 # a list
		if [ "$state" = "$id" ]; then
			list=$online
		else
			list_without "$cpu" $online
		fi
		reached=$list
		# shellcheck disable=SC2086 # a list
		list_without "$last" $reached
		before=$list
		arm "$1" startup ENOMEM "$last"
		case $1 in
		*_multi)
			put x "$SYS/$1/instances/add"
			expect "adding an instance that fails" "$err" ENOMEM
			set_to x "$SYS/$1/instances/add"
			set_to x "$SYS/$1/instances/remove"
			setup=add
			remove=del
			;;
		*)
			set_to 0 "$SYS/$1/installed"
			put 1 "$SYS/$1/installed"
			expect "the setup that fails" "$err" ENOMEM
			set_to 1 "$SYS/$1/installed"
			expect_file "$1/state" "$id"
			setup=setup
			remove=remove
			;;
		esac
		# shellcheck disable=SC2086 # lists
		{
			[ $setup = add ] || called $remove teardown $reached
			called $setup startup $before
			want="$want${want:+$nl}$setup startup $last -12"
			called $setup teardown $before
			called $setup startup $reached
			[ $setup = setup ] || called $remove teardown $reached
		}
		expect "the log with the CPU at $state" "$(fields op callback cpu ret)" "$want"
		want=
		reset
		expect_place "$cpu" "$state"
		up_again
	done
	expect_whole "$cpu"
	end_case
}

# The thread of the CPU goes back by itself to where it was kicked, which is not down. The fault is the kernel's own: to
# the module a way up from half-way looks like a rollback, in which it does not let a startup fail.
fails_above() { # STATE
	begin_case "$1: a startup that fails on the way up from half-way takes the CPU back there"
	get "$SYS/$1/state"
	id=$value
	below=
	for state in $stops; do
		[ "$state" -ge "$lowest" ] || below=$state
	done
	has_to_reach "$below"
	kernel_arm "$cpu" "$id"
	put "$all_up" "$CPU/cpu$cpu/hotplug/target"
	expect "the write of $all_up to target with a startup that fails" "$err" EAGAIN
	expect_cpu "$cpu" hotplug/fail -1
	kernel_fault=
	on_ladder "$cpu" "$below" $((id - 1))
	on_ladder "$cpu" $((id - 1)) "$below"
	expect_on_ladder "the way up from $below, and back"
	expect_cpu "$cpu" hotplug/state "$below"
	expect_cpu "$cpu" hotplug/target "$below"
	expect_place "$cpu" "$below"
	up_again
	expect_whole "$cpu"
	end_case
}

# Nothing has been torn down then, so nothing has to be undone.
stays() {
	begin_case "prepare: its DEAD callback fails where the CPU has stopped: the CPU stays there"
	get $SYS/prepare/state
	id=$value
	has_to_go 0
	has_to_go "$id"
	kernel_arm "$cpu" "$id"
	put 0 "$CPU/cpu$cpu/hotplug/target"
	if [ "$err" = 0 ]; then
		# With ../reports/fixes/fail-dead-callback.patch it is not taken there.
		expect_cpu "$cpu" hotplug/fail "$id"
		expect_cpu "$cpu" hotplug/state 0
	else
		expect "the write of 0 to target with a DEAD callback that fails" "$err" EAGAIN
		expect_cpu "$cpu" hotplug/fail -1
		expect_cpu "$cpu" hotplug/state "$id"
		expect_on_ladder "what fails"
	fi
	kernel_disarm
	reset
	up_again
	expect_whole "$cpu"
	end_case
}

# Another CPU goes down and up all the time, so operations wait for each other while the state is
# set up or removed. The checker must not mistake one operation for the reason of calls that belong
# to another.
contended() {
	begin_case "online: set up and removed with a CPU half-way, while another one comes and goes"
	get $SYS/online_multi/state
	has_to_go "$value"
	while :; do
		echo 0 >"$CPU/cpu$last/online"
		echo 1 >"$CPU/cpu$last/online"
	done 2>/dev/null &
	background=$!
	for _i in $(seq 30); do
		set_to 0 $SYS/online/installed
		set_to 1 $SYS/online/installed
	done
	stop $background
	background=
	whole "$last"
	reset
	up_again
	expect_whole "$cpu"
	expect_whole "$last"
	end_case
}

# parked COMMAND...: runs the command with a CPU half-way. What a CPU has counted of the memory of a
# task is added to the counters of the others when the CPU goes below lib/percpu_cnt:dead. If it has
# stopped before that, the kernel miscounts the memory of a task that exits, and says so.
parked() {
	splats_begin
	"$@"
	splats_end >/dev/null
	expect_splats_but "Bad rss-counter state"
}

throwaway || skip_all "it leaves a CPU half-way: not on a machine that is kept"
command -v taskset >/dev/null || skip_all "no taskset"
last=${online##* }
# shellcheck disable=SC2086 # a list
list_without "$last" $hotpluggable
cpu=${list%% *}
[ "$cpu" ] || skip_all "no CPU but the last can go offline"
# A step to the state below online, which has no callback.
state_number sched:active
put "$number" "$CPU/cpu$cpu/hotplug/target"
[ "$err" = 0 ] || skip_all "this kernel lacks CONFIG_CPU_HOTPLUG_STATE_CONTROL"
put "$all_up" "$CPU/cpu$cpu/hotplug/target"

begin 14
state_number cpu:bringup
bringup=$number
state_number cpu:teardown
teardown=$number
state_number cpu:kick_ap
kick=$number
state_number threads:prepare
create=$number
fresh
ladder a b
numbers=$(awk '{ print $1 + 0 }' $CPU/hotplug/states)
stops=
for i in $numbers; do
	if [ "$i" -ge "$bringup" ] && [ "$i" -le "$teardown" ] || [ "$i" = "$create" ]; then
		continue
	fi
	stops="$stops${stops:+ }$i"
done

# The lower one of our states that are called on the CPU itself.
get $SYS/online/state
lowest=$value
get $SYS/online_multi/state
[ "$value" -gt "$lowest" ] || lowest=$value

# With ../reports/fixes/target-unprepared.patch a CPU that is up cannot stop among the PREPARE states.
refuses=
for i in $stops; do
	prepares "$i" || continue
	splats_begin
	go "$i"
	[ "$err" != EINVAL ] || refuses=1
	up_again
	splats_end >/dev/null
	break
done

unused
parked from_up
parked from_down
parked step_by_step
unprepared
parked unkicked
for s in $STATES $MULTI; do
	parked half_way "$s"
done
for s in online online_multi; do
	parked fails_above "$s"
done
parked stays
parked contended
remove_instances
finish
