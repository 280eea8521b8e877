#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The log, compared with the kernel's own cpuhp trace events: the same calls in the same order, with
# the same CPU, task, result and state number.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# from_trace and from_log write a line for each call: state, callback, CPU, the CPU it ran on, task,
# and result. Where the trace does not know the CPU it ran on or the task, both have a question
# mark.
from_trace() {
	awk -v prepare="$prepare" -v online="$online_id" '
	# Sets task to the text before "[002]", and on to the number in it.
	function where_and_who() {
		match($0, /\[[0-9]+\]/)
		on = substr($0, RSTART + 1, RLENGTH - 2) + 0
		task = substr($0, 1, RSTART - 1)
		sub(/^ */, "", task)
		sub(/-[0-9]+ *$/, "", task)
		gsub(/[ \t]/, "_", task)
		if (task == "<...>")
			task = "?"
	}
	/cpuhp_enter: / {
		where_and_who()
		n = split($0, f, /cpu: |target: |step: |\(|\)/)
		fun[f[2] + 0, f[4] + 0] = f[5]
		entered[f[2] + 0, f[4] + 0] = on
	}
	/cpuhp_exit: / {
		where_and_who()
		split($0, f, /cpu: |state: |step: |ret: /)
		cpu = f[2] + 0
		step = f[4] + 0
		if (fun[cpu, step] !~ /\[rust_hotplug\]/)
			next
		callback = "neither startup nor teardown: " fun[cpu, step]
		if (fun[cpu, step] ~ /startup/)
			callback = "startup"
		else if (fun[cpu, step] ~ /teardown/)
			callback = "teardown"
		state = "state " step
		if (step == prepare)
			state = "prepare"
		else if (step == online)
			state = "online"
		# A task that is not bound to a CPU may have moved during the call.
		if (entered[cpu, step] != on)
			on = "?"
		print state, callback, cpu, on, task, f[5] + 0
		delete fun[cpu, step]
	}' "$tracing/trace" >"$tmp/trace"
}

from_log() {
	awk -v prepare="$prepare" -v online="$online_id" '
	NR == FNR {
		on[NR] = $4
		task[NR] = $5
		next
	}
	{
		split("", f)
		for (i = 1; i <= NF; i++) {
			n = index($i, "=")
			f[substr($i, 1, n - 1)] = substr($i, n + 1)
		}
		# During a setup the module does not know the number of the state yet.
		id = f["op"] == "setup" ? -1 : f["state"] == "online" ? online : prepare
		if (f["id"] != id)
			f["state"] = f["state"] " with id " f["id"]
		if (on[FNR] == "?")
			f["on"] = "?"
		if (task[FNR] == "?")
			f["task"] = "?"
		print f["state"], f["callback"], f["cpu"], f["on"], f["task"], f["ret"]
	}' "$tmp/trace" $SYS/log >"$tmp/log"
}

# The numbers of the states are only known while the states are installed. A state gets the same
# number again after it was removed; setup_rollback.sh checks that.
begin_trace() {
	fresh
	get $SYS/prepare/state
	prepare=$value
	get $SYS/online/state
	online_id=$value
	if ! start_trace; then
		skip_case "$case_name" "no cpuhp events in a tracefs"
		return 1
	fi
}

end_trace() { # RECORDS
	echo 0 >"$tracing/tracing_on"
	lost=$(awk -F '[:/ ]+' '/entries-in-buffer/ { print $5 - $4 }' "$tracing/trace")
	expect "events that the trace has lost" "$lost" 0
	from_trace
	from_log
	remove_trace
	expect "the log" "$(cat "$tmp/log")" "$(cat "$tmp/trace")"
	expect "the number of calls" $(($(wc -l <"$tmp/trace"))) "$1"
	end_case
}

setup_rollback() { # STATE
	begin_case "$1: setup that fails, setup, removal"
	begin_trace || return
	set_to 0 "$SYS/$1/installed"
	arm "$1" startup EIO "$last"
	put 1 "$SYS/$1/installed"
	expect "the write" "$err" EIO
	set_to 1 "$SYS/$1/installed"
	end_trace $((4 * count - 1))
}

online_failure() { # STATE CPU CALLS
	begin_case "$1: CPU $2 fails to come online, then comes"
	begin_trace || return
	cpu_down "$2"
	expect "the write of 0 to online" "$err" 0
	arm "$1" startup ENOMEM "$2"
	cpu_up "$2"
	expect "the write of 1 to online" "$err" ENOMEM
	cpu_up "$2"
	expect "the second write of 1 to online" "$err" 0
	end_trace "$3"
}

veto() { # CPU
	begin_case "online: CPU $1 is kept from going offline, then goes"
	begin_trace || return
	arm online teardown EIO "$1"
	cpu_down "$1"
	expect "the write of 0 to online" "$err" EIO
	cpu_down "$1"
	expect "the second write of 0 to online" "$err" 0
	cpu_up "$1"
	expect "the write of 1 to online" "$err" 0
	end_trace 5
}

# The states of the kernel: those that were torn down before the veto have to be started again, in
# the opposite order.
others_restored() { # CPU
	begin_case "online: the veto of CPU $1 restores the states above"
	begin_trace || return
	arm online teardown EIO "$1"
	cpu_down "$1"
	expect "the write of 0 to online" "$err" EIO
	echo 0 >"$tracing/tracing_on"
	wrong=$(awk -v online="$online_id" '
	/cpuhp_(multi_)?enter: / {
		split($0, f, /step: |\(/)
		step = f[2] + 0
		if ($0 ~ /cpuhp_kick_ap_work/)
			next
		# A state that has only one of the callbacks is only in one of the two lists.
		if (step == online)
			turned = 1
		else if (step < online)
			print "state", step, "below was called"
		else if (!turned && step > before && before)
			print "state", step, "was torn down after state", before
		else if (turned && step < before)
			print "state", step, "was started after state", before
		calls++
		before = step
	}
	END {
		if (!turned)
			print "the state was not called"
	}' "$tracing/trace")
	expect "what is wrong" "$wrong" ""
	remove_trace
	end_case
}

# shellcheck disable=SC2086 # a list
set -- $online
count=$#
last=${online##* }
cpu=${hotpluggable%% *}
if [ "$cpu" ]; then
	begin 6
else
	begin 2
fi

tmp=$(mktemp -d) || exit 1
for state in $STATES; do
	setup_rollback "$state"
done
if [ "$cpu" ]; then
	online_failure prepare "$cpu" 5
	online_failure online "$cpu" 7
	veto "$cpu"
	others_restored "$cpu"
fi
finish
