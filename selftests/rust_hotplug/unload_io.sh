#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Unloading and loading while other processes read, write, follow and hold open every file, add
# instances, and take a CPU down and up. unload.sh has the same cases one by one. UNLOAD_ROUNDS=N is
# how often; the default is few.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

rounds=${UNLOAD_ROUNDS:-2}
follow=$top/scripts/follow-log

# Each worker runs until it is stopped, and calls passed() when it has done something. The files
# disappear and come back, so it is no error if it cannot.
passed() {
	passes=$((passes + 1))
	echo $passes >"$tmp/$worker"
}

# there: if the files are not there, waits a little, so that the process that loads the module gets
# the CPU.
there() {
	[ -e $SYS/log ] || sleep 0.02
}

# every MODE: sets $files to the files with that mode that exist now. The list begins with another
# one each time, so that each file has its turn even if the module is unloaded soon.
turn=0
every() {
	there
	files=$(find $SYS -type f -perm "$1" 2>/dev/null | awk -v turn=$turn '
		{ file[n++] = $0 }
		END { for (i = 0; i < n; i++) print file[(i + turn) % n] }')
	turn=$((turn + 17))
}

read_all() {
	while :; do
		every -400
		for f in $files; do
			read -r _ <"$f" && passed
		done
	done
}

# Pieces of the log, at several positions.
read_log() {
	while :; do
		there
		for skip in 0 1 100 1000; do
			dd if=$SYS/log bs=97 skip=$skip count=3 >/dev/null 2>&1 && passed
		done
	done
}

# Valid values, which change something and do not take long.
write_all() {
	while :; do
		every -200
		for f in $files; do
			case ${f##*/} in
			errno)		values="EIO 0" ;;
			cpus)		values="0 $possible" ;;
			probability)	values="50 100" ;;
			interval | space | times | seed) values="3 1" ;;
			delay_us)	values="10 0" ;;
			installed)	values="0 1" ;;
			setup)		values="manual calls" ;;
			callbacks)	values="startup both" ;;
			add | remove)	values="w" ;;
			*)		values="1" ;;
			esac
			for v in $values; do
				echo "$v" >"$f" && passed
			done
		done
	done
}

# Values that are not valid.
write_junk() {
	long=$(printf '%5000s' x)
	while :; do
		every -200
		for f in $files; do
			case $f in
			# Almost any text is a valid name of an instance, and of a state.
			*/instances/add | */instances/remove | */states/add | */states/remove)
				continue
				;;
			esac
			for v in "" x -5 99999999999999999999 "$long"; do
				echo "$v" >"$f" && echo "$f takes '$(printf %.20s "$v")'" >>"$tmp/wrong"
			done
			[ ! -e "$f" ] || passed
		done
	done
}

instances() { # STATE
	while :; do
		there
		n=0
		while [ $n -lt 10 ]; do
			echo i$n >"$SYS/$1/instances/add" && passed
			echo i$n >"$SYS/$1/instances/remove"
			n=$((n + 1))
		done
	done
}

# The files are opened while the module is loaded, and used when it has gone. Then each use has to
# fail.
hold_open() {
	while :; do
		there
		{
			while read -r _ <&3 && echo 0 >&4; do
				passed
				# While the module is loaded, goes on with the same open files.
				[ -d $SYS ] || break
				sleep 0.05
			done
		} 3<$SYS/log 4>$SYS/prepare/startup_inject/times
	done
}

# scripts/follow-log ends by itself when the module is unloaded. It does not report to passed().
follow_log() {
	trap 'kill $! 2>/dev/null; exit' TERM
	while :; do
		if [ -e $SYS/log ]; then
			$follow >/dev/null &
			wait $!
		else
			sleep 0.05
		fi
	done
}

hotplug() { # CPU
	while :; do
		echo 0 >"$CPU/cpu$1/online"
		echo 1 >"$CPU/cpu$1/online"
		passed
	done
}

start() { # WORKER...
	worker="$*"
	workers="$workers${workers:+$nl}$worker"
	passes=0
	echo 0 >"$tmp/$worker"
	"$@" 2>/dev/null &
	background="$background $!"
}

# done_so_far: sets $passes to how often each worker has called passed().
done_so_far() {
	passes=
	while read -r worker; do
		get "$tmp/$worker"
		passes="$passes${passes:+$nl}$worker $value"
	done <<-END
	$workers
	END
}

# all_pass: waits until each worker has called passed() once more.
all_pass() {
	done_so_far
	before=$passes
	_tries=0
	while
		done_so_far
		# A file is empty while it is being written.
		idle=$(printf '%s\n' "$before" "$passes" | sort | uniq -d)
		[ "$idle" ] || printf '%s\n' "$passes" | grep -q ' $'
	do
		_tries=$((_tries + 1))
		if [ $_tries -gt 300 ]; then
			not_so "these workers do nothing: $idle"
			return
		fi
		sleep 0.05
	done
}

get $CPU/possible
possible=$value
cpu=${hotpluggable##* }
begin 1 unloaded
tmp=$(mktemp -d) || exit 1

begin_case "$rounds times, while every file is read, written, followed and held open"
: >"$tmp/wrong"
workers=
start read_all
start read_log
start write_all
start write_junk
start hold_open
for state in $MULTI; do
	start instances "$state"
done
[ ! "$cpu" ] || start hotplug "$cpu"
if [ -x $follow ] && perl -e 'use strict; use warnings; use Errno;' 2>/dev/null; then
	follow_log 2>/dev/null &
	background="$background $!"
fi
# This process has to get the CPU in spite of all the workers.
renice -n -10 -p $$ >/dev/null 2>&1
n=0
while [ $n -lt "$rounds" ] && [ ! "$case_failed" ]; do
	# A small log, as that is quickly allocated.
	load log_records=1024
	expect "insmod $n" "$err" 0
	all_pass
	unload
	expect "rmmod $n" "$err" 0
	[ ! -e $SYS ] || not_so "$SYS is left"
	kernel_states
	expect "states left in hotplug/states" "$value" 0
	n=$((n + 1))
done
# shellcheck disable=SC2086 # a list
stop $background
background=
expect "junk that was taken" "$(sort -u "$tmp/wrong")" ""
for i in $hotpluggable; do
	get "$CPU/cpu$i/online"
	[ "$value" = 1 ] || cpu_up "$i"
done
# Without the workers, all has to be as usual.
load
expect "insmod after that" "$err" 0
fresh
for state in $STATES; do
	expect_cpus "$state" "$online"
done
unload
expect "rmmod after that" "$err" 0
end_case
finish
