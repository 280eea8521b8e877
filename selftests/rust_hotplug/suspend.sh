#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Suspend and resume: every CPU but one goes down and comes up again, with the calls that belong to
# that, in the kernel's order. No fault may fire. It is a test suspend (/sys/power/pm_test), which
# turns back before the machine sleeps.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

POWER=/sys/power

# restore_power: puts back what begin_test_suspends() has found.
restore_power() {
	echo "$saved_test" >$POWER/pm_test
	[ ! "$saved_sleep" ] || echo "$saved_sleep" >$POWER/mem_sleep
	[ ! "$saved_delay" ] || echo "$saved_delay" >"$delay"
}

# chosen FILE: sets $value to the word in brackets.
chosen() {
	value=
	[ ! -r "$1" ] || value=$(sed 's/.*\[\(.*\)\].*/\1/' "$1")
}

# find_way: sets $way to a word for /sys/power/state with which the CPUs are taken down. A suspend
# to idle does not do that.
find_way() {
	way=
	grep -qw processors $POWER/pm_test 2>/dev/null || return 1
	if grep -qw mem $POWER/state && grep -qw deep $POWER/mem_sleep 2>/dev/null; then
		way=mem
	elif grep -qw standby $POWER/state; then
		way=standby
	elif grep -qw disk $POWER/state && grep -qw selftests.throwaway /proc/cmdline; then
		# Hibernation needs half of the memory.
		way=disk
	fi
	delay=/sys/module/suspend/parameters/pm_test_delay
	[ "$way" != disk ] || delay=/sys/module/hibernate/parameters/pm_test_delay
	[ "$way" ]
}

begin_test_suspends() {
	chosen $POWER/pm_test
	saved_test=$value
	chosen $POWER/mem_sleep
	saved_sleep=$value
	get "$delay"
	saved_delay=$value
	undo=restore_power
	[ $way != mem ] || set_to deep $POWER/mem_sleep
	[ ! "$saved_delay" ] || set_to 0 "$delay"
	set_to processors $POWER/pm_test
}

# ladder: prints the states in ascending order, each with its number and its instances, the newest
# instance first.
ladder() {
	for s in $STATES $MULTI; do
		get "$SYS/$s/state"
		case $s in
		*_multi)	echo "$value $s j i" ;;
		*)		echo "$value $s -" ;;
		esac
	done | sort -n
}

# expect_round CPU...: checks that the log shows that all of these CPUs went down, and then all came
# up.
expect_round() {
	want=$(ladder | awk -v cpus="$*" '
	{
		split($0, field)
		state[NR] = $2
		instances[NR] = $3 " " $4
	}
	function calls(cpu, s, callback,  i, n, list) {
		n = split(instances[s], list, " ")
		for (i = 1; i <= n; i++)
			print cpu, state[s], list[i], callback
	}
	END {
		n = split(cpus, cpu, " ")
		for (i = 1; i <= n; i++)
			for (s = NR; s >= 1; s--)
				calls(cpu[i], s, "teardown")
		for (i = 1; i <= n; i++)
			for (s = 1; s <= NR; s++)
				calls(cpu[i], s, "startup")
	}' | sort -s -k 1,1n)
	# The order of the calls for each CPU is compared. In which order the kernel takes the CPUs
	# is left to it.
	expect "the calls for each CPU" "$(fields cpu state instance callback | sort -s -k 1,1n)" "$want"
	want=
	value=$(fields callback | uniq | tr '\n' ' ')
	expect "down and up" "$value" "teardown startup "
	value=$(fields op ret injected | sort -u)
	expect "how they were called and what they returned" "$value" "hotplug 0 0"
}

# called: sets $list to the CPUs that are in the log.
called() {
	list=$(fields cpu | sort -nu | tr '\n' ' ')
	list=${list% }
}

add_instances() {
	fresh
	for s in $MULTI; do
		for i in i j; do
			set_to $i "$SYS/$s/instances/add"
		done
	done
	reset
}

# Arms every fault that can fire, of states and of instances.
arm_all() {
	armed=
	for s in prepare online online_multi prepare_multi/instances/i online_multi/instances/j; do
		fault "$s/startup_inject" times=-1 errno=EIO
		armed="$armed $s/startup_inject"
	done
	for s in online online_multi/instances/i; do
		fault "$s/teardown_inject" times=-1 errno=ENOSPC
		armed="$armed $s/teardown_inject"
	done
}

with_faults() {
	begin_case "all CPUs but one, with every fault armed"
	add_instances
	arm_all
	snapshot
	put $way $POWER/state
	expect "the write of $way" "$err" 0
	expect_unchanged
	called
	# shellcheck disable=SC2086 # lists
	set -- $online
	others=$#
	# shellcheck disable=SC2086
	set -- $list
	expect "how many CPUs were called" $# $((others - 1))
	for i in $list; do
		# shellcheck disable=SC2086
		list_has "$i" $online || not_so "CPU $i was not online"
	done
	expect_round "$@"
	for f in $armed; do
		expect_file "$f/hits" 0
		expect_file "$f/times" -1
	done
	# Outside of a suspend the faults do fire.
	if [ "$cpu" ]; then
		cpu_down "$cpu"
		expect "offlining CPU $cpu after that" "$err" ENOSPC
	fi
	remove_instances
	end_case
}

with_delays() {
	begin_case "faults that only delay fire there as well"
	add_instances
	for c in startup teardown; do
		fault online/${c}_inject times=-1 delay_us=1000
		fault prepare_multi/instances/i/${c}_inject times=-1 delay_us=1000
	done
	snapshot
	put $way $POWER/state
	expect "the write of $way" "$err" 0
	expect_unchanged
	called
	# shellcheck disable=SC2086 # a list
	expect_round $list
	# shellcheck disable=SC2086
	set -- $list
	for s in online prepare_multi/instances/i; do
		for c in startup teardown; do
			expect_file "$s/${c}_inject/hits" $#
		done
	done
	remove_instances
	end_case
}

# A fault with an error does nothing here, so it does not delay either; one beside it, which only delays, does.
with_both() {
	begin_case "a fault that fails and delays does neither there, and one that only delays fires beside it"
	add_instances
	for f in online/startup_inject online/teardown_inject online_multi/instances/j/startup_inject \
		prepare/startup_inject; do
		fault $f times=-1 delay_us=1000 errno=EIO
	done
	for c in startup teardown; do
		fault online_multi/instances/i/${c}_inject times=-1 delay_us=1000
	done
	snapshot
	put $way $POWER/state
	expect "the write of $way" "$err" 0
	expect_unchanged
	called
	# shellcheck disable=SC2086 # a list
	expect_round $list
	for f in online/startup_inject online/teardown_inject online_multi/instances/j/startup_inject \
		prepare/startup_inject; do
		expect_file $f/hits 0
		expect_file $f/times -1
		expect_file $f/delay_us 1000
	done
	# shellcheck disable=SC2086
	set -- $list
	for c in startup teardown; do
		expect_file online_multi/instances/i/${c}_inject/hits $#
	done
	value=$(fields state instance took | awk '$1 == "online_multi" && $2 == "i" && $3 < 1000000')
	expect "calls of i that took less than the delay" "$value" ""
	# Outside of a suspend it does both.
	if [ "$cpu" ]; then
		reset
		fault online/teardown_inject delay_us=1000 errno=EIO
		cpu_down "$cpu"
		expect "offlining CPU $cpu after that" "$err" EIO
		value=$(fields state callback injected took | awk '$1 == "online" && $2 == "teardown" { print $3, ($4 >= 1000000) }')
		expect "whether that failed and was late" "$value" "1 1"
	fi
	remove_instances
	end_case
}

with_cpu_offline() {
	begin_case "CPU $cpu is offline before, and so it is after"
	add_instances
	cpu_down "$cpu"
	expect "offlining it" "$err" 0
	reset
	snapshot
	put $way $POWER/state
	expect "the write of $way" "$err" 0
	expect_unchanged
	called
	# shellcheck disable=SC2086 # a list
	expect_round $list
	# shellcheck disable=SC2086
	! list_has "$cpu" $list || not_so "it was called"
	cpu_up "$cpu"
	expect "onlining it" "$err" 0
	remove_instances
	end_case
}

# unbalanced: prints the calls that were not undone, or were undone and not done, with what returned an error.
unbalanced() {
	fields cpu state instance callback ret | awk '
	{ who = $1 " " $2 " " $3 }
	$5 != 0 { print who, $4, "returned", $5 }
	$4 == "startup" { n[who]++ }
	$4 == "teardown" { n[who]-- }
	END { for (who in n) if (n[who]) print who, n[who] }'
}

# The kernel takes CPUs down by their numbers, the largest first. Those that are down come up again.
with_a_failure() { # CPU
	begin_case "CPU $1 refuses to go: the suspend gives up, and all CPUs are up again"
	add_instances
	snapshot
	get $SYS/online/state
	kernel_arm "$1" "$value"
	put $way $POWER/state
	# A test hibernation on arm64 was seen to give up in the same way, and to return 0.
	[ "$way" = disk ] || expect "the write of $way" "$err" EAGAIN
	expect_cpu "$1" hotplug/fail -1
	kernel_fault=
	expect_unchanged
	expect "calls that are left" "$(unbalanced)" ""
	called
	_down=
	for i in $online; do
		[ "$i" -lt "$1" ] || _down="$_down${_down:+ }$i"
	done
	expect "which CPUs were called" "$list" "$_down"
	expect_whole "$1"
	# After that it works.
	reset
	put $way $POWER/state
	expect "the next write of $way" "$err" 0
	expect "calls that are left after that" "$(unbalanced)" ""
	remove_instances
	end_case
}

# There is nothing to take down, nor to bring up.
with_one_cpu() {
	begin_case "only one CPU is online: no callback is called"
	add_instances
	for i in $hotpluggable; do
		get $CPU/online
		case $value in
		*[,-]*)	cpu_down "$i" ;;
		esac
	done
	get $CPU/online
	one=$value
	reset
	put $way $POWER/state
	expect "the write of $way" "$err" 0
	get $CPU/online
	expect "CPUs online" "$value" "$one"
	expect "the log" "$(fields cpu callback)" ""
	for i in $hotpluggable; do
		cpu_up "$i"
		expect "onlining CPU $i" "$err" 0
	done
	remove_instances
	end_case
}

# From the beginning of a suspend to its end the kernel refuses to take CPUs down or up.
with_hotplug() {
	begin_case "while somebody takes CPU $cpu down and up, who may be refused with EBUSY"
	add_instances
	tmp=$(mktemp -d) || exit 1
	(
		while [ ! -e "$tmp/stop" ]; do
			for i in 0 1; do
				put $i "$CPU/cpu$cpu/online"
				[ "$err" = 0 ] || echo "$err"
			done
		done
	) >"$tmp/hotplug" 2>&1 &
	background=$!
	n=0
	while [ $n -lt 10 ]; do
		put $way $POWER/state
		expect "the write of $way" "$err" 0
		n=$((n + 1))
	done
	: >"$tmp/stop"
	wait $background
	background=
	expect "what else than EBUSY it was refused with" "$(sort "$tmp/hotplug" | uniq | grep -vx EBUSY)" ""
	diag "refused $(grep -cx EBUSY "$tmp/hotplug") times"
	rm -r "$tmp"
	tmp=
	whole "$cpu"
	expect_cpus_online "$online"
	for s in $MULTI; do
		expect_cpus "$s/instances/i" "$online"
	done
	expect "calls that are left" "$(unbalanced)" ""
	remove_instances
	end_case
}

find_way || skip_all "no test suspend here that takes CPUs down"
cpu=${hotpluggable##* }
case $online in
*" "*)	;;
*)	skip_all "one CPU" ;;
esac
begin 8
begin_test_suspends

with_faults
with_delays
with_both
# shellcheck disable=SC2086 # a list
set -- $online
if [ "$cpu" ] && [ $# -gt 2 ]; then
	with_cpu_offline
else
	skip_case "a CPU is offline before" "no CPU can go offline here, or too few"
fi
# The one that goes last is the second, as the first stays.
second=$2
# shellcheck disable=SC2086 # a list
set -- $hotpluggable
for i in "$cpu" "$second"; do
	# shellcheck disable=SC2086 # a list
	if throwaway && list_has "$i" $hotpluggable; then
		with_a_failure "$i"
	else
		skip_case "CPU $i refuses to go" "it cannot go offline here, or this machine is kept"
	fi
done
# shellcheck disable=SC2086 # a list
if [ $# -ge $(($(echo $online | wc -w) - 1)) ] && throwaway; then
	with_one_cpu
else
	skip_case "only one CPU is online" "some cannot go offline here, or this machine is kept"
fi
if [ "$cpu" ]; then
	with_hotplug
else
	skip_case "while somebody takes a CPU down and up" "no CPU can go offline here"
fi
finish
