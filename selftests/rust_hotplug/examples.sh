#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The examples in the documentation of the crate cpuhp, each of which has been made a module: those
# that are modules as they are, and the others as what the init function of a module calls. Each is
# loaded and unloaded. Of some it is known what they do.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

EXAMPLES=${RUST_CPUHP_EXAMPLES:-$top/examples}

marks=0
mark_log() {
	marks=$((marks + 1))
	mark="examples $$ $marks"
	echo "$mark" >/dev/kmsg
}

# said MODULE: prints what the module has written to the kernel log since the last mark_log.
said() {
	dmesg | sed -n "/$mark\$/,\$ s/.*$1: //p"
}

example=
load_example() {
	mark_log
	load_file "$EXAMPLES/$1.ko"
	expect "insmod" "$err" 0
	example=$1
}

unload_example() {
	mark_log
	unload_module "$example"
	expect "rmmod" "$err" 0
	example=
	states
	expect "the states" "$value" "$states_before"
}

remove_example() {
	[ ! "$example" ] || rmmod "$example"
}

# states: sets $value to all that the kernel has.
states() {
	value=$(cat $CPU/hotplug/states)
}

# names STATE: whether there is a state of this name.
has_state() {
	state_number "$1"
	[ "$number" ] || not_so "there is no state $1"
}

# for_each_cpu BEFORE AFTER: $want becomes a line for each that is online, with its number between.
for_each_cpu() {
	want=
	for i in $online; do
		want="$want${want:+$nl}$1$i$2"
	done
}

# Says which CPUs come and go.
cpu_greeter() {
	for_each_cpu "CPU " " is here"
	expect "loaded" "$(said cpu_greeter)" "$want"
	has_state greeter:online
	[ ! "$cpu" ] || {
		mark_log
		cpu_down "$cpu"
		expect "offlining CPU $cpu" "$err" 0
		cpu_up "$cpu"
		expect "onlining CPU $cpu" "$err" 0
		expect "offlined and onlined" "$(said cpu_greeter)" "CPU $cpu leaves${nl}CPU $cpu is here"
	}
	unload_example
	for_each_cpu "CPU " " leaves"
	expect "unloaded" "$(said cpu_greeter)" "$want"
	want=
}

# Its queues let CPUs go until two are left, and these have to stay.
queues() {
	has_state queues/queue:online
	# shellcheck disable=SC2086 # a list
	set -- $online
	left=$#
	down=
	refused=
	for c in $hotpluggable; do
		cpu_down "$c"
		if [ "$left" -le 2 ]; then
			expect "offlining CPU $c, one of the last $left" "$err" EBUSY
			expect_cpu "$c" hotplug/state "$all_up"
			refused=1
			break
		fi
		expect "offlining CPU $c of $left" "$err" 0
		down="$down $c"
		left=$((left - 1))
	done
	# So it is where more than one CPU cannot go at all.
	[ "$refused" ] || diag "queues: $left CPUs are left, and no other can go: none was refused"
	for c in $down; do
		cpu_up "$c"
		expect "onlining CPU $c" "$err" 0
	done
	unload_example
}

set -- "$EXAMPLES"/*.ko
[ -r "$1" ] || skip_all "no modules of the examples: not built (RUST_HOTPLUG_TESTS=1)"
undo=remove_example
cpu=${hotpluggable##* }
begin $#
states
states_before=$value
for _ko; do
	_name=${_ko##*/}
	_name=${_name%.ko}
	begin_case "$_name"
	load_example "$_name"
	case $_name in
	cpu_greeter | queues)	$_name ;;
	*)			unload_example ;;
	esac
	end_case
done
finish
