#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The module's own trace event: it has the fields of the log, for each record, in the same order.
# Each is between the kernel's own two events of that call. Without being enabled there is none.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

event=events/rust_hotplug/rust_hotplug_callback
names="seq state id instance cpu on op callback ret injected took frozen"

# from_log and from_trace print the fields of the records and of the events, each with the task in
# which that was.
from_log() {
	# shellcheck disable=SC2086 # a list
	fields task $names | awk -v names="task $names" '
	BEGIN {
		n = split(names, name, " ")
	}
	{
		for (i = 1; i <= n; i++)
			printf "%s%s=%s", (i > 1 ? " " : ""), name[i], $i
		print ""
	}'
}

from_trace() {
	awk '
	/ rust_hotplug_callback: / {
		match($0, /-[0-9]+ +(\([^)]*\) +)?\[[0-9]+\]/)
		task = substr($0, 1, RSTART - 1)
		sub(/^ +/, "", task)
		gsub(/[ \t=]/, "_", task)
		sub(/.* rust_hotplug_callback: /, "")
		print "task=" task, $0
	}' "$tracing/trace"
}

begin_trace() { # SYSTEM...
	fresh
	start_trace "$@"
}

expect_same() { # LEAST
	from_log >"$tmp/log"
	# Where the trace does not know the task, it is taken from the log.
	from_trace | awk '
	NR == FNR		{ task[FNR] = $1; next }
	$1 == "task=<...>"	{ $1 = task[FNR] }
				{ print }' "$tmp/log" - >"$tmp/trace"
	expect "the trace" "$(cat "$tmp/trace")" "$(cat "$tmp/log")"
	lines=$(($(wc -l <"$tmp/trace")))
	[ $lines -ge "$1" ] || not_so "only $lines events"
	grep -q 'injected=1' "$tmp/trace" || not_so "none of them injected"
	remove_trace
	end_case
}

setups() {
	begin_case "setup, rollback and removal of states and instances"
	begin_trace rust_hotplug
	for s in $STATES; do
		set_to 0 "$SYS/$s/installed"
		arm "$s" startup EIO "$last"
		put 1 "$SYS/$s/installed"
		expect "the setup of $s" "$err" EIO
		set_to 1 "$SYS/$s/installed"
	done
	for s in $MULTI; do
		arm "$s" startup ENOSPC "$last"
		put i "$SYS/$s/instances/add"
		expect "adding to $s" "$err" ENOSPC
		# The longest name that an instance can have.
		set_to 12345678901234567890123456789012 "$SYS/$s/instances/add"
		set_to b "$SYS/$s/instances/add"
	done
	remove_instances
	expect_same $((8 * (2 * count - 1) + 4 * count))
}

hotplug() { # CPU
	begin_case "CPU $1 goes offline and online, after it has failed to"
	begin_trace rust_hotplug
	for s in $MULTI; do
		set_to i "$SYS/$s/instances/add"
	done
	arm online teardown EIO "$1"
	cpu_down "$1"
	expect "the first write of 0" "$err" EIO
	cpu_down "$1"
	expect "the second write of 0" "$err" 0
	arm online_multi startup ENOMEM "$1"
	cpu_up "$1"
	expect "the first write of 1" "$err" ENOMEM
	cpu_up "$1"
	expect "the second write of 1" "$err" 0
	remove_instances
	expect_same 12
}

# The event is recorded while the kernel makes the call.
within() {
	begin_case "each event is between the two of the kernel for that call"
	begin_trace cpuhp rust_hotplug
	for s in $STATES; do
		set_to 0 "$SYS/$s/installed"
		set_to 1 "$SYS/$s/installed"
	done
	for s in $MULTI; do
		set_to i "$SYS/$s/instances/add"
	done
	if [ "$cpu" ]; then
		cpu_down "$cpu"
		cpu_up "$cpu"
	fi
	remove_instances
	value=$(awk '
	/cpuhp_(multi_)?enter: .*\[rust_hotplug\]/ {
		match($0, /cpu: [0-9]+/)
		cpu = substr($0, RSTART + 5, RLENGTH - 5) + 0
		inside[cpu] = 1
	}
	/rust_hotplug_callback: / {
		match($0, / cpu=[0-9]+/)
		cpu = substr($0, RSTART + 5, RLENGTH - 5) + 0
		if (!inside[cpu])
			print "outside of a call: " $0
		inside[cpu] = 0
		calls++
	}
	/cpuhp_exit: / {
		match($0, /cpu: [0-9]+/)
		cpu = substr($0, RSTART + 5, RLENGTH - 5) + 0
		if (inside[cpu])
			print "no event before: " $0
		inside[cpu] = 0
	}
	END { print calls + 0 }' "$tracing/trace")
	expect "calls with one event each" "$value" "$(($(wc -l <$SYS/log)))"
	remove_trace
	end_case
}

off() {
	begin_case "without being asked for there are none, and after that none again"
	begin_trace rust_hotplug
	set_to 0 $SYS/prepare/installed
	echo 0 >"$tracing/$event/enable"
	get "$tracing/$event/enable"
	expect "the file that switches it off" "$value" 0
	set_to 1 $SYS/prepare/installed
	expect "events" "$(grep -c 'rust_hotplug_callback: ' "$tracing/trace")" $count
	remove_trace
	mkdir "$tracing_off"
	tracing=$tracing_off
	get "$tracing/$event/enable"
	expect "the file that switches it on, in a new instance" "$value" 0
	echo 1 >"$tracing/tracing_on"
	set_to 0 $SYS/prepare/installed
	expect "events in it" "$(grep -c 'rust_hotplug_callback: ' "$tracing/trace")" 0
	remove_trace
	end_case
}

# The event belongs to the module and goes with it, even while it is enabled.
unload_traced() {
	begin_case "unloading and loading while it is on"
	if ! loadable; then
		skip_case "$case_name" "no rust_hotplug.ko to load again"
		return
	fi
	begin_trace rust_hotplug
	unload
	expect "rmmod" "$err" 0
	[ ! -d "$tracing/events/rust_hotplug" ] || not_so "the event is still there"
	load
	expect "insmod" "$err" 0
	get "$tracing/$event/enable"
	expect "whether it is on" "$value" 0
	fresh
	echo 1 >"$tracing/$event/enable"
	arm online startup EIO "$last"
	set_to 0 $SYS/online/installed
	put 1 $SYS/online/installed
	expect_same $((3 * count - 1))
}

# shellcheck disable=SC2086 # a list
set -- $online
count=$#
last=${online##* }
cpu=${hotpluggable##* }
begin 5

tmp=$(mktemp -d) || exit 1
fresh
if ! start_trace cpuhp rust_hotplug; then
	for what in setups hotplug within off unload_traced; do
		skip_case $what "no tracefs, or no events of rust_hotplug in it"
	done
	finish
fi
tracing_off=$tracing.off
remove_trace
setups
if [ "$cpu" ]; then
	hotplug "$cpu"
else
	skip_case "a CPU goes offline and online" "no CPU can go offline here"
fi
within
off
unload_traced
finish
