#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A CPU that comes later: it is plugged in while the module is loaded and armed for it. It is then
# offline, and nothing has been called there. When it is brought online for the first time, the armed
# startup fails on it and the kernel rolls back, and the next time it comes. In the end it is taken out
# again. Needs a VM into which CPUs can be plugged: make vm CPUS=2 MAX_CPUS=4.
#
# QEMU dies when a CPU is taken out that it emulates in one thread with the others, so that is done
# only if the kernel's command line has selftests.unplug:
# make vm CPUS=2 MAX_CPUS=4 TCG_THREAD=multi APPEND=selftests.unplug.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

plug=../../scripts/guest/plug

# find_later: sets $later to the CPUs that may be plugged in.
find_later() {
	get $CPU/present
	expand "$value"
	# shellcheck disable=SC2086 # a list
	cpus_without $CPU/possible $list
	later=$list
}

# plug_in CPU: plugs that CPU in, and waits for the kernel to have it.
plug_in() {
	$plug || not_so "no CPU could be plugged in"
	for _i in $(seq 1200); do
		[ ! -w "$CPU/cpu$1/online" ] || return 0
		sleep 0.1
	done
	not_so "the kernel has not got CPU $1"
	return 1
}

# expect_at CPU STATE: checks the files in hotplug/ of a CPU that was plugged in, which the kernel has to make for it.
expect_at() {
	if [ ! -d "$CPU/cpu$1/hotplug" ]; then
		known "it has no directory hotplug, which is made for the CPUs that are there at boot"
		return
	fi
	expect_cpu "$1" hotplug/state "$2"
	expect_cpu "$1" hotplug/target "$2"
}

not_there() { # CPU
	begin_case "insmod fail_cpu=$1 is refused with ENXIO while there is no CPU $1"
	unload
	load "fail_cpu=$1"
	expect "insmod" "$err" ENXIO
	! module_loaded || unload
	load
	end_case
}

# come CPU STATE [cpus=LIST]: plugs that CPU in while the startup of the state is armed for these CPUs, or for all.
come() {
	begin_case "CPU $1 is plugged in while $2 is armed for ${3:-every CPU that can be there}"
	fresh
	for s in $MULTI; do
		set_to i "$SYS/$s/instances/add"
	done
	reset
	fault "$2/startup_inject" ${3:+"$3"} errno=ENOMEM
	if plug_in "$1"; then
		expect_cpu "$1" online 0
		expect "log of plugging it in" "$(calls)" ""
		expect_cpus "$2" "$online"
		cpu_up "$1"
		expect "the first write to online" "$err" ENOMEM
		expect_cpu "$1" online 0
		expect_at "$1" 0
		expect_file "$2/startup_inject/hits" 1
		call hotplug prepare startup "$1"
		call hotplug prepare_multi startup "$1"
		if [ "$2" = online ]; then
			call hotplug online startup "$1" ENOMEM
		else
			call hotplug online startup "$1"
			call hotplug online_multi startup "$1" ENOMEM
			call hotplug online teardown "$1"
		fi
		call hotplug prepare_multi teardown "$1"
		call hotplug prepare teardown "$1"
		expect_calls
		for s in $STATES $MULTI; do
			expect_cpus "$s" "$online"
		done
		cpu_up "$1"
		expect "the second write to online" "$err" 0
		expect_cpu "$1" online 1
		expect_at "$1" "$all_up"
		runs_tasks "$1" || not_so "CPU $1 runs no tasks"
		for s in $STATES $MULTI; do
			expect_cpus "$s" "$online $1"
		done
		cpu_down "$1"
		expect "offlining it" "$err" 0
		for s in $STATES $MULTI; do
			expect_cpus "$s" "$online"
		done
	fi
	remove_instances
	end_case
}

# As the firmware does when somebody takes a CPU out of a running machine: the kernel is asked for it,
# takes it offline, and forgets it.
taken_out() { # CPU
	begin_case "CPU $1 is taken out while it is online"
	out=$CPU/cpu$1/firmware_node/eject
	if ! grep -qw selftests.unplug /proc/cmdline; then
		skip_case "$case_name" "the emulator may die of it: see selftests.unplug in plug.sh"
		return
	fi
	if [ ! -w "$out" ]; then
		skip_case "$case_name" "the kernel does not let go of a CPU here"
		return
	fi
	fresh
	cpu_up "$1"
	expect "bringing it online" "$err" 0
	reset
	put 1 "$out"
	expect "the write to eject" "$err" 0
	for _i in $(seq 1200); do
		[ -d "$CPU/cpu$1" ] || break
		sleep 0.1
	done
	[ ! -d "$CPU/cpu$1" ] || not_so "CPU $1 is still there"
	get $CPU/present
	expand "$value"
	# shellcheck disable=SC2086 # a list
	! list_has "$1" $list || not_so "CPU $1 is still present"
	call hotplug online teardown "$1"
	call hotplug prepare teardown "$1"
	expect_calls
	for s in $STATES; do
		expect_cpus "$s" "$online"
	done
	end_case
}

find_later
# shellcheck disable=SC2086 # a list
set -- $later
[ $# -gt 0 ] || skip_all "no CPU can come later: see make vm MAX_CPUS=N"
command -v taskset >/dev/null || skip_all "no taskset"
if ! throwaway || [ ! -x $plug ]; then
	skip_all "nobody here who could plug a CPU in"
fi
begin 4
not_there "$1"
come "$1" online "cpus=$1"
if [ $# -ge 2 ]; then
	come "$2" online_multi
else
	skip_case "the second CPU" "only one can come"
fi
taken_out "$1"
finish
