# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Who else is at work on the CPUs. A cloud agent, a rule of udev or somebody at another terminal may
# bring a CPU online that a test has just taken offline. What a test then sees says nothing about the
# kernel, so that a case that fails is reported as skipped, with the name of whoever it was.
#
# The kernel's trace tells: callbacks of the PREPARE section run in the task that brings the CPU
# online. An instance of it leaves out this test and all of its children, and the kernel's own tasks.
# When a CPU goes offline some kernels call them in a kworker, whoever has asked for that, so only
# those that bring CPUs online are found for sure.

# watch_others: begins to look. Without a tracefs nothing is found.
others_trace=
watch_others() {
	# The first on the way up, and one of those that are called on the way down, too.
	state_number threads:prepare
	_first=$number
	state_number timers:prepare
	[ "$_first" ] && [ "$number" ] || return 0
	[ -d /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || return 0
	others_trace=/sys/kernel/tracing/instances/rust_hotplug_others_$$
	if ! mkdir "$others_trace" 2>/dev/null; then
		others_trace=
		return 0
	fi
	_tasks='!(comm ~ "cpuhp/*") && !(comm ~ "swapper*") && !(comm ~ "kworker*") && !(comm ~ "migration/*")'
	{
		echo 16 >"$others_trace/buffer_size_kb"
		# The children of this test, too.
		echo 1 >"$others_trace/options/event-fork"
		echo $$ >"$others_trace/set_event_notrace_pid"
		echo "(idx == $_first || idx == $number) && $_tasks" >"$others_trace/events/cpuhp/cpuhp_enter/filter"
		echo 1 >"$others_trace/events/cpuhp/cpuhp_enter/enable"
	} 2>/dev/null || unwatch_others
}

unwatch_others() {
	[ ! "$others_trace" ] || rmdir "$others_trace"
	others_trace=
}

# others_at_work: succeeds if somebody else has taken CPUs offline or online since watch_others(). Sets
# $others to who that was: task-PID, the first three of them.
others_at_work() {
	others=
	[ "$others_trace" ] || return 1
	others=$(awk '
	/ cpuhp_enter: / && match($0, /-[0-9]+ +\[[0-9]+\]/) {
		who = substr($0, 1, RSTART + RLENGTH - 1)
		sub(/^ +/, "", who)
		sub(/ +\[[0-9]+\]$/, "", who)
		if (!(who in seen) && n++ < 3)
			text = text (text ? ", " : "") who
		seen[who] = 1
	}
	END { print text (n > 3 ? " and others" : "") }' "$others_trace/trace")
	[ "$others" ]
}
