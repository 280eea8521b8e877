#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# States that are not ours and have instances: each instance fails, when it is added and when a CPU goes
# offline or online. `space` reaches those in the middle. What has been done for the instances before it
# is undone.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# calls_of_instances STATE: prints a line for each call in the log of that state: operation, instance, as
# the number in order of its first line in this test, callback, CPU, and what it returned.
calls_of_instances() {
	fields state op instance callback cpu ret |
		awk -v state="$1" -v known="$instances" '
	BEGIN {
		n = split(known, list, " ")
		for (i = 1; i <= n; i++)
			number[list[i]] = i
	}
	$1 == state { print $2, number[$3] ? number[$3] : "new", $4, $5, $6 }'
}

# instances_in_log STATE: sets $instances to the names of the instances that the log shows, in order.
instances_in_log() {
	instances=$(fields state instance | awk -v state="$1" '
	$1 == state && !seen[$2]++ { printf "%s%s", n++ ? " " : "", $2 }')
}

# line OPERATION INSTANCE CALLBACK CPU [ERRNO]
line() {
	_ret=0
	if [ $# -gt 4 ]; then
		errno_number "$5"
		_ret=-$number
	fi
	want="$want${want:+$nl}$1 $2 $3 $4 $_ret"
}

expect_instances() { # STATE
	expect "log of $1" "$(calls_of_instances "$1")" "$want"
	want=
}

# add_fails DRIVER STATE CPU N: the driver adds three instances when it is loaded, and instance N of them
# fails on that CPU.
add_fails() {
	reset
	errno_number EIO
	fault "$dir/startup_inject" cpus="$3" space=$(($4 - 1)) times=1 errno=EIO
	load_driver "$1" instances=3
	expect "loading $1 with instance $4 failing on CPU $3" "$err" EIO
	instances_in_log "$2"
	i=1
	while [ $i -lt "$4" ]; do
		for c in $online; do
			line add $i startup "$c"
		done
		i=$((i + 1))
	done
	before=
	for c in $online; do
		[ "$c" != "$3" ] || break
		line add "$4" startup "$c"
		before="$before $c"
	done
	line add "$4" startup "$3" EIO
	for c in $before; do
		line add "$4" teardown "$c"
	done
	# The driver then removes the others, the newest first.
	i=$(($4 - 1))
	while [ $i -gt 0 ]; do
		for c in $online; do
			line del $i teardown "$c"
		done
		i=$((i - 1))
	done
	expect_instances "$2"
	expect_file "$dir/startup_inject/hits" 1
	expect_file "$dir/failures" 1
	[ ! -d "/sys/module/$1" ] || not_so "$1 is loaded"
	expect_no_misuses
}

adds() { # DRIVER STATE
	begin_case "each instance fails when it is added, on each CPU"
	target "$2"
	# shellcheck disable=SC2086 # a list
	some_of 4 $online
	for cpu_of_fault in $list; do
		for n in 1 2 3; do
			add_fails "$1" "$2" "$cpu_of_fault" $n
		done
	done
	untarget
	set_to 1 $SYS/watch
	end_case
}

# lines_before: as line, for each instance before the Nth, when $cpu goes offline or online.
lines_before() { # N CALLBACK
	i=1
	while [ $i -lt "$1" ]; do
		line hotplug $i "$2" "$cpu"
		i=$((i + 1))
	done
}

# Each instance fails in an operation of a CPU: N is its place in the order in which the kernel calls them,
# which is the newest first.
hotplugs() { # STATE INSTANCES
	begin_case "each instance of $1 fails when a CPU goes offline or online"
	reset
	cpu_down "$cpu"
	instances_in_log "$1"
	# shellcheck disable=SC2086 # a list
	set -- "$1" "$2" $instances
	expect "how many instances there are" $(($# - 2)) "$2"
	cpu_up "$cpu"
	n=1
	while [ $n -le "$2" ]; do
		reset
		fault "$dir/teardown_inject" cpus="$cpu" space=$((n - 1)) times=1 errno=ENOSPC
		cpu_down "$cpu"
		expect "taking CPU $cpu down with instance $n failing" "$err" ENOSPC
		lines_before $n teardown
		line hotplug $n teardown "$cpu" ENOSPC
		lines_before $n startup
		expect_instances "$1"
		expect_whole "$cpu"
		expect_file "$dir/teardown_inject/hits" 1

		cpu_down "$cpu"
		reset
		fault "$dir/startup_inject" cpus="$cpu" space=$((n - 1)) times=1 errno=EIO
		cpu_up "$cpu"
		expect "bringing CPU $cpu up with instance $n failing" "$err" EIO
		lines_before $n startup
		line hotplug $n startup "$cpu" EIO
		lines_before $n teardown
		expect_instances "$1"
		expect_cpu "$cpu" hotplug/state 0
		reset
		cpu_up "$cpu"
		expect "bringing CPU $cpu up after that" "$err" 0
		expect_whole "$cpu"
		n=$((n + 1))
	done
	expect_no_misuses
	end_case
}

# With one callback, the kernel cannot roll back the instances before the one that fails, and warns of that at the
# next state. So all of them are left out.
one_callback() { # CALLBACK
	begin_case "an instance of a state that has a $1 only"
	target selftest/multi:online
	load_driver rust_hotplug_driver instances=3 callbacks="$1"
	expect "loading the driver" "$err" 0
	# The callbacks become known by this.
	cpu_down "$cpu"
	cpu_up "$cpu"
	reset
	fault "$dir/$1_inject" cpus="$cpu" times=1 errno=EIO
	cpu_down "$cpu"
	if [ "$1" = teardown ]; then
		expect "taking CPU $cpu down" "$err" EIO
		expect_whole "$cpu"
		cpu_down "$cpu"
	fi
	cpu_up "$cpu"
	if [ "$1" = startup ]; then
		expect "bringing CPU $cpu up" "$err" EIO
		expect_cpu "$cpu" hotplug/state 0
		cpu_up "$cpu"
	fi
	expect_file "$dir/$1_inject/hits" 1
	value=$(fields state instance callback ret | grep -- ' -5$')
	expect "what failed" "$value" "selftest/multi:online - $1 -5"
	expect_whole "$cpu"
	expect_no_misuses
	untarget
	unload_driver rust_hotplug_driver
	end_case
}

# Before 7.2 the kernel forgets the error of an instance of section PREPARE that is not the first: the CPU would come
# online although what that instance needs is not there. There the state fails as a whole, and space counts those.
of_prepare() {
	begin_case "an instance of section PREPARE fails when a CPU comes online"
	target selftest/multi:prepare
	load_driver rust_hotplug_driver instances=3 prepares=1
	expect "loading the driver" "$err" 0
	cpu_down "$cpu"
	cpu_up "$cpu"
	cpu_down "$cpu"
	reset
	fault "$dir/startup_inject" cpus="$cpu" space=1 times=1 errno=EIO
	cpu_up "$cpu"
	get "$SYS/$dir/startup_inject/hits"
	if [ "$value" = 0 ]; then
		expect "bringing CPU $cpu up" "$err" 0
		cpu_down "$cpu"
		cpu_up "$cpu"
	fi
	expect_file "$dir/startup_inject/hits" 1
	expect "bringing CPU $cpu up with the fault" "$err" EIO
	expect_cpu "$cpu" hotplug/state 0
	cpu_up "$cpu"
	expect_whole "$cpu"
	expect_no_misuses
	untarget
	unload_driver rust_hotplug_driver
	end_case
}

# The callback of the state sets up another one, of which nobody wants to know.
around_another() {
	begin_case "a callback that sets up a state which nobody watches"
	set_to 0 $SYS/watch
	target selftest/single:dead
	load_driver rust_hotplug_driver instances=0 nested=dead
	expect "loading the driver" "$err" 0
	reset
	cpu_down "$cpu"
	cpu_up "$cpu"
	value=$(fields state op callback cpu ret | grep selftest)
	expect "log of selftest/single:dead" "$value" "selftest/single:dead hotplug teardown $cpu 0"
	expect_file "$dir/teardowns" 1
	untarget
	unload_driver rust_hotplug_driver
	set_to 1 $SYS/watch
	end_case
}

skip_hotplugs() { # REASON
	skip_case "each instance fails when a CPU goes offline or online" "$1"
	skip_case "the same where the state was there before" "$1"
	skip_case "an instance of a state that has a startup only" "$1"
	skip_case "an instance of a state that has a teardown only" "$1"
	skip_case "an instance of section PREPARE fails when a CPU comes online" "$1"
	skip_case "a callback that sets up a state which nobody watches" "$1"
}

with_driver() {
	if ! has_driver rust_hotplug_driver; then
		skip_case "each instance fails when it is added, on each CPU" "no module rust_hotplug_driver: not built"
		skip_hotplugs "no module rust_hotplug_driver: not built"
		return
	fi
	state=selftest/multi:online
	adds rust_hotplug_driver $state
	if [ ! "$cpu" ]; then
		skip_hotplugs "no CPU can go offline here"
		return
	fi
	target $state
	load_driver rust_hotplug_driver instances=3
	hotplugs $state 3
	# Now the module has to learn the functions from the first call.
	untarget
	target $state
	set_to 1 $SYS/watch
	cpu_down "$cpu"
	cpu_up "$cpu"
	hotplugs $state 3
	untarget
	unload_driver rust_hotplug_driver
	one_callback startup
	one_callback teardown
	of_prepare
	around_another
}

# Three devices.
with_zram() {
	if ! has_driver zram || [ ! "$cpu" ]; then
		skip_case "zram with three devices" "no module zram, or it is loaded, or no CPU can go offline"
		return
	fi
	load_driver zram num_devices=3
	expect "loading zram" "$err" 0
	name=$(sed -n 's/.*: \(.*zram.*\)/\1/p' $CPU/hotplug/states)
	target "$name"
	set_to 1 $SYS/watch
	for i in 0 1 2; do
		set_to 1M /sys/block/zram$i/disksize
	done
	begin_case "each of three devices of zram fails when a CPU comes online"
	cpu_down "$cpu"
	for n in 1 2 3; do
		reset
		fault "$dir/startup_inject" cpus="$cpu" space=$((n - 1)) times=1 errno=ENOMEM
		cpu_up "$cpu"
		expect "bringing CPU $cpu up with device $n failing" "$err" ENOMEM
		expect_cpu "$cpu" hotplug/state 0
		value=$(fields state callback ret | awk -v s="$name" '$1 == s { print $2, $3 }')
		want=
		i=1
		while [ $i -lt $n ]; do
			want="$want${want:+$nl}startup 0"
			i=$((i + 1))
		done
		want="$want${want:+$nl}startup -12"
		i=1
		while [ $i -lt $n ]; do
			want="$want${nl}teardown 0"
			i=$((i + 1))
		done
		expect "log of $name" "$value" "$want"
		want=
	done
	reset
	cpu_up "$cpu"
	expect_whole "$cpu"
	expect_no_misuses
	# A device that cannot be set up.
	for i in 0 1 2; do
		set_to 1 /sys/block/zram$i/reset
	done
	reset
	fault "$dir/startup_inject" cpus="$cpu" times=1 errno=ENOMEM
	put 1M /sys/block/zram1/disksize
	diag "setting up a device with a failing CPU: $err"
	[ "$err" != 0 ] || not_so "a device is set up although its state fails"
	reset
	set_to 1M /sys/block/zram1/disksize
	untarget
	end_case
	unload_driver zram
	expect "unloading zram" "$err" 0
}

unload_drivers() {
	unload_driver rust_hotplug_driver
	unload_driver zram
}

command -v taskset >/dev/null || skip_all "no taskset"
begin_hooked 8
undo=unload_drivers
cpu=${hotpluggable##* }
set_to 1 $SYS/watch
with_driver
with_zram
finish
