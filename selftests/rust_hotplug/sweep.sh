#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A test of the sweep: a driver with a mistake is found by the check that is for that, and one without is not; and the
# sweep puts everything back, names the fault that a machine has died of, and does each fault in one of its parts.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# sweep ARGUMENT...: runs it. Sets $status to its exit status; $tmp/json has the results. What it finds here is no
# failure of which somebody wants a picture.
sweep() {
	RUST_HOTPLUG_OUT='' RUST_HOTPLUG_KO=$KO perl ../sweep/sweep --journal "$tmp/journal" --json "$tmp/json" "$@" >"$tmp/out" 2>&1
	status=$?
}

# checks_of MISTAKE: sets $value to the checks that have found something of the driver with that mistake.
checks_of() {
	value=$(grep -F "\"rust_hotplug_mistakes=mistake=$1" "$tmp/json" | grep -o '"check":"[a-z]*"' | sort -u |
		sed 's/.*:"//; s/"//' | tr '\n' ' ')
}

# caught MISTAKE CHECK: ends with a case whether that check has found it.
caught() {
	begin_case "$1 is found by the check '$2'"
	checks_of "$1"
	# shellcheck disable=SC2086 # a list
	list_has "$2" $value || {
		not_so "it was found by: ${value:-none}"
		grep -F "=$1" "$tmp/out" | sed 's/^/#   /' | head -n 20
	}
	end_case
}

# Each mistake, what finds it, and whether it is made when loading fails or when a CPU goes off and on.
LOADING="error_ignored:result wrong_error:result slot_kept:states worker_kept:threads queue_kept:workqueues
	irq_kept:irqs directory_kept:devices link_kept:values region_kept:lists cpu_inactive:alive
	cpu_kept:cpus cpu_kept:scheduler warning:log removed_twice:misuses"
REPEATED="percpu_kept:percpu memory_kept:memory pages_kept:kmemleak"
CYCLES="kept_online:cycle"
HOTPLUG="listed_twice:cycle not_set_up_again:work waiting:hung"
# Of this the kernel warns.
ROLLBACK="preemption_kept:rollback"
# After this it cannot be unloaded any more.
LAST="reference_kept:unload reference_kept:modules"

# What is wrong on purpose does not come right by waiting for it.
SETTLE=2

drivers() { # MISTAKE:CHECK...
	drivers=
	for word; do
		word=rust_hotplug_mistakes=mistake=${word%:*}
		# shellcheck disable=SC2086 # a list
		list_has "$word" $drivers || drivers="$drivers $word"
	done
}

# lacks MISTAKE:CHECK: prints what this kernel does not have of what that takes, if so.
lacks() {
	case $1 in
	irq_kept:*)
		grep -qw irq_domain_create_sim /proc/kallsyms || echo "no interrupts of its own: CONFIG_IRQ_SIM" ;;
	*:kmemleak)
		[ -w $kmemleak ] || echo "no kmemleak: CONFIG_DEBUG_KMEMLEAK" ;;
	*:scheduler)
		[ -e /proc/schedstat ] || echo "no /proc/schedstat: CONFIG_SCHEDSTATS" ;;
	esac
}

all_caught() { # MISTAKE:CHECK...
	for word; do
		reason=$(lacks "$word")
		if [ "$reason" ]; then
			skip_case "${word%:*} is found by the check '${word#*:}'" "$reason"
		else
			caught "${word%:*}" "${word#*:}"
		fi
	done
}

loading() { # MISTAKE:CHECK...
	drivers "$@"
	splats_begin
	sweep --settle $SETTLE --drivers "$drivers" --only "load/cpu$cpu/startup/selftest/first:online" --repeats 0
	splats_end
	all_caught "$@"
}

repeated() { # MISTAKE:CHECK...
	drivers "$@"
	# kmemleak says in the kernel log how much it has found.
	splats_begin
	sweep --settle $SETTLE --drivers "$drivers" --only "load/startup/selftest/first:online, 30 times"
	splats_end
	all_caught "$@"
}

in_cycles() { # MISTAKE:CHECK...
	drivers "$@"
	# As in repeated().
	splats_begin
	sweep --settle $SETTLE --drivers "$drivers" --only "${1%:*} off and on without a fault, 30 times"
	splats_end
	all_caught "$@"
}

in_hotplug() { # MISTAKE:CHECK...
	drivers "$@"
	sweep --settle $SETTLE --drivers "$drivers" --only "offline/cpu$cpu/teardown/selftest/first:online" --repeats 0
	all_caught "$@"
}

none() {
	begin_case "a driver without a mistake is found by no check"
	for what in "/cpu$cpu/" ", 30 times"; do
		sweep --drivers rust_hotplug_mistakes --only "$what"
		expect "the exit status" $status 0
		value=$(grep -c '"result":"passed"' "$tmp/json")
		diag "$value results with $what"
		[ "$value" -gt 7 ] || not_so "there are only $value"
		grep '^# .*: ' "$tmp/out" | head -n 20 | sed 's/^/#   /'
	done
	end_case
}

parts() {
	begin_case "each fault is in one of its parts"
	sweep --list
	grep / "$tmp/out" | sort >"$tmp/all"
	: >"$tmp/parts"
	for i in 1 2; do
		sweep --list --shard $i/2
		grep / "$tmp/out" >>"$tmp/parts"
	done
	sort "$tmp/parts" | cmp -s - "$tmp/all" || not_so "they are not the same faults"
	value=$(grep -c . "$tmp/all")
	diag "$value faults"
	[ "$value" -gt 50 ] || not_so "there are only $value"
	end_case
}

errors() {
	begin_case "each CPU has faults with every error"
	for c in $hotpluggable; do
		value=$(sed -n "s:.*/cpu$c/.*=::p" "$tmp/all" | sort -u | tr '\n' ' ')
		expect "the errors on CPU $c" "$value" "EAGAIN EBUSY EINTR EINVAL ENODEV ENOMEM "
	done
	end_case
}

# What a machine has died of may be what repeats the faults of a group.
after() {
	begin_case "it goes on behind a fault, and behind what repeats faults"
	sweep --list
	grep / "$tmp/out" >"$tmp/ordered"
	fault=$(sed -n 5p "$tmp/ordered")
	sweep --list --after "$fault"
	value=$(grep / "$tmp/out")
	expect "what comes after $fault" "$value" "$(sed 1,5d "$tmp/ordered")"
	# The name of a group is that of its faults without the CPU and the errno.
	group=$(echo "$fault" | sed 's:/cpu[0-9]*/:/:; s:=[A-Z0-9]*$::')
	last=$(sed 's:/cpu[0-9]*/:/:; s:=[A-Z0-9]*$::' "$tmp/ordered" | grep -nxF "$group" | tail -n 1)
	sweep --list --after "$group, 30 times"
	value=$(grep / "$tmp/out")
	expect "what comes after $group" "$value" "$(sed "1,${last%%:*}d" "$tmp/ordered")"
	sweep --list --shard 2/2 --after "$fault"
	value=$(grep / "$tmp/out")
	sweep --list --shard 2/2
	expect "what comes after it in a part" "$value" "$(grep / "$tmp/out" | grep -xF "$(sed 1,5d "$tmp/ordered")")"
	sweep --list --drivers "rust_hotplug_mistakes kernel" --after "rust_hotplug_mistakes without a fault"
	value=$(grep / "$tmp/out")
	expect "what comes after a driver that is left out" "$value" "$(cat "$tmp/ordered")"
	sweep --list --after nonsense
	[ $status != 0 ] || not_so "a name that no fault has is taken"
	end_case
}

# failed_operations: prints the CPU and what came back of each operation that has failed, from the kernel's trace events.
failed_operations() {
	awk '/ cpuhp_exit: / { sub(/.*exit:  *cpu: /, ""); if ($7 != 0) print $1 + 0, $7 }' "$tracing/trace"
}

only() {
	begin_case "exactly the fault that is named is made again"
	fault=$(grep "^kernel/offline/cpu$cpu/" "$tmp/ordered" | head -n 1)
	errno_number "${fault##*=}"
	if start_trace; then
		sweep --only "$fault"
		expect "what has failed" "$(failed_operations)" "$cpu -$number"
		remove_trace
	else
		sweep --only "$fault"
	fi
	expect "the exit status" $status 0
	expect "what was made" "$(sed -n 's/^{"id":"\([^"]*\/[^"]*\)".*/\1/p' "$tmp/json")" "$fault"
	sweep --list --only "${fault}X"
	[ $status != 0 ] || not_so "a name that no fault has is taken"
	grep -qF "nothing with '${fault}X' in its name" "$tmp/out" || not_so "it says: $(cat "$tmp/out")"
	sweep --list --only "${fault}X" --elsewhere
	expect "the exit status where another machine may have it" $status 0
	grep -qxF "# there is nothing with '${fault}X' in its name" "$tmp/out" || not_so "it says: $(cat "$tmp/out")"
	end_case
}

# Whatever the ring buffer of a trace instance fails with, mkdir fails with ENOMEM, which is known.
known_findings() {
	begin_case "what is known is an expected failure, and where it does not show that is said"
	sweep --list --drivers trace
	grep '^trace/use/cpu[0-9]*/startup/trace/RB:prepare' "$tmp/out" >"$tmp/faults"
	fault=$(grep -v '=ENOMEM$' "$tmp/faults" | head -n 1)
	sweep --drivers trace --only "$fault" --repeats 0
	expect "the exit status" $status 0
	grep -q "^ok [0-9]* $fault (.*) # XFAIL\$" "$tmp/out" || not_so "what is known does not show: $(cat "$tmp/out")"
	! grep -F 'not seen here: result trace/use/*' "$tmp/out" || not_so "what was seen is said not to be seen"
	# There need not be one that fails with ENOMEM.
	fault=$(grep '=ENOMEM$' "$tmp/faults" | head -n 1)
	if [ "$fault" ]; then
		sweep --drivers trace --only "$fault" --repeats 0
		expect "the exit status with ENOMEM" $status 0
		grep -qF '# known, but not seen here: result trace/use/*: ' "$tmp/out" ||
			not_so "it is not said that it does not show: $(cat "$tmp/out")"
	fi
	end_case
}

# As one whose name is mistyped. A driver without a device here is skipped.
no_such_driver() {
	begin_case "a driver that is not there and has no scenario fails"
	sweep --drivers no_such_driver
	expect "the exit status" $status 1
	grep -qF "there is no module no_such_driver for this kernel" "$tmp/out" || not_so "it says: $(cat "$tmp/out")"
	end_case
}

in_use() {
	begin_case "where somebody uses states/ it begins nothing, but lists, which changes nothing there"
	reset
	target workqueue:online
	# A fault that is armed and does not fire.
	fault "$dir/teardown_inject" times=0 errno=EIO
	echo 1 >$SYS/watch
	cpu_down "$cpu"
	cpu_up "$cpu"
	get "$SYS/$dir/teardowns"
	torn_down=$value
	head -n 1 $SYS/log >"$tmp/log"
	sweep
	[ $status != 0 ] || not_so "it takes states/ from whoever uses that"
	grep -q "somebody uses" "$tmp/out" || not_so "it says: $(cat "$tmp/out")"
	sweep --list
	expect "the exit status of the list" $status 0
	expect "the list" "$(grep / "$tmp/out")" "$(cat "$tmp/ordered")"
	expect_file "$dir/teardown_inject/errno" EIO
	get "$SYS/$dir/teardowns"
	[ "$value" -gt "$torn_down" ] || not_so "the counts are gone: $value teardowns, $torn_down before it"
	expect "the log" "$(head -n 1 $SYS/log)" "$(cat "$tmp/log")"
	expect_file watch 1
	# Where that fires, the list would not have all.
	fault "$dir/teardown_inject" times=1 cpus="$cpu" errno=EIO
	sweep --list
	[ $status != 0 ] || not_so "it lists although a fault has fired"
	grep -q "offline of CPU $cpu without any fault: EIO" "$tmp/out" || not_so "it says: $(cat "$tmp/out")"
	reset
	untarget
	end_case
}

resume() {
	begin_case "what a machine has died of is named, and is not made again"
	fault=$(grep "cpu$cpu/startup" "$tmp/all" | head -n 1)
	printf 'begin before\nend before passed\nbegin %s\n' "$fault" >"$tmp/journal"
	rm -f "$tmp/json"
	sweep --only "$fault" --repeats 0
	[ $status != 0 ] || not_so "it begins anew where a machine has died"
	grep -qF "the machine has died of $fault" "$tmp/out" || not_so "it says: $(cat "$tmp/out")"
	sweep --resume --only "$fault" --repeats 0
	expect "the exit status" $status 1
	value=$(grep -F "\"$fault\"" "$tmp/json" | grep -o '"check":"[a-z]*"')
	expect "what is said of it" "$value" '"check":"killed"'
	sweep --resume --only "$fault" --repeats 0
	expect "the exit status after that, as it counts" $status 1
	value=$(grep -cF "\"$fault\"" "$tmp/json")
	expect "how often it is in the results" "$value" 1
	grep -qxF "# before this, the machine had died 1 times" "$tmp/out" || not_so "it says: $(cat "$tmp/out")"
	fault="rust_hotplug_mistakes without a fault"
	printf 'begin %s\n' "$fault" >"$tmp/journal"
	sweep --resume --drivers rust_hotplug_mistakes --repeats 0
	value=$(sed -n 's/^{"id":"\(rust[^"]*\)".*"check":"\([a-z]*\)".*/\1: \2/p' "$tmp/json")
	expect "what is said of a driver that it died of" "$value" "$fault: killed"
	end_case
}

interrupted() {
	begin_case "interrupted it puts everything back"
	snapshot
	RUST_HOTPLUG_KO=$KO perl ../sweep/sweep --journal "$tmp/journal" --repeats 0 >"$tmp/out" 2>&1 &
	pid=$!
	background=$pid
	for _i in $(seq 600); do
		[ "$(grep -cs '^ok' "$tmp/out")" -lt 5 ] || break
		sleep 0.1
	done
	kill -INT $pid
	wait $pid
	expect "the exit status" $? 130
	background=
	value=$(grep '^not ok' "$tmp/out")
	expect "what has failed" "${value#not ok * }" "the whole sweep"
	grep -q '^# Totals: .* fail:1 ' "$tmp/out" || not_so "that is not in the totals"
	value=$(grep -cE '^(not )?ok ' "$tmp/out")
	grep -qxF "1..$value" "$tmp/out" || not_so "there are $value results, and the plan is $(grep '^1\.\.' "$tmp/out")"
	expect_unchanged
	expect "states that may fail" "$(find $SYS/states -mindepth 1 -type d)" ""
	expect_file watch 0
	end_case
}

# Where it is not in use nothing is to be undone.
own_scenario() {
	begin_case "a driver of one's own is named by its file, and has a scenario of its own"
	cat >"$tmp/scenario" <<-END
		use => sub { make_dir('$tmp/used') },
		check => sub { -d '$tmp/used' or give_up('it is not in use') },
		undo => sub { rmdir '$tmp/used' or give_up('it was not in use') },
	END
	for what in load offline; do
		sweep --drivers "${KO%/*}/rust_hotplug_mistakes.ko" --scenario "$tmp/scenario" --only "$what/cpu$cpu/" --repeats 0
		expect "the exit status with faults in $what" $status 0
		grep -q "^ok .* rust_hotplug_mistakes/$what/cpu$cpu/.*=[A-Z]*$" "$tmp/out" ||
			not_so "it has made no fault: $(tail -n 3 "$tmp/out")"
		grep '^# .*: ' "$tmp/out" | head -n 20 | sed 's/^/#   /'
	done
	[ ! -d "$tmp/used" ] || not_so "it is still in use"
	sweep --scenario "$tmp/scenario"
	[ $status != 0 ] || not_so "it takes a scenario for no driver"
	end_case
}

# What is set up when zswap is enabled for the first time stays until the machine is booted again.
left_for_good() {
	begin_case "a state that a driver has left for good is not one of the next driver's"
	if [ ! -w /sys/module/zswap/parameters/enabled ] || grep -q ': mm/zswap_pool:' $CPU/hotplug/states ||
		! has_driver null_blk; then
		skip_case "$case_name" "no zswap that has never been enabled, or no null_blk"
		return
	fi
	sweep --list --drivers "zswap null_blk zswap"
	value=$(grep -cx 'zswap/.*/mm/zswap_pool:.*' "$tmp/out")
	[ "$value" -gt 0 ] || not_so "zswap has no state: $(tail -n 3 "$tmp/out")"
	expect "how many of these are there twice" \
		"$(grep -x 'zswap/.*/mm/zswap_pool:.*' "$tmp/out" | sort | uniq -d | wc -l)" $((value / 2))
	grep -q '^null_blk/' "$tmp/out" || not_so "null_blk has no state: $(tail -n 3 "$tmp/out")"
	expect "what null_blk has of zswap" "$(grep '^null_blk/.*/mm/zswap_pool:' "$tmp/out")" ""
	end_case
}

perl -e 'use strict; use warnings; use POSIX; use Errno; use Fcntl;' 2>/dev/null || skip_all "no perl"
throwaway || skip_all "it loads a driver that leaves things behind: not on a machine that is kept"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
cpu=${hotpluggable##* }
tmp=$(mktemp -d) || exit 1
# shellcheck disable=SC2086 # lists
set -- $LOADING $REPEATED $CYCLES $HOTPLUG $ROLLBACK $LAST
begin_hooked $(($# + 12))
parts
errors
after
only
known_findings
no_such_driver
in_use
resume
interrupted
none
own_scenario
# shellcheck disable=SC2086 # lists
{
	repeated $REPEATED
	in_cycles $CYCLES
	in_hotplug $HOTPLUG
	splats_begin
	in_hotplug $ROLLBACK
	splats_end
	loading $LOADING
	in_hotplug $LAST
}
left_for_good
finish
