#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Partial transitions: a CPU goes to every state at which the kernel lets it stop, by
# cpuN/hotplug/target, and ours are called for what it passes, no more and no less. A
# CPU that is half-way is for a machine that is thrown away.
#
# Not to those of section STARTING and next to it, where a CPU cannot stop and the kernel
# dies of it: ../reports/starting-target-bug.md.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# go STATE-NUMBER: the CPU goes there from where it is, stops there, and ours were called
# for the way. $err becomes 0 or the errno's name.
go() {
	get "$CPU/cpu$cpu/hotplug/state"
	from=$value
	put "$1" "$CPU/cpu$cpu/hotplug/target"
	[ "$err" = 0 ] || return
	expect_cpu "$cpu" hotplug/state "$1"
	expect_cpu "$cpu" hotplug/target "$1"
	on_ladder "$cpu" "$from" "$1"
	expect_on_ladder "the way from $from to $1"
	expect_place "$cpu" "$1"
}

# has_to_go STATE-NUMBER: where that cannot be refused.
has_to_go() {
	go "$1"
	expect "the write of $1 to target at $from" "$err" 0
}

unused() {
	begin_case "hotplug/target refuses what is not in use"
	snapshot
	i=-1
	while [ $i -le $((all_up + 1)) ]; do
		if ! grep -q "^ *$i: " $CPU/hotplug/states; then
			put $i "$CPU/cpu$cpu/hotplug/target"
			expect "writing $i to target" "$err" EINVAL
		fi
		i=$((i + 1))
	done
	expect_unchanged
	end_case
}

# there_and_back FROM STATE-NUMBER...: $stops becomes those that the kernel does not refuse.
there_and_back() {
	home=$1
	stops=
	refuses=
	shift
	for state; do
		go "$state"
		case $err in
		0)
			stops="$stops${stops:+ }$state"
			has_to_go "$home"
			;;
		EINVAL)
			refuses="$refuses${refuses:+ }$state"
			expect_cpu "$cpu" hotplug/state "$home"
			;;
		*)
			not_so "the write of $state to target gives $err"
			;;
		esac
	done
	diag "stops at: $stops"
	diag "refuses: $refuses"
	for rung in $rungs_up; do
		# shellcheck disable=SC2086 # a list
		list_has "${rung%:*}" $stops || not_so "it does not stop at ours, ${rung%:*}"
	done
}

from_up() {
	begin_case "from up to each state and back"
	# shellcheck disable=SC2086 # a list
	there_and_back "$all_up" $states
	expect_whole "$cpu"
	end_case
}

from_down() {
	begin_case "from down to each state and back"
	cpu_down "$cpu"
	expect "offlining" "$err" 0
	reset
	# shellcheck disable=SC2086 # a list
	there_and_back 0 $states
	expect_cpu "$cpu" hotplug/state 0
	cpu_up "$cpu"
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
		has_to_go "$state"
	done
	expect_whole "$cpu"
	end_case
}

# called OPERATION CALLBACK CPU...: the log has to show next for which CPUs ours is called.
called() {
	_call="$1 $2"
	shift 2
	for _i; do
		want="$want${want:+$nl}$_call $_i 0"
	done
}

# The kernel calls for each CPU that is at the state or above, wherever it stops.
half_way() { # STATE
	begin_case "$1: set up, removed, and a failure rolled back, with a CPU half-way"
	get "$SYS/$1/state"
	id=$value
	below=
	for state in $stops; do
		[ "$state" -ge "$id" ] || below=$state
	done
	for state in $below $id; do
		has_to_go "$state"
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
		has_to_go "$all_up"
	done
	expect_whole "$cpu"
	end_case
}

throwaway || skip_all "it leaves a CPU half-way: not on a machine that is kept"
command -v taskset >/dev/null || skip_all "no taskset"
last=${online##* }
# shellcheck disable=SC2086 # a list
list_without "$last" $hotpluggable
cpu=${list%% *}
[ "$cpu" ] || skip_all "no CPU but the last can go offline"
# Half a step: of online there are no callbacks.
state_number sched:active
put "$number" "$CPU/cpu$cpu/hotplug/target"
[ "$err" = 0 ] || skip_all "this kernel lacks CONFIG_CPU_HOTPLUG_STATE_CONTROL"
put "$all_up" "$CPU/cpu$cpu/hotplug/target"

begin 8
states=$(awk '{ print $1 + 0 }' $CPU/hotplug/states)
state_number cpu:bringup
bringup=$number
state_number cpu:teardown
# shellcheck disable=SC2086 # a list
set -- $states
states=
for i; do
	[ "$i" -gt "$bringup" ] && [ "$i" -lt "$number" ] || states="$states${states:+ }$i"
done
fresh
ladder a b
unused
from_up
from_down
step_by_step
for s in $STATES $MULTI; do
	half_way "$s"
done
remove_instances
finish
