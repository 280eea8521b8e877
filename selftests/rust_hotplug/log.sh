#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The log: its form, seeking, readers at the same time, reset.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# fill: makes records of every kind that this machine can make.
fill() {
	fresh
	for s in $STATES; do
		set_to 0 "$SYS/$s/installed"
		arm "$s" startup EIO "$last"
		put 1 "$SYS/$s/installed"
		expect "the write to $s/installed" "$err" EIO
		set_to 1 "$SYS/$s/installed"
	done
	if [ "$hotpluggable" ]; then
		cpu_down "${hotpluggable%% *}"
		cpu_up "${hotpluggable%% *}"
	fi
	cat $SYS/log >"$tmp/log"
	size=$(($(wc -c <"$tmp/log")))
	records=$(($(wc -l <"$tmp/log")))
}

form() {
	begin_case "every record has all fields, in order, and the same length"
	fill
	expect_file prepare/installed 1
	get $SYS/prepare/state
	prepare=$value
	get $SYS/online/state
	wrong=$(awk -v prepare="$prepare" -v online="$value" '
	function wrong(why) {
		print NR ": " why ": " $0
	}
	BEGIN {
		fields = split("seq time state id instance cpu on task op callback ret injected " \
			       "took frozen", name)
	}
	{
		if (!len)
			len = length($0)
		if (length($0) != len)
			wrong("length " length($0) ", not " len)
		if (NF != fields)
			wrong(NF " fields")
		for (i = 1; i <= fields; i++) {
			n = index($i, "=")
			if (substr($i, 1, n - 1) != name[i])
				wrong("field " i " is not " name[i])
			f[name[i]] = substr($i, n + 1)
		}
		if (f["seq"] != NR - 1)
			wrong("seq")
		if (f["time"] !~ /^[0-9]+\.[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]$/)
			wrong("time")
		if (f["time"] + 0 < time)
			wrong("time goes back")
		time = f["time"] + 0
		if (f["state"] != "prepare" && f["state"] != "online")
			wrong("state")
		# The kernel tells the module the number of a state at the end of its setup. Until
		# then the log has -1.
		id = f["op"] == "setup" ? -1 : f["state"] == "online" ? online : prepare
		if (f["id"] != id)
			wrong("id, should be " id)
		if (f["instance"] != "-")
			wrong("instance")
		if (f["cpu"] !~ /^[0-9]+$/ || f["on"] !~ /^[0-9]+$/)
			wrong("cpu or on")
		if (f["op"] !~ /^(setup|remove|hotplug)$/)
			wrong("op")
		if (f["callback"] !~ /^(startup|teardown)$/)
			wrong("callback")
		if (f["ret"] !~ /^(0|-[0-9]+)$/)
			wrong("ret")
		if (f["injected"] !~ /^[01]$/)
			wrong("injected")
		if ((f["ret"] < 0) != f["injected"])
			wrong("ret without injected")
		# No callback takes no time, and each record is written when its callback has returned.
		if (f["took"] !~ /^[0-9]+$/ || f["took"] == 0)
			wrong("took")
		if (f["frozen"] != 0)
			wrong("frozen")
	}
	END {
		if (!NR)
			print "the log is empty"
	}' "$tmp/log")
	expect "what is wrong" "$wrong" ""
	expect "bytes left over by equal lines" $((size % records)) 0
	end_case
}

# The time of a record is in seconds since boot, as in the kernel log.
clock() {
	begin_case "time is since boot, and took is within it"
	read -r before _ </proc/uptime
	set_to 0 $SYS/online/installed
	read -r after _ </proc/uptime
	set_to 1 $SYS/online/installed
	wrong=$(awk -v before="$before" -v after="$after" '
	$9 == "op=remove" {
		sub(/time=/, "", $2)
		time = $2 + 0
	}
	END {
		# /proc/uptime has only two digits after the point.
		if (time < before - 0.1 || time > after + 0.1)
			print time, "is not between", before, "and", after
	}' $SYS/log)
	expect "what is wrong" "$wrong" ""
	wrong=$(fields op took | awk -v before="$before" -v after="$after" '
	$1 == "remove" && $2 / 1000000000 > after - before + 0.1 { print $2 }')
	expect "took, of calls that took longer than the whole write" "$wrong" ""
	end_case
}

# The callbacks of online run on the CPU that they are for.
places() {
	begin_case "on is the CPU on which a callback ran"
	reset
	set_to 0 $SYS/online/installed
	set_to 1 $SYS/online/installed
	expect "cpu and on, where they differ" "$(fields state cpu on | awk '$1 == "online" && $2 != $3')" ""
	expect "CPUs on which callbacks ran" "$(fields state on | awk '$1 == "online" { print $2 }' | sort -u | wc -l)" $#
	end_case
}

# A task may be called anything, and the line must still be one of fields.
tasks() {
	begin_case "task: what is not visible, a blank and = are _"
	set_to 0 $SYS/prepare/installed
	reset
	(
		printf 'a=b c\001\177~' >/proc/self/comm
		echo 1 >$SYS/prepare/installed
	)
	expect "task" "$(fields task | sort -u)" a_b_c__~
	expect "fields" "$(awk '{ print NF }' $SYS/log | sort -u)" 14
	end_case
}

seek() {
	begin_case "seeking gives any record, and any byte"
	length=$((size / records))
	for k in 0 1 $((records / 2)) $((records - 1)); do
		is=$(dd if=$SYS/log bs=$length skip=$k count=1 2>/dev/null)
		expect "record $k" "$is" "$(sed -n "$((k + 1))p" "$tmp/log")"
	done
	is=$(dd if=$SYS/log bs=$length skip=$records count=1 2>/dev/null)
	expect "what is behind the last" "$is" ""
	for bs in 7 $((length - 1)) $((length + 1)) 65536; do
		dd if=$SYS/log bs=$bs 2>/dev/null | cmp -s - "$tmp/log" ||
			not_so "read $bs bytes at a time it is another log"
	done
	skip=$((length / 2))
	dd if=$SYS/log bs=$skip skip=3 2>/dev/null >"$tmp/part"
	tail -c +$((3 * skip + 1)) "$tmp/log" | cmp -s - "$tmp/part" ||
		not_so "from byte $((3 * skip)) on it is another log"
	end_case
}

readers() {
	begin_case "readers at the same time each get all of it"
	for i in 1 2 3; do
		{
			n=0
			while [ $n -lt 4 ]; do
				dd if=$SYS/log bs=$((50 * i)) 2>/dev/null | cmp -s - "$tmp/log" ||
					exit 1
				n=$((n + 1))
			done
		} &
		background="$background $!"
	done
	# Each open file has a position of its own.
	read -r line <$SYS/log
	exec 3<$SYS/log 4<$SYS/log
	read -r three <&3
	read -r four <&4
	exec 3<&- 4<&-
	expect "the first line, of the second reader" "$three" "$line"
	expect "the first line, of the third reader" "$four" "$line"
	for i in $background; do
		wait "$i" || not_so "a reader got something else"
	done
	background=
	end_case
}

reset_clears() {
	begin_case "reset clears the log and the counts, and seq begins again"
	reset
	expect "the log" "$(cat $SYS/log)" ""
	for s in $STATES; do
		for f in startups teardowns failures startup_inject/hits; do
			expect_file "$s/$f" 0
		done
		expect_cpus "$s" "$online"
		expect_installed "$s"
	done
	set_to 0 $SYS/online/installed
	read -r line _ <$SYS/log
	expect "the first field" "$line" seq=0
	expect_file online/teardowns $#
	end_case
}

counts() {
	begin_case "the counts are those of the log"
	for s in $STATES; do
		for c in startup teardown; do
			n=$(grep "state=$s " "$tmp/log" | grep -c "callback=$c ")
			expect_file "$s/${c}s" "$n"
		done
		n=$(grep "state=$s " "$tmp/log" | grep -c "ret=-")
		expect_file "$s/failures" "$n"
	done
	end_case
}

# shellcheck disable=SC2086 # a list
set -- $online
last=${online##* }
begin 8

tmp=$(mktemp -d) || exit 1
form
counts
seek
readers
clock
places "$@"
tasks
reset_clears "$@"
finish
