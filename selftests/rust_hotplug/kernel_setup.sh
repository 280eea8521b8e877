#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What the kernel refuses to set up, and a state of section STARTING: the kernel calls its startup on each CPU
# with interrupts disabled, and does not care whether it fails when a CPU comes online.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

PARAMETERS=/sys/module/rust_hotplug_setups/parameters

# expect_said PARAMETER VALUE: checks what the driver says.
expect_said() {
	get "$PARAMETERS/$1"
	expect "$1" "$value" "$2"
}

# expect_calls_of STARTUPS TEARDOWNS: checks how often they were called since the driver was loaded.
expect_calls_of() {
	expect_said startups "$1"
	expect_said teardowns "$2"
	expect_said wrong 0
}

refused() {
	begin_case "$1"
	expect_said "$2" "-$3"
	end_case
}

each_cpu() {
	begin_case "a state of section STARTING is started on each CPU that is online, with interrupts disabled there"
	expect_calls_of "$n" 0
	grep -q ': selftest/setups:starting$' $CPU/hotplug/states || not_so "the state is not in hotplug/states"
	end_case
}

off_and_on() {
	begin_case "it is torn down and started again where a CPU goes offline and comes back"
	cpu_down "$cpu"
	expect "offlining CPU $cpu" "$err" 0
	expect_calls_of "$n" 1
	cpu_up "$cpu"
	expect "onlining CPU $cpu" "$err" 0
	expect_calls_of $((n + 1)) 1
	end_case
}

# The CPU has gone too far to go back.
failing() {
	begin_case "its startup fails: the kernel says so, and the CPU comes online"
	echo "kernel_setup: a startup fails" >/dev/kmsg
	cpu_down "$cpu"
	put "$cpu" $PARAMETERS/fail_cpu
	cpu_up "$cpu"
	expect "onlining CPU $cpu" "$err" 0
	expect_cpu "$cpu" online 1
	expect_cpu "$cpu" hotplug/state "$all_up"
	dmesg | sed "1,/kernel_setup: a startup fails/d" |
		grep -qE "CPU $cpu UP state selftest/setups:starting \([0-9]+\) failed \(-5\)" ||
		not_so "the kernel log does not name the state"
	put -1 $PARAMETERS/fail_cpu
	expect_calls_of $((n + 2)) 2
	cpu_down "$cpu"
	expect "offlining CPU $cpu" "$err" 0
	expect_calls_of $((n + 2)) 3
	cpu_up "$cpu"
	expect "onlining CPU $cpu without the fault" "$err" 0
	end_case
}

unloaded() {
	begin_case "its removal takes it out of hotplug/states"
	unload_driver rust_hotplug_setups
	expect "unloading the driver" "$err" 0
	expect "what is left in hotplug/states" "$(grep ': selftest/setups:' $CPU/hotplug/states)" ""
	end_case
}

unload_setups() {
	unload_driver rust_hotplug_setups
}

has_driver rust_hotplug_setups || skip_all "no module rust_hotplug_setups: not built"
undo=unload_setups
begin 8
load_driver rust_hotplug_setups
expect "loading the driver" "$err" 0
refused "a setup with the number of offline, which has no callbacks, is refused with EINVAL" offline 22
refused "a setup with a number that another state has is refused with EBUSY" taken 16
refused "an instance is not added to a state without instances" added 22
refused "nor removed from one" removed 22
n=$(for _i in $online; do echo; done | wc -l)
each_cpu
cpu=${hotpluggable##* }
if [ "$cpu" ]; then
	off_and_on
	failing
else
	skip_case "it is torn down and started again" "no CPU can go offline here"
	skip_case "its startup fails" "no CPU can go offline here"
fi
unloaded
finish
