#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Every way to set a state up, with either callback alone and with both: which calls are made at the
# setup, at the removal, when a startup fails, and when a CPU goes offline and online.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

WAYS="calls nocalls calls_cpuslocked nocalls_cpuslocked manual"

# seen: prints calls() without the place at which a callback ran: with setup "manual" that is not
# the place at which the kernel would have called it.
seen() {
	calls | awk '{ print $1, $2, $3, $4, $6, $7 }' | sed 's/ $//'
}

# each OPERATION STATE CALLBACK CPU...: adds calls to $want, which the log has to show next.
each() {
	_op=$1 _state=$2 _callback=$3
	shift 3
	for _cpu; do
		want="$want${want:+$nl}$_op $_state $_callback $_cpu 0"
	done
}

expect_seen() {
	expect "log of $1" "$(seen)" "$want"
	want=
	reset
}

choose() { # STATE WAY CALLBACKS
	set_to 0 "$SYS/$1/installed"
	set_to "$2" "$SYS/$1/setup"
	set_to "$3" "$SYS/$1/callbacks"
	reset
}

# invokes SETUP succeeds if such a setup calls the startups; has CALLBACKS CALLBACK succeeds if that
# callback is among them.
invokes() {
	case $1 in
	nocalls*)	return 1 ;;
	esac
}

has() { # CALLBACKS CALLBACK
	[ "$1" = both ] || [ "$1" = "$2" ]
}

works() { # STATE WAY CALLBACKS
	begin_case "$1: $2, callbacks $3: set up and removed"
	fresh
	choose "$@"
	put 1 "$SYS/$1/installed"
	expect "the write" "$err" 0
	# shellcheck disable=SC2086 # a list
	! { invokes "$2" && has "$3" startup; } || each setup "$1" startup $online
	expect_seen setup
	expect_installed "$1"

	# While it is installed, these cannot be changed. Writing the value that they have succeeds.
	for file in setup callbacks; do
		get "$SYS/$1/$file"
		put "$value" "$SYS/$1/$file"
		expect "writing $file again" "$err" 0
	done
	put "$other_way" "$SYS/$1/setup"
	expect "changing setup" "$err" EBUSY
	put "$other_callbacks" "$SYS/$1/callbacks"
	expect "changing callbacks" "$err" EBUSY
	expect_file "$1/setup" "$2"
	expect_file "$1/callbacks" "$3"

	if [ "$hotpluggable" ]; then
		cpu=${hotpluggable##* }
		cpu_down "$cpu"
		expect "offlining CPU $cpu" "$err" 0
		cpu_up "$cpu"
		expect "onlining CPU $cpu" "$err" 0
		! has "$3" teardown || each hotplug "$1" teardown "$cpu"
		! has "$3" startup || each hotplug "$1" startup "$cpu"
		expect "log of hotplug" "$(seen | grep " $1 ")" "$want"
		want=
		reset
	fi

	put 0 "$SYS/$1/installed"
	expect "removing" "$err" 0
	# shellcheck disable=SC2086
	! { invokes "$2" && has "$3" teardown; } || each remove "$1" teardown $online
	expect_seen removal
	expect_file "$1/installed" 0
	end_case
}

fails() { # STATE WAY CALLBACKS
	begin_case "$1: $2, callbacks $3: fails on CPU $last"
	fresh
	choose "$@"
	arm "$1" startup EIO "$last"
	# The fault in the teardown must not fire: a rollback cannot be refused, whether the kernel
	# does it or, with setup "manual", the module.
	[ "$1" != online ] || arm "$1" teardown EBUSY all -1
	put 1 "$SYS/$1/installed"
	expect "the write" "$err" EIO
	# shellcheck disable=SC2086 # a list
	list_without "$last" $online
	# shellcheck disable=SC2086
	each setup "$1" startup $list
	want="$want${want:+$nl}setup $1 startup $last -5 injected"
	# Without a teardown the rollback calls nothing.
	# shellcheck disable=SC2086
	! has "$3" teardown || each setup "$1" teardown $list
	expect_file "$1/teardown_inject/hits" 0
	expect_seen setup
	expect_file "$1/installed" 0
	expect_file "$1/state" -1
	put 1 "$SYS/$1/installed"
	expect "the write after that" "$err" 0
	end_case
}

# The kernel has no number left for the state. What `manual` has initialised by then must not stay so.
no_number() { # STATE
	begin_case "$1: no number is left for it"
	for way in $WAYS; do
		fresh
		choose "$1" "$way" both
		splats_begin
		load_driver rust_hotplug_driver fill=1
		expect "loading the driver" "$err" 0
		put 1 "$SYS/$1/installed"
		expect "the write with $way" "$err" ENOSPC
		unload_driver rust_hotplug_driver
		splats_end
		# Once for each section that the driver fills, and once for us.
		expect "what warned" "$warned" "kernel/cpu.c kernel/cpu.c kernel/cpu.c"
		if [ "$way" = manual ]; then
			# shellcheck disable=SC2086 # a list
			each setup "$1" startup $online
			# shellcheck disable=SC2086 # a list
			each setup "$1" teardown $online
		fi
		expect_cpus "$1" ""
		expect_seen "setup with $way"
		expect_file "$1/installed" 0
		expect_file "$1/state" -1
		put 1 "$SYS/$1/installed"
		expect "the write after that" "$err" 0
	done
	usual "$1"
	end_case
}

unload_driver_at_end() {
	unload_driver rust_hotplug_driver
}

usual() { # STATE
	choose "$1" calls both
	set_to 1 "$SYS/$1/installed"
}

last=${online##* }
undo=unload_driver_at_end
begin $((2 * (5 * 3 + 3 * 2 + 1)))
get /proc/sys/kernel/panic_on_warn
panics=$value

for state in $STATES; do
	for way in $WAYS; do
		for callbacks in both startup teardown; do
			other_way=manual
			[ "$way" != manual ] || other_way=calls
			other_callbacks=both
			[ "$callbacks" != both ] || other_callbacks=startup
			works "$state" "$way" "$callbacks"
			! invokes "$way" || [ "$callbacks" = teardown ] ||
				fails "$state" "$way" "$callbacks"
		done
	done
	usual "$state"
	if ! has_driver rust_hotplug_driver; then
		skip_case "$state: no number is left for it" "no module rust_hotplug_driver: not built, or loaded"
	elif ! throwaway || [ "$panics" != 0 ]; then
		skip_case "$state: no number is left for it" "the kernel warns: not where it is kept, or panics then"
	else
		no_number "$state"
	fi
done
finish
