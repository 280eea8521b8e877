#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Drivers that make mistakes in their use of cpuhp: each is counted, with a line in the log that says what
# was expected, and the first is in the kernel log, with the driver's function and module. A driver that
# makes none is not.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# complaints: prints the lines about drivers in the kernel log of this case.
complaints() {
	dmesg | awk -v mark="misuses case $case_name" '
	index($0, mark)	{ n = 0 }
	/a driver broke its side/	{ line[n++] = $0 }
	END		{ for (i = 0; i < n; i++) print line[i] }'
}

start() { # NAME
	begin_case "$@"
	echo "misuses case $case_name" >/dev/kmsg
	set_to 1 $SYS/watch
	reset
}

# made EXPECTED [STATE]: ends the case. Checks that one mistake was found, and where.
made() {
	value=$(sed -n 's/.* state=\([^ ]*\) .* callback=misuse .* expected=\([^ ]*\) .*/\1 \2/p' $SYS/log)
	expect "what was found" "$value" "$2 $1"
	expect_file misuses 1
	value=$(complaints)
	case $value in
	*"[rust_hotplug_driver]: a driver broke its side"*)	;;
	*)	not_so "the kernel log says: $value" ;;
	esac
	expect "lines in the kernel log" "$(complaints | grep -c .)" 1
	reset
	expect_file misuses 0
	set_to 0 $SYS/watch
	end_case
}

drive() { # [PARAMETER...]
	load_driver rust_hotplug_driver "$@"
	expect "loading the driver" "$err" 0
}

leave() {
	unload_driver rust_hotplug_driver
	expect "unloading the driver" "$err" 0
}

none() {
	start "a driver that makes no mistake"
	for _ in 1 2; do
		drive
		if [ "$cpu" ]; then
			cpu_down "$cpu"
			cpu_up "$cpu"
		fi
		leave
	done
	expect_no_misuses
	expect "lines in the kernel log" "$(complaints)" ""
	end_case
}

# Only while watch is 1.
unwatched() {
	start "a mistake while nobody watches"
	set_to 0 $SYS/watch
	target workqueue:online
	drive mistake=not_set_up
	leave
	expect_file misuses 0
	untarget
	end_case
}

at_load() { # MISTAKE EXPECTED STATE
	start "$1"
	drive "mistake=$1"
	leave
	made "$2" "$3"
}

# The removal is the last that the driver does, and then nothing of the driver may be on the stack.
instance_left() {
	start "an instance is left in a state that is removed"
	drive mistake=instance_left
	splats_begin
	leave
	splats_end
	expect "what warned" "$warned" kernel/cpu.c
	value=$(fields instance state op callback | awk '$2 == "selftest/multi:online" && $3 == "add" { print $1; exit }')
	[ "$value" ] || not_so "no instance was added"
	made removal-before-unload selftest/multi:online
	# Its address may be that of another instance next, which is no mistake.
	start "after that"
	drive
	leave
	expect_no_misuses
	end_case
}

# This takes the state of somebody else away, for good.
by_constant() {
	start "a state is removed by the constant"
	# Whose state it is, the module knows when it has seen a call of it.
	cpu_down "$cpu"
	cpu_up "$cpu"
	reset
	before=$(sed 's/^ *//' $CPU/hotplug/states)
	drive mistake=by_constant
	after=$(sed 's/^ *//' $CPU/hotplug/states)
	name=$(printf '%s\n' "$before" | while read -r line; do
		printf '%s\n' "$after" | grep -qxF "$line" || echo "${line#*: }"
	done)
	[ "$name" ] || not_so "no state is gone"
	leave
	made removal-by-number "$name"
}

# Now the first driver to come gets the number that is the constant, and may remove its state by it.
has_constant() {
	start "a driver has a state whose number is the constant"
	number=$(printf '%s\n' "$before" | sed -n "s|: $name\$||p")
	drive
	expect "the state with that number" "$(sed -n "s/^ *$number: //p" $CPU/hotplug/states)" selftest/single:online
	leave
	expect_no_misuses
	end_case
}

unload_driver_at_end() {
	unload_driver rust_hotplug_driver
}

begin_hooked 10
undo=unload_driver_at_end
if ! has_driver rust_hotplug_driver; then
	i=0
	while [ $i -lt 10 ]; do
		i=$((i + 1))
		skip_case "case $i" "no module rust_hotplug_driver: not built"
	done
	finish
fi
cpu=${hotpluggable##* }
none
unwatched
at_load not_set_up removal-of-what-is-set-up -
at_load two_states instance-in-one-state selftest/multi:online
at_load added_twice instance-added-once selftest/other:online
at_load not_added removal-of-an-added-instance selftest/multi:online
instance_left
if throwaway && [ "$cpu" ]; then
	by_constant
	has_constant
else
	for case in "a state is removed by the constant" "a driver has a state whose number is the constant"; do
		skip_case "$case" "it takes a state of the kernel away, or no CPU can go offline here"
	done
fi
finish
