#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A test of the torture test, for a short time: the same seed does the same operations again, it
# fails when something is wrong, and it puts everything back, also when it is interrupted.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

torture=../torture/torture
BREACHES=${KO%/*}/rust_hotplug_breaches.ko
# Long enough for some hundred operations also on a slow machine.
minutes=${TORTURE_MINUTES:-0.15}

# torture ARGUMENT...: runs it. Sets $status to its exit status, and $verdict to the last line that
# it prints.
torture() {
	RUST_HOTPLUG_KO=$KO RUST_HOTPLUG_OUT=$tmp perl $torture --no-kmemleak "$@" >"$tmp/out" 2>&1
	status=$?
	verdict=$(tail -n 1 "$tmp/out")
}

# expect_verdict STATUS "WORDS": checks both.
expect_verdict() {
	expect "the exit status" "$status" "$1"
	case $verdict in
	"torture: $2: "*)	return 0 ;;
	esac
	not_so "the verdict is '$verdict'"
	sed 's/^/#   /' "$tmp/out"
}

# first_of A B: compares two files as far as the shorter one goes. Sets $length to that number of
# lines, and $same to 1 if they are equal, else to nothing.
first_of() {
	length=$(($(wc -l <"$1")))
	_other=$(($(wc -l <"$2")))
	[ $length -le $_other ] || length=$_other
	head -n $length "$1" >"$tmp/a"
	head -n $length "$2" >"$tmp/b"
	same=
	! cmp -s "$tmp/a" "$tmp/b" || same=1
}

replay() {
	begin_case "each process does the same again with the same seed, and with another something else"
	for i in 1 2 other; do
		mkdir "$tmp/$i"
		seed=4711
		[ $i != other ] || seed=4712
		torture --minutes "$minutes" --seed $seed --record "$tmp/$i"
		expect_verdict 0 ok
	done
	compared=0
	differs=
	for f in "$tmp"/1/*; do
		f=${f##*/}
		first_of "$tmp/1/$f" "$tmp/2/$f"
		[ "$same" ] || not_so "process $f has not done the same"
		compared=$((compared + length))
		perl $torture --list $length --seed 4711 | grep "^$f\." >"$tmp/listed"
		first_of "$tmp/1/$f" "$tmp/listed"
		[ "$same" ] || not_so "process $f has not done what --list says"
		first_of "$tmp/1/$f" "$tmp/other/$f"
		[ "$same" ] || differs=1
	done
	diag "$compared operations were the same"
	[ $compared -ge 100 ] || not_so "there were only $compared operations to compare"
	[ "$differs" ] || not_so "another seed has done the same"
	end_case
}

# in_midst COMMAND ARGUMENT...: starts the torture test with these arguments, and runs COMMAND when
# it has done about a hundred operations.
in_midst() {
	_command=$1
	shift
	rm -rf "$tmp/record"
	mkdir "$tmp/record"
	RUST_HOTPLUG_KO=$KO RUST_HOTPLUG_OUT=$tmp perl $torture --no-kmemleak --minutes 10 --seed 1 --record "$tmp/record" \
		"$@" >"$tmp/out" 2>&1 &
	pid=$!
	background=$pid
	for _i in $(seq 600); do
		[ "$(cat "$tmp"/record/* 2>/dev/null | grep -c .)" -lt 100 ] || break
		sleep 0.1
	done
	$_command
	wait $pid
	status=$?
	background=
	verdict=$(tail -n 1 "$tmp/out")
}

complain() {
	echo "WARNING: made up, to see whether anyone listens" >/dev/kmsg
}

notices_splat() {
	begin_case "a warning in the kernel log makes it fail, and it says the seed and what was done"
	splats_begin
	in_midst complain
	splats_end
	expect_verdict 1 FAILED
	case $verdict in
	*"seed 1,"*"the kernel log says: WARNING: made up"*) ;;
	*)	not_so "the verdict is '$verdict'" ;;
	esac
	[ "$(grep -c '^    [0-9]*\.[0-9]* [a-z]*: ' "$tmp/out")" -gt 5 ] ||
		not_so "it does not say what was done"
	end_case
}

# Tries again while the module is not loaded, as the torture test unloads it at times.
breach() {
	for _i in $(seq 100); do
		! put "startup $first remove" $SYS/online/call || [ "$err" != 0 ] || return 0
		sleep 0.1
	done
}

# With rust_hotplug_breaches, which can be told to break the contract.
notices_violation() {
	begin_case "a violation makes it fail"
	unload
	expect "rmmod" "$err" 0
	splats_begin
	KO=$BREACHES
	in_midst breach
	KO=$saved_ko
	splats_end
	load
	expect "insmod $KO" "$err" 0
	expect_verdict 1 FAILED
	case $verdict in
	*violations* | *"broke the contract"*) ;;
	*)	not_so "the verdict is '$verdict'" ;;
	esac
	# The log as it was then, with what the checker had found in it.
	drawing=$(sed -n 's/^torture: what the kernel called before that: //p' "$tmp/out")
	grep -q '"violation"' "$drawing" || not_so "it has drawn no log with the violation in it: '$drawing'"
	end_case
}

# everything: sets $is to what the torture test has to put back. The numbers of the states are left
# out, as the kernel may give a state another one.
everything() {
	snapshot
	save_knobs
	is=$(printf '%s' "$machine" | grep -v "^$SYS/.*/state:")$nl$saved_knobs
}

interrupt() {
	kill "-$signal" $pid
}

interrupted_by() { # SIGNAL
	begin_case "interrupted by SIG$1 it puts back what it has found"
	signal=$1
	fresh
	set_to 0 $SYS/prepare/installed
	set_to nocalls $SYS/prepare/setup
	set_to mine $SYS/online_multi/instances/add
	fault online_multi/instances/mine/startup_inject cpus="$first" times=7 errno=EIO
	fault online/teardown_inject delay_us=3
	set_to 99 $SYS/seed
	everything
	before=$is
	in_midst interrupt
	expect_verdict 130 interrupted
	everything
	expect "what it has found" "$is" "$before"
	set_to mine $SYS/online_multi/instances/remove
	set_to 0 $SYS/seed
	set_to calls $SYS/prepare/setup
	set_to 1 $SYS/prepare/installed
	end_case
}

perl -e 'use strict; use warnings; use POSIX; use Errno; use Fcntl;' 2>/dev/null || skip_all "no perl"
[ "$hotpluggable" ] || skip_all "no CPU that can go offline"
[ -r "$KO" ] || skip_all "no rust_hotplug.ko to load again"
first=${hotpluggable%% *}
saved_ko=$KO
begin 5
tmp=$(mktemp -d) || exit 1

replay
notices_splat
if [ -r "$BREACHES" ]; then
	notices_violation
else
	skip_case "a violation makes it fail" "no rust_hotplug_breaches.ko: not built"
fi
interrupted_by INT
interrupted_by TERM
finish
