#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# CPUs go offline and online while states are set up and removed and every file is read. Nothing may
# deadlock, no call may be missing in the log, and at the end all files have to agree.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

rounds=3

# Prints errors, for the main process to read.
hotplug_cpus() {
	for _cpu in $hotpluggable; do
		cpu_down "$_cpu"
		[ "$err" = 0 ] || echo "CPU $_cpu offline: $err"
		cpu_up "$_cpu"
		[ "$err" = 0 ] || echo "CPU $_cpu online: $err"
	done
}

read_all() { # DIRECTORY
	find "$1" -type f -perm -400 -exec cat {} + >/dev/null
}

read_everything() {
	while :; do
		read_all $SYS || echo "reading failed"
	done
}

# Checks that a reader of the log sees whole lines, in order, while the log grows.
read_log() {
	while :; do
		awk '
		{
			if (NR == 1)
				len = length($0)
			if (NF != 14 || length($0) != len || $1 != "seq=" NR - 1)
				print "bad line " NR ": " $0
		}' $SYS/log
	done
}

setup_and_hotplug() {
	begin_case "setup, removal, hotplug and readers at the same time"
	fresh
	: >"$tmp/hotplug"
	if [ "$hotpluggable" ]; then
		(
			n=0
			while [ $n -lt $hotplug_rounds ]; do
				hotplug_cpus
				n=$((n + 1))
			done
		) >"$tmp/hotplug" 2>&1 &
		hotplug=$!
	fi
	read_everything >"$tmp/reader" 2>&1 &
	reader=$!
	read_log >"$tmp/log" 2>&1 &
	log_reader=$!
	background="$hotplug $reader $log_reader"
	n=0
	while [ $n -lt $rounds ] || { [ "$hotplug" ] && kill -0 "$hotplug" 2>/dev/null; }; do
		for s in $STATES; do
			put 0 "$SYS/$s/installed"
			expect "removing $s" "$err" 0
			put 1 "$SYS/$s/installed"
			expect "setting $s up" "$err" 0
		done
		[ ! "$case_failed" ] || break
		n=$((n + 1))
	done
	[ ! "$hotplug" ] || wait "$hotplug"
	stop $reader $log_reader
	background=
	expect "what the hotplugger says" "$(cat "$tmp/hotplug")" ""
	expect "what the reader says" "$(head -n 5 "$tmp/reader")" ""
	expect "what the reader of the log says" "$(head -n 5 "$tmp/log")" ""
	consistent
	end_case
}

# Checks that in the log each CPU has startups and teardowns by turns, of which the last says
# whether the state is up there, and that the counts agree with the log.
consistent() {
	for s in $STATES; do
		expect_installed "$s"
		expect_cpus "$s" "$online"
		wrong=$(awk -v state="state=$s" -v online="$online" '
		BEGIN {
			n = split(online, list, " ")
			for (i = 1; i <= n; i++)
				up["cpu=" list[i]] = 1
		}
		$3 == state {
			start = $10 == "callback=startup"
			calls[start]++
			if (up[$6] == start)
				print "out of turn: " $0
			up[$6] = start
		}
		END {
			for (cpu in up)
				if (!up[cpu])
					print cpu " is not up at the end"
			print "counts", calls[1] + 0, calls[0] + 0
		}' $SYS/log)
		get "$SYS/$s/startups"
		startups=$value
		get "$SYS/$s/teardowns"
		expect "$s in the log" "$wrong" "counts $startups $value"
		expect_file "$s/failures" 0
	done
}

# Two processes write the same value at the same time: both writes have to succeed.
two_writers() {
	begin_case "two writers of the same file"
	fresh
	for v in 0 1; do
		for _ in 1 2; do
			(
				n=0
				while [ $n -lt $rounds ]; do
					put $v $SYS/online/installed
					[ "$err" = 0 ] || echo "writing $v: $err"
					n=$((n + 1))
				done
			) &
			background="$background $!"
		done
	done >"$tmp/writers" 2>&1
	# shellcheck disable=SC2086 # a list
	wait $background
	background=
	expect "what the writers say" "$(cat "$tmp/writers")" ""
	set_to 1 $SYS/online/installed
	consistent
	end_case
}

# A setup may take long. Reading must not wait for it.
readers() {
	begin_case "everything of a state can be read while it is being set up"
	fresh
	set_to 0 $SYS/online/installed
	fault online/startup_inject cpus="${online##* }" delay_us=10000000
	put 1 $SYS/online/installed &
	background=$!
	until
		get $SYS/online/startup_inject/hits
		[ "$value" = 1 ] || ! kill -0 "$background" 2>/dev/null
	do
		sleep 0.1
	done
	read_all $SYS/online || not_so "reading failed"
	# The setup has not finished yet.
	expect_file online/installed 0
	wait "$background"
	background=
	expect_file online/installed 1
	end_case
}

begin 3

tmp=$(mktemp -d) || exit 1
# With many CPUs one round is enough.
hotplug_rounds=$rounds
# shellcheck disable=SC2086 # a list
set -- $hotpluggable
[ $# -lt 16 ] || hotplug_rounds=1
setup_and_hotplug
two_writers
readers
finish
