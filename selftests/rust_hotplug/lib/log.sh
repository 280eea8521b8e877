# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The module's log, and comparing it with the calls that a test wants to see in it.

# fields NAME...: prints these fields of each record of the log, a line for each record.
fields() {
	awk -v names="$*" '
	BEGIN {
		fields = split(names, name, " ")
	}
	{
		split("", f)
		for (i = 1; i <= NF; i++) {
			n = index($i, "=")
			f[substr($i, 1, n - 1)] = substr($i, n + 1)
		}
		line = f[name[1]]
		for (i = 2; i <= fields; i++)
			line = line " " f[name[i]]
		print line
	}' "$SYS/log"
}

# calls: prints a line for each record of the log: operation, state, callback, CPU, where the
# callback ran, and what it returned. Where it ran is a task and a CPU, which have a short name if
# they are as they should be: cpuhp/N, the task of CPU N on that CPU; or writer, the task that wrote
# to the file.
calls() {
	awk '
	{
		split("", f)
		for (i = 1; i <= NF; i++) {
			n = index($i, "=")
			f[substr($i, 1, n - 1)] = substr($i, n + 1)
		}
		where = f["task"] "@" f["on"]
		if (where == "cpuhp/" f["cpu"] "@" f["cpu"])
			where = "cpuhp/" f["cpu"]
		# The program that put() writes with is called errno. Some kernels take a CPU
		# down in a worker of the CPU that controls it.
		else if (f["task"] == "errno" ||
			 f["op"] == "hotplug" && f["task"] ~ /^kworker/)
			where = "writer"
		print f["op"], f["state"], f["callback"], f["cpu"], where,
			f["ret"] (f["injected"] != 0 ? " injected" : "")
	}' "$SYS/log"
}

# call OPERATION STATE CALLBACK CPU [ERRNO]: adds a line, in the form of calls(), to $want: what the
# log has to show next. With an ERRNO, a fault made the callback fail.
want=
call() {
	_ret=0
	if [ $# -gt 4 ]; then
		errno_number "$5"
		_ret="-$number injected"
	fi
	case $2 in
	online*)	_where=cpuhp/$4 ;;
	*)		_where=writer ;;
	esac
	want="$want${want:+$nl}$1 $2 $3 $4 $_where $_ret"
}

# expect_calls: checks that the log shows what call() has added, and nothing else.
expect_calls() {
	expect "log" "$(calls)" "$want"
	want=
}

#
# The ladder: the states of the module in the order in which a CPU that comes up reaches them.
#

# ladder INSTANCE...: adds these instances to each state that has instances, and then sets
# $rungs_up and $rungs_down to the states in either order, each as NUMBER:STATE. All states have to
# be installed with both callbacks.
ladder() {
	rungs_up=
	rungs_down=
	newest_first=
	for _i; do
		newest_first="$_i${newest_first:+ }$newest_first"
		for _state in $MULTI; do
			set_to "$_i" "$SYS/$_state/instances/add"
		done
	done
	while read -r _id _state; do
		rungs_up="$rungs_up $_id:$_state"
		rungs_down="$_id:$_state $rungs_down"
	done <<-END
	$(for _state in $STATES $MULTI; do
		get "$SYS/$_state/state"
		echo "$value $_state"
	done | sort -n)
	END
	reset
}

# on_ladder CPU FROM TO: the CPU goes from state number FROM to TO, up or down. Adds to $want what
# the log has to show of that.
on_ladder() {
	if [ "$2" -lt "$3" ]; then
		_callback=startup _low=$2 _high=$3 _rungs=$rungs_up
	else
		_callback=teardown _low=$3 _high=$2 _rungs=$rungs_down
	fi
	for _rung in $_rungs; do
		if [ "${_rung%:*}" -le "$_low" ] || [ "${_rung%:*}" -gt "$_high" ]; then
			continue
		fi
		_state=${_rung#*:}
		_instances=-
		[ "$_state" = "${_state%_multi}" ] || _instances=$newest_first
		for _i in $_instances; do
			want="$want${want:+$nl}hotplug $_state $_i $_callback $1 0"
		done
	done
}

# expect_on_ladder WHAT: checks that the log shows what on_ladder() has added and nothing else, and
# empties the log.
expect_on_ladder() {
	expect "the log of $1" "$(fields op state instance callback cpu ret)" "$want"
	want=
	reset
}

# expect_place CPU STATE-NUMBER: checks that each state of the module up to that number is up on
# the CPU, and each above it is not.
expect_place() {
	for _rung in $rungs_up; do
		list=$online
		# shellcheck disable=SC2086 # a list
		[ "${_rung%:*}" -le "$2" ] || list_without "$1" $online
		expect_cpus "${_rung#*:}" "$list"
	done
}
