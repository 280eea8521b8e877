#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: sweep --pairs makes two callbacks fail, the second in the rollback of the first
#
# Of each operation one pair, of states that every kernel has. The kernel complains about the second fault, which the
# sweep has to find, and copes with it so far that the CPU can be brought up again. With others it would not, and these
# are left out: what the kernel does wrong is described in ../reports.

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

perl -e 'use strict; use warnings; use POSIX; use Errno; use Fcntl;' 2>/dev/null || skip_all "no perl"
throwaway || skip_all "it damages the kernel: not on a machine that is kept"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
cpu=${hotpluggable##* }
tmp=$(mktemp -d) || exit 1

# sweep ARGUMENT...: runs it, and sets $status to its exit status.
sweep() {
	RUST_HOTPLUG_OUT='' RUST_HOTPLUG_KO=$KO perl ../sweep/sweep --pairs --journal "$tmp/journal" --json "$tmp/json" "$@" >"$tmp/out" 2>&1
	status=$?
}

# pair OPERATION CALLBACK STATE CALLBACK STATE: makes the first fail in the operation, and the second in its rollback.
pair() {
	id=$(grep "^kernel/$1/cpu$cpu/$2/$3=[A-Z]*+$4/$5=" "$tmp/all")
	[ "$id" ] || {
		not_so "there is no such pair: $*"
		exit 1
	}
	sweep --only "$id"
	# What was found is known.
	expect "the exit status for $id" $status 0
	expect "what was made" "$(sed -n 's/^{"id":"\([^"]*\/[^"]*\)".*/\1/p' "$tmp/json")" "$id"
	# Of the check "result" would be that one of the two has not fired, of "again" that the CPU does not come up.
	expect "the checks that have found something for $id" \
		"$(grep -F "\"$id\"" "$tmp/json" | grep -o '"check":"[a-z]*"' | sort -u)" '"check":"rollback"'
	# The kernel complains or, where it is mended, goes on all the same; then the checker misses that teardown.
	grep "^# kernel/.*: rollback: \(log\|rollback\): " "$tmp/out" || not_so "nobody has complained of $id: $(cat "$tmp/out")"
}

load
can_hook || skip_all "this kernel cannot be hooked"
sweep --list
[ $status != 0 ] || not_so "--pairs takes a module without unsafe_faults"
unload
splats_begin
sweep --list
expect "the exit status of the list" $status 0
cp "$tmp/out" "$tmp/all"
pair offline teardown workqueue:online startup mm/vmstat:online
pair online startup mm/vmstat:online teardown timers:prepare
splats_end >/dev/null
id=$(grep "^kernel/offline/cpu$cpu/teardown/workqueue:online=[A-Z]*+startup/sched:active=" "$tmp/all")
[ "$id" ] || {
	not_so "there is no pair with sched:active"
	exit 1
}
sweep --only "$id"
expect "the exit status for $id" $status 0
grep -qF " $id # SKIP the CPU can never go offline again" "$tmp/out" || not_so "$id is not left out: $(cat "$tmp/out")"
[ ! "$outside_failed" ] || exit 1
