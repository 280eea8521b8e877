#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# scripts/timeline with the log as it is on this machine: that it draws it in each format with no more than the perl of
# the machine under test, and finds in it the operations that were done. What the drawings look like is tested in
# selftests/timeline.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

timeline=$top/scripts/timeline

# titles: prints the first lines of the operations in the text, without how many calls there were and how long they took.
titles() {
	$timeline - <"$tmp/log" | sed -n 's/, [0-9]* calls\{0,1\} in [0-9.]* ms$//; /^[^ ]/p'
}

# take_log: keeps the log as it is now, and then empties it.
take_log() {
	cat $SYS/log >"$tmp/log"
	reset
}

operations() {
	begin_case "the operations of a log are those that were done, with what came of them"
	set_to 0 $SYS/online/installed
	reset
	fault online/startup_inject cpus="$last" times=1 errno=ENOMEM
	put 1 $SYS/online/installed
	expect "the setup" "$err" ENOMEM
	set_to 1 $SYS/online/installed
	set_to i $SYS/online_multi/instances/add
	fault online/teardown_inject cpus="$cpu" times=1 errno=EIO
	put 0 "$CPU/cpu$cpu/online"
	expect "the offline" "$err" EIO
	set_to 0 "$CPU/cpu$cpu/online"
	fault online/startup_inject cpus="$cpu" times=1 errno=ENOSPC
	put 1 "$CPU/cpu$cpu/online"
	expect "the online" "$err" ENOSPC
	set_to 1 "$CPU/cpu$cpu/online"
	set_to i $SYS/online_multi/instances/remove
	set_to 0 $SYS/online/installed
	take_log
	set_to 1 $SYS/online/installed
	undone=", undone"
	[ "$count" -gt 1 ] || undone=
	expect "what is drawn" "$(titles)" "setup of online: ENOMEM, injected$undone
setup of online
online_multi: instance i added
CPU $cpu offline: EIO in online, injected$restored
CPU $cpu offline
CPU $cpu online: ENOSPC in online, injected, undone
CPU $cpu online
online_multi: instance i removed
removal of online"
	end_case
}

formats() {
	begin_case "the log of all states is drawn in each format, with each of its calls"
	put 1 $SYS/watch
	[ ! "$err" = EOPNOTSUPP ] || diag "this kernel cannot be hooked: only the states of the module are drawn"
	reset
	set_to 0 "$CPU/cpu$cpu/online"
	fault online/startup_inject cpus="$cpu" times=1 errno=ENOMEM
	put 1 "$CPU/cpu$cpu/online"
	expect "the online" "$err" ENOMEM
	set_to 1 "$CPU/cpu$cpu/online"
	set_to 0 $SYS/watch
	take_log
	lines=$(wc -l <"$tmp/log")
	for format in text svg html perfetto table; do
		$timeline --format $format -o "$tmp/$format" "$tmp/log" 2>"$tmp/err"
		expect "the status of $format" $? 0
		expect "what it says" "$(cat "$tmp/err")" ""
		[ -s "$tmp/$format" ] || not_so "$format is empty"
	done
	expect "rows of the text" "$(grep -c '^ *[0-9]*\.[0-9][0-9][0-9]  ' "$tmp/text")" "$lines"
	expect "calls of the table" "$(awk '/ (startup|teardown) / { n += $3 } END { print n }' "$tmp/table")" "$lines"
	expect "rows of the picture" "$(grep -c '<title>.* on CPU ' "$tmp/svg")" "$lines"
	for state in $(fields_of_log state | sort -u); do
		grep -qF ">$state<" "$tmp/svg" || grep -qF ">$state " "$tmp/svg" || not_so "the picture has no $state"
	done
	end_case
}

# fields_of_log NAME: prints a field of each line of the log that was kept.
fields_of_log() {
	sed -n "s/.* $1=\([^ ]*\) .*/\1/p" "$tmp/log"
}

by_default() {
	begin_case "by default it draws the log of the module, and says if there is none"
	set_to 0 $SYS/prepare/installed
	set_to 1 $SYS/prepare/installed
	expect "the text" "$($timeline)" "$($timeline $SYS/log)"
	unload
	expect "rmmod" "$err" 0
	$timeline >"$tmp/out" 2>"$tmp/err"
	expect "the status without the module" $? 2
	expect "the text without it" "$(cat "$tmp/out")" ""
	grep -q '^timeline: .*Is the module loaded?' "$tmp/err" || not_so "it says: $(cat "$tmp/err")"
	load_or_exit
	end_case
}

perl -e 'use strict; use warnings; use Errno;' 2>/dev/null || skip_all "no perl"
[ -x $timeline ] || skip_all "no $timeline"
begin 3
# shellcheck disable=SC2086 # a list
set -- $hotpluggable
[ $# -gt 0 ] || skip_all "no CPU can go offline"
for cpu; do :; done
# shellcheck disable=SC2086 # a list
set -- $online
count=$#
for last; do :; done
# The instance comes before "online" on the way down, and so is put back when that fails.
restored=", undone"
tmp=$(mktemp -d) || exit 1
fresh
operations
formats
by_default
finish
