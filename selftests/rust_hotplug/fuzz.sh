#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Writes at random to every file, with fuzz.pl, which knows what is to come of each.
# FUZZ_SEED=N is what it draws from, to see the same once more; FUZZ_WRITES=N is how
# many there are, by default it is quick.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

seed=${FUZZ_SEED:-$(od -A n -N 4 -t u4 /dev/urandom | tr -d ' ')}
writes=${FUZZ_WRITES:-500}

# Whatever it has left, the states can be put back without a reset of the machine.
put_back() {
	reset
	remove_instances
	for s in $STATES $MULTI; do
		set_to 0 "$SYS/$s/installed"
		set_to calls "$SYS/$s/setup"
		set_to both "$SYS/$s/callbacks"
		set_to 1 "$SYS/$s/installed"
	done
	set_to 0 $SYS/seed
	reset
}

fuzz() {
	begin_case "$writes writes with FUZZ_SEED=$seed"
	fresh
	perl fuzz.pl "$seed" "$writes" >"$tmp/out" 2>&1
	expect "the status of fuzz.pl" $? 0
	value=$(grep -v ' of them succeeded$' "$tmp/out")
	expect "the list of writes that went wrong" "$value" ""
	value=$(sed -n 's/.* writes, \(.*\) of them succeeded$/\1/p' "$tmp/out")
	diag "${value:-none} of the writes succeeded"
	# Else it does not test much.
	if [ "${value:-0}" -lt $((writes / 10)) ] || [ "${value:-0}" -gt $((writes * 9 / 10)) ]; then
		not_so "that is too few, or too many"
	fi
	end_case
}

sane() {
	begin_case "after that all works as before"
	put_back
	for s in $STATES; do
		expect_installed "$s"
		expect_cpus "$s" "$online"
	done
	for s in $MULTI; do
		expect_installed "$s"
		expect_file "$s/cpus_up" ""
		set_to i "$SYS/$s/instances/add"
		expect_cpus "$s" "$online"
	done
	reset
	for i in $hotpluggable; do
		cpu_down "$i"
		expect "offlining CPU $i" "$err" 0
		cpu_up "$i"
		expect "onlining CPU $i" "$err" 0
	done
	value=$(fields op ret injected | sort -u)
	[ ! "$hotpluggable" ] || expect "how callbacks were called and what they returned" "$value" "hotplug 0 0"
	remove_instances
	end_case
}

perl -e 'use strict; use warnings; use POSIX; use Errno; use Fcntl;' 2>/dev/null || skip_all "no perl"
begin 2
undo=put_back
tmp=$(mktemp -d) || exit 1
fuzz
sane
finish
