# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# CPUs: taking them down and up, where they are, and the kernel's own fault injection for them.

# find_cpus: sets $online to the CPUs that are online, $hotpluggable to those of them that can go
# offline, and $all_up to the number of the last state, which a CPU that is online has reached.
find_cpus() {
	get "$CPU/online"
	expand "$value"
	online=$list
	hotpluggable=
	for _i in $online; do
		[ ! -w "$CPU/cpu$_i/online" ] || hotpluggable="$hotpluggable${hotpluggable:+ }$_i"
	done
	state_number online
	all_up=$number
}

# cpus_without FILE CPU...: sets $list to the CPUs that are in that file of the kernel and not among these.
cpus_without() {
	get "$1"
	shift
	expand "$value"
	for _i; do
		# shellcheck disable=SC2086 # a list
		list_without "$_i" $list
	done
}

# find_offline: sets $offline to the CPUs that are there and not online. They stay so: somebody may have
# a reason for it.
find_offline() {
	# shellcheck disable=SC2086 # a list
	cpus_without "$CPU/present" $online
	offline=$list
}

# find_siblings: sets $primaries to the CPUs online that are the first threads of their cores, and $siblings to the others.
find_siblings() {
	primaries=
	siblings=
	for i in $online; do
		# With cat, as a shell reads one byte at a time, which does not work with this file.
		expand "$(cat "$CPU/cpu$i/topology/thread_siblings_list")"
		if [ "${list%% *}" = "$i" ]; then
			primaries="$primaries${primaries:+ }$i"
		else
			siblings="$siblings${siblings:+ }$i"
		fi
	done
}

# cpu_up CPU, cpu_down CPU: set $err to 0 or to the name of the errno.
cpu_up() {
	put 1 "$CPU/cpu$1/online"
}

cpu_down() {
	put 0 "$CPU/cpu$1/online"
}

# whole CPU: brings the CPU up to the last state from wherever the kernel has left it, and makes its
# file "online" say so.
whole() {
	get "$CPU/cpu$1/online"
	[ "$value" = 1 ] || cpu_up "$1"
	get "$CPU/cpu$1/hotplug/state"
	[ "$value" = "$all_up" ] || put "$all_up" "$CPU/cpu$1/hotplug/target"
}

# expect_cpu CPU FILE SHOULD: checks the value of a file of that CPU.
expect_cpu() {
	get "$CPU/cpu$1/$2"
	expect "cpu$1/$2" "$value" "$3"
}

# expect_whole CPU: checks that the CPU has reached the last state, that all of its files say so, and
# that tasks can run there.
expect_whole() {
	expect_cpu "$1" online 1
	expect_cpu "$1" hotplug/state "$all_up"
	expect_cpu "$1" hotplug/target "$all_up"
	runs_tasks "$1" || not_so "CPU $1 runs no tasks"
}

# runs_tasks CPU: succeeds if the scheduler uses that CPU. One that is online may be unused.
runs_tasks() {
	taskset -c "$1" true 2>/dev/null
}

# is_online CPU: succeeds if it is in the kernel's mask. The file "online" of the CPU may differ.
is_online() {
	get "$CPU/online"
	expand "$value"
	# shellcheck disable=SC2086 # a list
	list_has "$1" $list
}

# kernel_arm CPU STATE-NUMBER: arms the kernel's own fault, cpuN/hotplug/fail, which makes any state
# fail with -EAGAIN. Removing a state on which it is armed is a BUG in the kernel, so cleanup() disarms
# it before all else.
kernel_fault=
kernel_arm() {
	kernel_fault=$CPU/cpu$1/hotplug/fail
	echo "$2" 2>/dev/null >"$kernel_fault"
}

kernel_disarm() {
	set_to -1 "$kernel_fault"
	kernel_fault=
}
