#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own fault, cpuN/hotplug/fail, at every state, on the way down and on the way up: the
# operation fails with EAGAIN, the CPU is where it was, and our callbacks are called according to
# their place in the order of the states. This also rolls back steps of the kernel and of drivers
# that otherwise never fail, so it is only for a machine that is thrown away.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# can_arm STATE-NUMBER: tries to arm the fault there. Sets $err to 0 or to the name of the errno.
can_arm() {
	kernel_fault=$CPU/cpu$cpu/hotplug/fail
	put "$1" "$kernel_fault"
}

# expect_hit OPERATION STATE-NUMBER, expect_passed OPERATION STATE-NUMBER: check that the fault that
# was armed there has fired, or that it has not fired.
expect_hit() {
	expect_cpu "$cpu" hotplug/fail -1
	expect_on_ladder "$1 that fails at state $2"
	expect_unchanged
	kernel_fault=
}

expect_passed() {
	expect_cpu "$cpu" hotplug/fail "$2"
	expect_on_ladder "$1 past state $2"
	kernel_disarm
}

offline() {
	begin_case "offline, hotplug/fail at each state"
	set_to 1 $SYS/reset
	snapshot
	for state in $states; do
		can_arm "$state"
		if [ "$err" != 0 ]; then
			expect "arming $state" "$err" EINVAL
			continue
		fi
		[ "$state" -gt "$bringup" ] || not_so "arming $state of a CPU that is up succeeds"
		cpu_down "$cpu"
		case $err in
		EAGAIN)
			on_ladder "$cpu" "$all_up" "$state"
			on_ladder "$cpu" "$state" "$all_up"
			expect_hit "offline" "$state"
			hit_down="$hit_down $state"
			;;
		0)
			on_ladder "$cpu" "$all_up" 0
			expect_passed "offline" "$state"
			passed_down="$passed_down $state"
			cpu_up "$cpu"
			expect "onlining after state $state" "$err" 0
			set_to 1 $SYS/reset
			;;
		*)
			not_so "offlining with $state armed gives $err"
			;;
		esac
	done
	diag "hit:$hit_down"
	diag "without a teardown:$passed_down"
	[ "$hit_down" ] || not_so "no state is hit"
	expect_whole "$cpu"
	end_case
}

online() {
	begin_case "online, hotplug/fail at each state"
	cpu_down "$cpu"
	expect "offlining" "$err" 0
	set_to 1 $SYS/reset
	snapshot
	for state in $states; do
		can_arm "$state"
		if [ "$err" != 0 ]; then
			expect "arming $state" "$err" EINVAL
			continue
		fi
		cpu_up "$cpu"
		case $err in
		EAGAIN)
			on_ladder "$cpu" 0 $((state - 1))
			on_ladder "$cpu" $((state - 1)) 0
			expect_hit "online" "$state"
			hit_up="$hit_up $state"
			;;
		0)
			on_ladder "$cpu" 0 "$all_up"
			expect_passed "online" "$state"
			passed_up="$passed_up $state"
			cpu_down "$cpu"
			expect "offlining after state $state" "$err" 0
			set_to 1 $SYS/reset
			;;
		*)
			not_so "onlining with $state armed gives $err"
			;;
		esac
	done
	diag "hit:$hit_up"
	diag "without a startup:$passed_up"
	[ "$hit_up" ] || not_so "no state is hit"
	cpu_up "$cpu"
	expect "onlining with nothing armed" "$err" 0
	expect_whole "$cpu"
	end_case
}

# hotplug/fail only accepts states with a callback. DEAD callbacks are the business of dead().
all_hit() {
	begin_case "each state that hotplug/fail accepts is hit on one of the two ways"
	# shellcheck disable=SC2086 # lists
	for state in $passed_up $passed_down; do
		[ "$state" -le "$bringup" ] || list_has "$state" $hit_up $hit_down ||
			not_so "state $state is hit on neither way"
	done
	# Our states have both callbacks, so the fault has to fire on both ways.
	for state in $STATES $MULTI; do
		get "$SYS/$state/state"
		# shellcheck disable=SC2086 # lists
		list_has "$value" $hit_up || not_so "$state, $value, is not hit on the way up"
		case $state in
		online*)
			# shellcheck disable=SC2086 # lists
			list_has "$value" $hit_down || not_so "$state, $value, is not hit on the way down"
			;;
		esac
	done
	end_case
}

# The kernel then brings the CPU up again, but stops above cpu:teardown. Our callbacks have to be
# called for the states that the CPU passes, wherever it stops.
dead() {
	begin_case "offline, hotplug/fail at each DEAD callback without a startup"
	n=0
	state_number cpu:teardown
	stops=$((number + 1))
	for state in $passed_up; do
		[ "$state" -le "$bringup" ] || continue
		cpu_down "$cpu"
		expect "offlining before state $state" "$err" 0
		can_arm "$state"
		expect "arming $state of a CPU that is down" "$err" 0
		cpu_up "$cpu"
		expect "onlining past state $state" "$err" 0
		set_to 1 $SYS/reset
		splats_begin
		cpu_down "$cpu"
		get "$CPU/cpu$cpu/hotplug/state"
		at=$value
		splats_go_on >/dev/null
		case $err in
		0)
			# It may still be armed, for a way up on which it cannot be hit.
			kernel_disarm
			on_ladder "$cpu" "$all_up" 0
			;;
		EAGAIN)
			expect_cpu "$cpu" hotplug/fail -1
			kernel_fault=
			on_ladder "$cpu" "$all_up" "$state"
			on_ladder "$cpu" "$state" "$at"
			[ "$at" = "$all_up" ] || n=$((n + 1))
			[ "$at" = "$all_up" ] || [ "$at" = "$stops" ] ||
				not_so "state $state leaves the CPU at $at"
			;;
		*)
			not_so "offlining with $state armed gives $err"
			;;
		esac
		expect_on_ladder "offline that fails at state $state"
		expect_place "$cpu" "$at"
		# Brings the CPU up again, and then down and up once more, so that every state is
		# prepared.
		put "$all_up" "$CPU/cpu$cpu/hotplug/target"
		on_ladder "$cpu" "$at" "$all_up"
		expect_on_ladder "the way up after state $state"
		whole "$cpu"
		cpu_down "$cpu"
		cpu_up "$cpu"
		splats_end >/dev/null
		# RCU warns that the CPU was booted without having been prepared.
		case " $warned " in
		"  " | " kernel/rcu/tree.c ")	;;
		*)				not_so "after state $state this warned: $warned" ;;
		esac
		expect_whole "$cpu"
	done
	[ $n -eq 0 ] || known "the CPU is left half-way, by $n of them"
	end_case
}

throwaway || skip_all "it makes each step of the kernel fail: not on a machine that is kept"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
command -v taskset >/dev/null || skip_all "no taskset"
begin 4
cpu=${hotpluggable##* }
states=$(awk '{ print $1 + 0 }' $CPU/hotplug/states)
state_number cpu:bringup
bringup=$number
hit_down=
passed_down=
hit_up=
passed_up=

fresh
ladder a b
offline
online
all_hit
dead
remove_instances
finish
