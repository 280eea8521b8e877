#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Following the log while it grows: a reader that waits is woken, a slow reader misses nothing,
# readers do not disturb each other, a reset and an unload are noticed, and lost records are
# counted. Most of this is done with scripts/follow-log.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

follow=$top/scripts/follow-log

# more ROUNDS: removes and sets up a state so many times. Each removal and each setup adds a record
# for each CPU.
more() {
	_rounds=$1
	while [ "$_rounds" -gt 0 ]; do
		set_to 0 $SYS/prepare/installed
		set_to 1 $SYS/prepare/installed
		_rounds=$((_rounds - 1))
	done
}

# until_so COMMAND...: waits until the command succeeds. Fails after 30 seconds.
until_so() {
	_tries=0
	until "$@"; do
		_tries=$((_tries + 1))
		[ $_tries -lt 300 ] || return 1
		sleep 0.1
	done
}

# has_all FILE: succeeds if FILE is a copy of the log.
has_all() {
	cat $SYS/log >"$tmp/log"
	cmp -s "$tmp/log" "$1"
}

has_ended() {
	! kill -0 "$1" 2>/dev/null
}

# follows OUTPUT [ARGUMENT...]: starts a follower, and sets $follower to its process.
follows() {
	_output=$1
	shift
	$follow "$@" >"$_output" 2>"$_output.err" &
	follower=$!
	background="$background $follower"
}

# expect_all FILE WHO: checks that FILE becomes a copy of the log, and that its reader has not
# complained.
expect_all() {
	until_so has_all "$1" || {
		not_so "$2 does not get all of the log"
		diff "$tmp/log" "$1" | head -n 10 | sed 's/^/#   /'
	}
	expect "what $2 says" "$(cat "$1.err")" ""
}

end_followers() {
	# shellcheck disable=SC2086 # a list
	stop $background
	background=
}

arguments() {
	begin_case "follow-log: --help, and what it does not know"
	$follow --help | grep -q '^Usage: follow-log' || not_so "no help"
	for bad in -x "-n x" "a b" /nonexistent; do
		# shellcheck disable=SC2086 # words
		$follow $bad >"$tmp/out" 2>"$tmp/err"
		expect "the status with $bad" $? 2
		expect "the output with $bad" "$(cat "$tmp/out")" ""
		grep -q '^follow-log: ' "$tmp/err" || not_so "no error with $bad"
	done
	end_case
}

# waits SECONDS: reads all of the log, says so, and waits with select(). Prints 1 if it was woken,
# else 0, and whether there was more to read.
waits() {
	perl -e '
	open(my $log, "<", "/sys/kernel/rust_hotplug/log") or die;
	my $first = "";
	vec($first, fileno($log), 1) = 1;
	my $set = $first;
	print scalar(select(undef, undef, $set, 20)), "\n";
	1 while sysread($log, my $data, 4096);
	$| = 1;
	print "read\n";
	$set = $first;
	print scalar(select(undef, undef, $set, $ARGV[0])), "\n";
	print sysread($log, $data, 4096) > 0 ? "more\n" : "nothing\n";
	' "$1"
}

woken() {
	begin_case "a reader that waits is woken by a record, and by nothing else"
	more 1
	expect "before it was read, and when nothing is new" "$(waits 0.3)" "1${nl}read${nl}0${nl}nothing"
	waits 60 >"$tmp/out" &
	background=$!
	until_so grep -q read "$tmp/out"
	# Reading the log, and reading and writing other files, must not wake it.
	cat $SYS/log $SYS/prepare/startups >/dev/null
	set_to EIO $SYS/prepare/startup_inject/errno
	set_to 0 $SYS/prepare/startup_inject/errno
	sleep 0.2
	expect "when nothing is new" "$(cat "$tmp/out")" "1${nl}read"
	more 1
	until_so grep -qx more "$tmp/out"
	expect "when there is a record" "$(cat "$tmp/out")" "1${nl}read${nl}1${nl}more"
	end_followers
	end_case
}

two_followers() {
	begin_case "several followers each get all of it, or all from the third but last record on"
	more 2
	tail -n 3 $SYS/log >"$tmp/last"
	follows "$tmp/one"
	follows "$tmp/two" -n 3
	# With more than there are, it prints all of them.
	follows "$tmp/three" -n 1000
	until_so cmp -s "$tmp/last" "$tmp/two" || not_so "-n 3 does not give the last three"
	until_so has_all "$tmp/one"
	before=$(($(wc -l <$SYS/log) - 2))
	more 20
	expect_all "$tmp/one" "the first"
	tail -n +$before $SYS/log >"$tmp/last"
	until_so cmp -s "$tmp/last" "$tmp/two" || not_so "the second has something else"
	expect_all "$tmp/three" "the third"
	end_followers
	end_case
}

# A shell reads one byte at a time, so it is slower than the log grows.
slow_reader() {
	begin_case "a slow reader misses nothing while the log grows"
	reset
	more 1
	exec 3<$SYS/log
	while read -r line <&3; do
		printf '%s\n' "$line"
	done >"$tmp/slow" &
	background=$!
	more 15
	wait $background
	background=
	# The records that came after it had reached the end.
	while read -r line <&3; do
		printf '%s\n' "$line"
	done >>"$tmp/slow"
	exec 3<&-
	sed 's/ *$//' $SYS/log | cmp -s - "$tmp/slow" || not_so "it has read something else"
	[ "$(wc -l <"$tmp/slow")" -ge $((30 * count)) ] || not_so "it has read too little"
	end_case
}

# The follower writes to a pipe, which fills up while nobody reads it.
blocked_follower() {
	begin_case "a follower whose output is not read for a while misses nothing"
	reset
	mkfifo "$tmp/fifo"
	$follow >"$tmp/fifo" 2>"$tmp/late.err" &
	background=$!
	exec 3<"$tmp/fifo"
	# This is more than a pipe holds.
	more $((800 / count))
	cat <&3 >"$tmp/late" &
	background="$background $!"
	exec 3<&-
	expect_all "$tmp/late" "it"
	end_followers
	end_case
}

was_reset() {
	begin_case "a reset is noticed, and the new log followed"
	more 3
	follows "$tmp/one"
	until_so has_all "$tmp/one"
	cp "$tmp/log" "$tmp/old"
	reset
	until_so grep -qx 'follow-log: the log was reset' "$tmp/one.err" || not_so "it does not say so"
	: >"$tmp/one.err"
	more 5
	# By now the new log is longer than the old one, so its length does not show the reset.
	cat "$tmp/old" $SYS/log >"$tmp/both"
	until_so cmp -s "$tmp/both" "$tmp/one" || not_so "it does not follow the new log"
	# Stopped meanwhile, the follower finds a record at its position again when it goes on.
	kill -STOP "$follower"
	cp "$tmp/both" "$tmp/old"
	reset
	more 6
	kill -CONT "$follower"
	cat "$tmp/old" $SYS/log >"$tmp/both"
	until_so cmp -s "$tmp/both" "$tmp/one" || not_so "it does not notice that it has missed some"
	expect "what it says" "$(cat "$tmp/one.err")" "follow-log: the log was reset"
	end_followers
	end_case
}

reader_gone() {
	begin_case "it ends when nobody reads its output, though there is nothing new, and when killed"
	more 1
	{
		$follow
		echo $? >"$tmp/status"
	} | head -n 1 >"$tmp/one" &
	background=$!
	until_so [ -s "$tmp/status" ] || not_so "it does not end"
	expect "its status" "$(cat "$tmp/status")" 0
	expect "lines read" "$(($(wc -l <"$tmp/one")))" 1
	end_followers
	for signal in INT TERM; do
		# A shell makes its background processes ignore SIGINT; perl undoes that.
		perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' $follow >"$tmp/one" 2>"$tmp/one.err" &
		follower=$!
		background=$follower
		until_so has_all "$tmp/one"
		kill -$signal $follower
		until_so has_ended $follower || not_so "SIG$signal does not end it"
		expect "what it says at SIG$signal" "$(cat "$tmp/one.err")" ""
		end_followers
	done
	end_case
}

unloaded() {
	begin_case "it ends when the module is unloaded"
	more 1
	follows "$tmp/one"
	until_so has_all "$tmp/one"
	unload
	expect "rmmod" "$err" 0
	until_so has_ended "$follower" || not_so "it does not end"
	wait "$follower"
	expect "its status" $? 0
	expect "what it says" "$(cat "$tmp/one.err")" "follow-log: the module was unloaded"
	background=
	end_case
}

# seqs FILE: prints each line whose sequence number is wrong, and then the number of lines, of lost
# records, and the line of the last lost record.
seqs() {
	awk '
	$1 != "seq=" NR - 1	{ print "line " NR " has " $1 }
	/ callback=lost /	{ lost++; last_lost = NR; next }
	END			{ print NR, lost + 0, last_lost + 0 }' "$1"
}

records=64

wraps() {
	begin_case "log_records=$records: the last $records are kept, each of the others has a line that says lost"
	for bad in 0 15 8388609 -1; do
		load log_records=$bad
		# One that is negative is none for the kernel.
		[ $bad = -1 ] || expect "insmod log_records=$bad" "$err" ERANGE
		[ "$err" != 0 ] || { not_so "log_records=$bad is accepted"; unload; }
	done
	load log_records=$records
	expect "insmod" "$err" 0
	fresh
	follows "$tmp/all"
	more 1
	until_so has_all "$tmp/all"
	cp "$tmp/log" "$tmp/old"
	kill -STOP "$follower"
	n=$((2 * records / count))
	more $n
	total=$((2 * (n + 1) * count))
	cat $SYS/log >"$tmp/log"
	expect "lines, lost ones, and the last of these" "$(seqs "$tmp/log")" \
		"$total $((total - records)) $((total - records))"
	# A record that is lost stays lost.
	dd if=$SYS/log bs=$(($(wc -c <"$tmp/log") / total)) skip=3 count=1 2>/dev/null |
		grep -q '^seq=3 .* callback=lost ' || not_so "record 3 is not lost"
	kill -CONT "$follower"
	tail -n +$((2 * count + 1)) "$tmp/log" >>"$tmp/old"
	until_so cmp -s "$tmp/old" "$tmp/all" || not_so "the follower that was stopped meanwhile has something else"
	end_followers
	get $SYS/prepare/startups
	startups=$value
	get $SYS/prepare/teardowns
	expect "lines" "$total" $((startups + value))
	unload
	expect "rmmod" "$err" 0
	end_case
}

# shellcheck disable=SC2086 # a list
set -- $online
count=$#
perl -e 'use strict; use warnings; use Errno;' 2>/dev/null || skip_all "no perl"
[ -x $follow ] || skip_all "no $follow"
begin 9 unloaded

tmp=$(mktemp -d) || exit 1
load_or_exit
fresh
arguments
woken
two_followers
slow_reader
blocked_follower
was_reset
reader_gone
unloaded
wraps
finish
