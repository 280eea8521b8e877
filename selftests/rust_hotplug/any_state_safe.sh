#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Nothing that can be armed by default makes the kernel warn or leaves a CPU half-way: every state there is
# is armed in both directions, on each CPU, and CPUs go off and on, in suspend and by SMT control as well.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# add_all: adds every state that can be added, and sets $targets to their directories.
add_all() {
	targets=
	while read -r _ name; do
		put "$name" $SYS/states/add
		case $err in
		0)	targets="$targets states/$(echo "$name" | tr / '!')" ;;
		EINVAL | EOPNOTSUPP)	;;
		*)	not_so "adding $name: $err" ;;
		esac
	done <"$CPU/hotplug/states"
}

# arm_or_refuse DIRECTION: arms it where that is permitted. Sets $err.
arm_or_refuse() {
	put EIO "$SYS/$dir/$1_inject/errno"
	case $err in
	0 | EPERM)	;;
	*)		not_so "arming $dir/$1_inject: $err" ;;
	esac
}

# each_state CPU: each startup and each teardown of all states fails once, if it can.
each_state() {
	begin_case "each state fails once in each direction on CPU $1"
	fired=0
	for dir in $targets; do
		set_to 1 $SYS/reset
		set_to "$1" "$SYS/$dir/teardown_inject/cpus" "$SYS/$dir/startup_inject/cpus"
		set_to 1 "$SYS/$dir/teardown_inject/times" "$SYS/$dir/startup_inject/times"
		arm_or_refuse teardown
		cpu_down "$1"
		get "$SYS/$dir/teardown_inject/hits"
		if [ "$value" = 1 ]; then
			fired=$((fired + 1))
			expect "taking CPU $1 down with $dir" "$err" EIO
			expect_cpu "$1" hotplug/state "$all_up"
			cpu_down "$1"
		fi
		expect "taking CPU $1 down after $dir" "$err" 0
		arm_or_refuse startup
		cpu_up "$1"
		get "$SYS/$dir/startup_inject/hits"
		if [ "$value" = 1 ]; then
			fired=$((fired + 1))
			expect "bringing CPU $1 up with $dir" "$err" EIO
			expect_cpu "$1" hotplug/state 0
			cpu_up "$1"
		fi
		expect "bringing CPU $1 up after $dir" "$err" 0
		expect_cpu "$1" hotplug/state "$all_up"
		expect_no_violations
	done
	diag "$fired have failed"
	[ $fired -gt 20 ] || not_so "only $fired have failed"
	runs_tasks "$1" || not_so "CPU $1 runs no tasks"
	expect_no_misuses
	end_case
}

# All at once, each time: those that are called first fail first.
all_armed() {
	begin_case "all states armed at once, on all CPUs"
	set_to 1 $SYS/reset
	for dir in $targets; do
		arm_or_refuse startup
		arm_or_refuse teardown
	done
	snapshot
	for c in $hotpluggable; do
		cpu_down "$c"
		expect "taking CPU $c down" "$err" EIO
		expect_whole "$c"
	done
	expect_unchanged
	expect_no_misuses
	end_case
}

# expect_late "DIRECTORY...": checks that the delay of each of these fired, if it was called.
expect_late() {
	fired=0
	for dir in $1; do
		for c in startup teardown; do
			get "$SYS/$dir/${c}s"
			calls=$value
			get "$SYS/$dir/${c}_inject/hits"
			[ "$calls" -eq 0 ] || [ "$value" -gt 0 ] ||
				not_so "$dir/${c}_inject has not fired in $calls calls"
			fired=$((fired + (calls > 0)))
		done
	done
	diag "$fired callbacks were late"
	[ $fired -gt 10 ] || not_so "only $fired callbacks were late"
}

# test_suspend: a test suspend, which takes all CPUs but one down and up.
test_suspend() {
	delay=/sys/module/suspend/parameters/pm_test_delay
	get $delay
	saved_delay=$value
	[ ! -w $delay ] || set_to 0 $delay
	set_to deep /sys/power/mem_sleep
	set_to processors /sys/power/pm_test
	snapshot
	put mem /sys/power/state
	expect "the write of mem" "$err" 0
	expect_unchanged
	value=$(sed -n 's/.* frozen=\([01]\) *$/\1/p' $SYS/log | sort -u)
	expect "frozen" "$value" 1
	set_to none /sys/power/pm_test
	[ ! -w $delay ] || set_to "$saved_delay" $delay
}

in_suspend() {
	if ! grep -qsw deep /sys/power/mem_sleep || ! grep -qsw processors /sys/power/pm_test; then
		skip_case "nothing fails in a suspend" "no suspend here that takes CPUs down"
		skip_case "a fault and a delay in a suspend" "no suspend here that takes CPUs down"
		return
	fi
	begin_case "nothing fails in a suspend"
	set_to 1 $SYS/reset
	for dir in $targets; do
		arm_or_refuse startup
		arm_or_refuse teardown
	done
	test_suspend
	value=$(cat $SYS/states/*/*_inject/hits | sort -u)
	expect "hits" "$value" 0
	expect_no_misuses
	end_case

	# A fault that has an error does not delay either. Every other state only delays.
	begin_case "a fault and a delay in a suspend"
	set_to 1 $SYS/reset
	failing=
	late=
	for dir in $targets; do
		set_to 100 "$SYS/$dir/startup_inject/delay_us" "$SYS/$dir/teardown_inject/delay_us"
		set_to -1 "$SYS/$dir/startup_inject/times" "$SYS/$dir/teardown_inject/times"
		if [ ${#late} -gt ${#failing} ]; then
			failing="$failing $dir"
			arm_or_refuse startup
			arm_or_refuse teardown
		else
			late="$late $dir"
		fi
	done
	test_suspend
	for dir in $failing; do
		expect_file "$dir/startup_inject/hits" 0
		get "$SYS/$dir/teardown_inject/errno"
		# Where it was refused it only delays.
		[ "$value" = 0 ] || expect_file "$dir/teardown_inject/hits" 0
	done
	expect_late "$late"
	expect_no_misuses
	end_case
}

smt() {
	get $CPU/smt/control
	if [ "$value" != on ]; then
		skip_case "SMT off and on" "smt/control is '$value'"
		return
	fi
	begin_case "SMT off and on, with all delayed"
	set_to 1 $SYS/reset
	for dir in $targets; do
		set_to -1 "$SYS/$dir/startup_inject/times" "$SYS/$dir/teardown_inject/times"
		set_to 100 "$SYS/$dir/startup_inject/delay_us" "$SYS/$dir/teardown_inject/delay_us"
	done
	snapshot
	put off $CPU/smt/control
	expect "the write of off" "$err" 0
	put on $CPU/smt/control
	expect "the write of on" "$err" 0
	expect_unchanged
	expect_late "$targets"
	expect_no_misuses
	end_case
}

throwaway || skip_all "it makes each step of the kernel fail: not on a machine that is kept"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
command -v taskset >/dev/null || skip_all "no taskset"
# shellcheck disable=SC2086 # a list
some_of 2 $hotpluggable
cpus=$list
# shellcheck disable=SC2086
set -- $cpus
begin_hooked $(($# + 4))
set_to 1 $SYS/watch
add_all
for cpu; do
	each_state "$cpu"
done
all_armed
in_suspend
smt
finish
