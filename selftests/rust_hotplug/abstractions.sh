#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The crate cpuhp and the exerciser's abstraction of sysfs, each in a test module of its own. What the
# modules can find out by themselves they do when they are loaded. What needs CPUs that go offline, or
# a suspend, is done here: rust_cpuhp_test then has two instances, a and after it b, and writes every
# call for these to the kernel log.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

MODULES=${RUST_CPUHP_TESTS:-$top}
POWER=/sys/power

# mark_log: what is read of the kernel log from now on begins here.
marks=0
mark_log() {
	marks=$((marks + 1))
	mark="abstractions $$ $marks"
	echo "$mark" >/dev/kmsg
}

# said MODULE: prints what the module has written to the kernel log since the last mark_log.
said() {
	# What the kernel says once of a module that is not signed, it says again where splats_begin() has it warn anew.
	dmesg | sed -n "/$mark\$/,\$ s/.*$1: //p" | grep -v '^module verification failed: '
}

# load_test MODULE PARAMETER...
load_test() {
	_ko=$1
	shift
	mark_log
	load_file "$MODULES/$_ko.ko" "$@"
	expect "insmod $_ko $*" "$err" 0
	loaded=$_ko
}

# unload_test: unloads it. Nothing of it may be left.
loaded=
unload_test() {
	unload_module "$loaded"
	expect "rmmod $loaded" "$err" 0
	value=$(grep "$loaded" $CPU/hotplug/states)
	expect "states of $loaded that are left" "$value" ""
	loaded=
}

# expect_passed MODULE NUMBER: all its tests have passed, and there are so many at least.
expect_passed() {
	value=$(said "$1" | grep -v '^ok ' | grep -v '^call: ')
	expect "what failed in $1" "$value" ""
	value=$(said "$1" | grep -c '^ok ')
	[ "$value" -ge "$2" ] || not_so "$1 has only made $value tests"
}

# calls_of INSTANCE...: prints the calls for these, of all CPUs, since the last mark_log.
calls_of() {
	said rust_cpuhp_test | sed -n "s/^call: //p" | grep -E "^($(echo "$*" | tr ' ' '|')) "
}

by_themselves() {
	load_test rust_cpuhp_test
	# So many with one CPU, and more with more.
	expect_passed rust_cpuhp_test 66
	unload_test
}

all_online() {
	begin_case "cpuhp: states, instances, by hand, what fails"
	by_themselves
	end_case
}

one_offline() {
	begin_case "cpuhp: the same while CPU $cpu is offline"
	cpu_down "$cpu"
	expect "offlining CPU $cpu" "$err" 0
	by_themselves
	cpu_up "$cpu"
	expect "onlining CPU $cpu" "$err" 0
	end_case
}

sysfs() {
	begin_case "sysfs: names, notifiers, lifetimes"
	load_test rust_sysfs_test
	expect_passed rust_sysfs_test 7
	unload_test
	expect "its directory is left" "$(ls -d /sys/kernel/rust_sysfs_test 2>/dev/null)" ""
	end_case
}

module() {
	begin_case "module_cpuhp_state: the init function of the module called again"
	load_test rust_cpuhp_module_test
	want=$(for i in $online; do echo "call: startup $i, again: EBUSY"; done)
	expect "loaded" "$(said rust_cpuhp_module_test)" "$want"
	mark_log
	unload_test
	want=$(for i in $online; do echo "call: teardown $i"; done)
	expect "unloaded" "$(said rust_cpuhp_module_test)" "$want"
	end_case
}

# The kernel has so many numbers in each section, and warns when it has none to give.
used_up() {
	begin_case "states: as many as there are numbers, and then ENOSPC"
	splats_begin
	load_test rust_cpuhp_test use_up=1
	splats_end
	expect_passed rust_cpuhp_test 6
	said rust_cpuhp_test | sed -n 's/^call: /# /p'
	expect "what warned" "$warned" "kernel/cpu.c kernel/cpu.c"
	unload_test
	end_case
}

# expect_down_and_up CPU: takes it offline and online. The newest instance comes first.
expect_down_and_up() {
	mark_log
	cpu_down "$1"
	expect "offlining CPU $1" "$err" 0
	expect "calls for a and b" "$(calls_of a b)" "b asked $1${nl}b teardown $1${nl}a asked $1${nl}a teardown $1"
	expect "calls for the one that is asked only" "$(calls_of alone)" "alone asked $1"
	mark_log
	cpu_up "$1"
	expect "onlining CPU $1" "$err" 0
	expect "calls" "$(calls_of a b alone)" "b startup $1${nl}a startup $1"
}

hotplug() {
	begin_case "instances: the newest first, each is asked before it is torn down"
	load_test rust_cpuhp_test
	for i in $hotpluggable; do
		expect_down_and_up "$i"
	done
	unload_test
	end_case
}

refused() {
	begin_case "instances: may_go_down keeps CPU $cpu, and no other"
	load_test rust_cpuhp_test refused_cpu="$cpu"
	mark_log
	put 0 "$CPU/cpu$cpu/online"
	expect "offlining CPU $cpu" "$err" ERANGE
	expect_whole "$cpu"
	# It is up to the kernel to undo what was done for b.
	expect "calls" "$(calls_of a b)" "b asked $cpu${nl}b teardown $cpu${nl}a asked $cpu${nl}b startup $cpu"
	for i in $hotpluggable; do
		[ "$i" = "$cpu" ] || expect_down_and_up "$i"
	done
	# It would refuse, and is not asked.
	mark_log
	unload_test
	value=$(calls_of a | grep -v teardown)
	expect "what else was called in the removal" "$value" ""
	expect "how many teardowns there were" "$(calls_of a | wc -l)" "$(echo "$online" | wc -w)"
	end_case
}

# slow_offline: takes $cpu offline in the background, which takes 5 s before a and b are asked.
slow_offline() {
	put 0 "$CPU/cpu$cpu/online"
	echo "$err" >"$tmp/offline"
}

being_dropped() {
	begin_case "instances: may_go_down is not asked any more when the drop has begun"
	tmp=$(mktemp -d)
	load_test rust_cpuhp_test refused_cpu="$cpu" slow_cpu="$cpu"
	mark_log
	slow_offline &
	background=$!
	for _i in 1 2 3 4 5 6 7 8 9 10; do
		said rust_cpuhp_test | grep -q "^call: slow" && break
		sleep 0.2
	done
	# It removes a first: from now on a cannot refuse, and the removal waits for the end of the
	# operation. After that b is removed.
	unload_test
	wait "$background"
	background=
	expect "offlining CPU $cpu" "$(cat "$tmp/offline")" 0
	value=$(calls_of a b | grep " $cpu\$")
	expect "calls for CPU $cpu" "$value" "b asked $cpu${nl}b teardown $cpu${nl}a teardown $cpu"
	cpu_up "$cpu"
	expect "onlining CPU $cpu" "$err" 0
	end_case
}

# chosen FILE: $value becomes the word in brackets.
chosen() {
	value=$(sed 's/.*\[\(.*\)\].*/\1/' "$1" 2>/dev/null) || :
}

# can_suspend: whether there is a test suspend that takes the CPUs down.
can_suspend() {
	grep -qw processors $POWER/pm_test 2>/dev/null &&
		grep -qw mem $POWER/state && grep -qw deep $POWER/mem_sleep 2>/dev/null
}

restore() {
	[ ! "$loaded" ] || rmmod "$loaded"
	[ ! "$saved_test" ] || echo "$saved_test" >$POWER/pm_test
	[ ! "$saved_sleep" ] || echo "$saved_sleep" >$POWER/mem_sleep
	[ ! "$saved_delay" ] || echo "$saved_delay" >/sys/module/suspend/parameters/pm_test_delay
}

in_suspend() {
	begin_case "instances: may_go_down is asked in a suspend, and refuses it"
	chosen $POWER/pm_test
	saved_test=$value
	chosen $POWER/mem_sleep
	saved_sleep=$value
	get /sys/module/suspend/parameters/pm_test_delay
	saved_delay=$value
	set_to deep $POWER/mem_sleep
	set_to processors $POWER/pm_test
	[ ! "$saved_delay" ] || set_to 0 /sys/module/suspend/parameters/pm_test_delay

	load_test rust_cpuhp_test
	mark_log
	put mem $POWER/state
	expect "a suspend that nobody refuses" "$err" 0
	value=$(calls_of a | grep -c asked)
	expect "on how many CPUs a was asked" "$value" "$(($(echo "$online" | wc -w) - 1))"
	unload_test

	load_test rust_cpuhp_test refused_cpu="$cpu"
	mark_log
	put mem $POWER/state
	expect "a suspend that is refused" "$err" ERANGE
	value=$(calls_of a | grep " $cpu\$")
	expect "calls of a for CPU $cpu" "$value" "a asked $cpu"
	for i in $hotpluggable; do
		expect_whole "$i"
	done
	unload_test
	end_case
}

for _module in rust_cpuhp_test rust_cpuhp_module_test rust_sysfs_test; do
	[ -r "$MODULES/$_module.ko" ] || skip_all "no $_module.ko: not built (RUST_HOTPLUG_TESTS=1)"
done
saved_test='' saved_sleep='' saved_delay=''
undo=restore
cpu=${hotpluggable##* }
begin 9
all_online
sysfs
module
used_up
if [ "$cpu" ]; then
	one_offline
	hotplug
	refused
	being_dropped
else
	skip_case "cpuhp: the same while a CPU is offline" "no CPU can go offline"
	skip_case "instances: the newest first" "no CPU can go offline"
	skip_case "instances: may_go_down keeps a CPU" "no CPU can go offline"
	skip_case "instances: may_go_down in a drop" "no CPU can go offline"
fi
if [ "$cpu" ] && can_suspend; then
	in_suspend
else
	skip_case "instances: may_go_down in a suspend" "no test suspend here that takes CPUs down"
fi
finish
