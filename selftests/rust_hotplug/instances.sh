#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# States with instances: the calls when one is added and removed, and what happens to the others
# when one in the middle of the list fails. The kernel has the newest at the head of the list, and
# walks the list in the same direction on the way up and on the way down.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

MULTI="prepare_multi online_multi"

# seen STATE: prints the records of that state in the log: operation, instance, callback, CPU and
# result.
seen() {
	awk -v state="$1" '
	{
		split("", f)
		for (i = 1; i <= NF; i++) {
			n = index($i, "=")
			f[substr($i, 1, n - 1)] = substr($i, n + 1)
		}
		if (f["state"] != state)
			next
		# Instances are called in the same task and on the same CPU as states without
		# instances.
		if (state ~ /^online/ && (f["on"] != f["cpu"] || f["task"] != "cpuhp/" f["cpu"]) && !byhand)
			printf "misplaced "
		print f["op"], f["instance"], f["callback"], f["cpu"],
			f["ret"] (f["injected"] != 0 ? " injected" : "")
	}' byhand="$by_hand" $SYS/log
}
by_hand=

# next OPERATION INSTANCE CALLBACK CPU [RESULT]: adds a call to $want, which the log has to show
# next.
next() {
	want="$want${want:+$nl}$1 $2 $3 $4 ${5:-0}"
}

each() { # OPERATION INSTANCE CALLBACK CPU...
	_op=$1 _instance=$2 _callback=$3
	shift 3
	for _cpu; do
		next "$_op" "$_instance" "$_callback" "$_cpu"
	done
}

expect_seen() { # STATE WHAT
	expect "log of $2" "$(seen "$1")" "$want"
	want=
	reset
}

add() { # STATE INSTANCE
	put "$2" "$SYS/$1/instances/add"
}

del() {
	put "$2" "$SYS/$1/instances/remove"
}

# empty: removes all instances, and sets the states up as after loading.
empty() {
	for _state in $MULTI; do
		for _dir in "$SYS/$_state"/instances/*/; do
			[ -d "$_dir" ] || continue
			_dir=${_dir%/}
			set_to "${_dir##*/}" "$SYS/$_state/instances/remove"
		done
		get "$SYS/$_state/setup"
		[ "$value" = calls ] || {
			set_to 0 "$SYS/$_state/installed"
			set_to calls "$SYS/$_state/setup"
		}
		set_to 1 "$SYS/$_state/installed"
	done
	fresh
}

three() { # STATE
	empty
	for _i in a b c; do
		set_to $_i "$SYS/$1/instances/add"
	done
	reset
}

basics() { # STATE
	begin_case "$1: instances come and go"
	empty
	for i in a b; do
		add "$1" $i
		expect "adding $i" "$err" 0
		# shellcheck disable=SC2086 # a list
		each add $i startup $online
		expect_cpus "$1/instances/$i" "$online"
	done
	expect_seen "$1" adding
	add "$1" a
	expect "adding a again" "$err" EEXIST
	del "$1" x
	expect "removing what is not there" "$err" ENOENT
	for i in . .. - a/b "a b" "a=b" 123456789012345678901234567890123; do
		add "$1" "$i"
		expect "adding '$i'" "$err" EINVAL
	done
	for i in add remove; do
		add "$1" $i
		expect "adding '$i'" "$err" EEXIST
	done
	reset
	for i in 0 a.b_c-d:e@f+Z ... a- 12345678901234567890123456789012; do
		add "$1" "$i"
		expect "adding '$i'" "$err" 0
		expect_file "$1/instances/$i/cpus_up" "$(cat $CPU/online)"
		expect "the name in the log" "$(fields instance | sort -u)" "$i"
		del "$1" "$i"
		expect "removing '$i'" "$err" 0
		reset
	done
	put 0 "$SYS/$1/installed"
	expect "removing the state" "$err" EBUSY
	expect_cpus "$1" "$online"
	expect "log" "$(seen "$1")" ""
	for i in a b; do
		del "$1" $i
		expect "removing $i" "$err" 0
		# shellcheck disable=SC2086
		each del $i teardown $online
		[ ! -d "$SYS/$1/instances/$i" ] || not_so "the directory of $i is still there"
	done
	expect_seen "$1" removing
	expect_file "$1/cpus_up" ""
	put 0 "$SYS/$1/installed"
	expect "removing the state" "$err" 0
	add "$1" a
	expect "adding to a state that is not set up" "$err" ENODEV
	put 1 "$SYS/$1/installed"
	expect "setting it up" "$err" 0
	end_case
}

add_fails() { # STATE CPU ERRNO
	begin_case "$1: adding fails on CPU $2 with $3, others are left alone"
	three "$1"
	arm "$1" startup "$3" "$2"
	add "$1" d
	expect "adding d" "$err" "$3"
	errno_number "$3"
	expect_file "$1/failures" 1
	below=
	for i in $online; do
		[ "$i" -lt "$2" ] || break
		next add d startup "$i"
		below="$below $i"
	done
	next add d startup "$2" "-$number injected"
	# shellcheck disable=SC2086
	each add d teardown $below
	expect_seen "$1" adding
	[ ! -d "$SYS/$1/instances/d" ] || not_so "there is a directory of d"
	add "$1" d
	expect "adding d after that" "$err" 0
	# shellcheck disable=SC2086
	each add d startup $online
	expect_seen "$1" "adding after that"
	end_case
}

expect_counts() { # DIRECTORY STARTUPS TEARDOWNS FAILURES
	expect_file "$1/startups" "$2"
	expect_file "$1/teardowns" "$3"
	expect_file "$1/failures" "$4"
}

online_fails() { # STATE CPU
	begin_case "$1: the middle one of three fails when CPU $2 goes online"
	if [ "$1" = prepare_multi ] && older_than 7 2; then
		skip_case "$case_name" "the kernel loses its error, so it does not fire"
		return
	fi
	three "$1"
	cpu_down "$2"
	expect "offlining" "$err" 0
	for i in c b a; do
		next hotplug $i teardown "$2"
	done
	expect_seen "$1" offlining
	arm "$1/instances/b" startup ENOSPC "$2"
	cpu_up "$2"
	expect "onlining" "$err" ENOSPC
	next hotplug c startup "$2"
	next hotplug b startup "$2" "-28 injected"
	next hotplug c teardown "$2"
	expect_file "$1/instances/b/startup_inject/hits" 1
	expect_counts "$1/instances/c" 1 1 0
	expect_counts "$1/instances/b" 1 0 1
	expect_counts "$1/instances/a" 0 0 0
	# What is counted for an instance is counted for its state, once.
	expect_counts "$1" 2 1 1
	expect_seen "$1" "the failure"
	get "$CPU/cpu$2/online"
	expect "CPU $2 online" "$value" 0
	cpu_up "$2"
	expect "onlining after that" "$err" 0
	for i in c b a; do
		next hotplug $i startup "$2"
	done
	expect_seen "$1" "onlining after that"
	for i in a b c; do
		expect_cpus "$1/instances/$i" "$online"
	done
	end_case
}

offline_fails() { # STATE CPU
	begin_case "$1: the middle one of three refuses to let CPU $2 go"
	three "$1"
	arm "$1/instances/b" teardown EBUSY "$2"
	cpu_down "$2"
	expect "offlining" "$err" EBUSY
	next hotplug c teardown "$2"
	next hotplug b teardown "$2" "-16 injected"
	next hotplug c startup "$2"
	expect_counts "$1/instances/b" 0 1 1
	expect_counts "$1" 1 2 1
	expect_seen "$1" "the refusal"
	get "$CPU/cpu$2/online"
	expect "CPU $2 online" "$value" 1
	for i in a b c; do
		expect_cpus "$1/instances/$i" "$online"
	done
	cpu_down "$2"
	expect "offlining after that" "$err" 0
	cpu_up "$2"
	end_case
}

removed_in_the_middle() { # STATE CPU
	begin_case "$1: the middle one of three is removed"
	three "$1"
	del "$1" b
	expect "removing b" "$err" 0
	# shellcheck disable=SC2086
	each del b teardown $online
	expect_seen "$1" removing
	cpu_down "$2"
	cpu_up "$2"
	expect "onlining" "$err" 0
	for i in c a; do
		next hotplug $i teardown "$2"
	done
	for i in c a; do
		next hotplug $i startup "$2"
	done
	expect_seen "$1" "offline and online"
	end_case
}

# With a teardown alone the CPUs are undone whose startup has not been called.
teardown_alone() { # STATE WAY
	begin_case "$1: $2, with teardown alone"
	empty
	set_to 0 "$SYS/$1/installed"
	set_to "$2" "$SYS/$1/setup"
	set_to teardown "$SYS/$1/callbacks"
	set_to 1 "$SYS/$1/installed"
	reset
	[ "$2" != manual ] || by_hand=1
	set_to a "$SYS/$1/instances/add"
	expect_seen "$1" adding
	set_to a "$SYS/$1/instances/remove"
	# shellcheck disable=SC2086 # a list
	case $2 in
	nocalls*)	;;
	*)		each del a teardown $online ;;
	esac
	expect_seen "$1" removing
	by_hand=
	set_to 0 "$SYS/$1/installed"
	set_to both "$SYS/$1/callbacks"
	end_case
}

# With one callback alone the kernel would not undo the other instances, and warn at the next state.
one_callback() { # CPU
	begin_case "online_multi: with one callback alone no instance fails when CPU $1 goes offline and online"
	for c in startup teardown; do
		empty
		set_to 0 $SYS/online_multi/installed
		set_to $c $SYS/online_multi/callbacks
		set_to 1 $SYS/online_multi/installed
		for i in a b; do
			set_to $i $SYS/online_multi/instances/add
		done
		reset
		arm online_multi $c EIO "$1" -1
		arm online_multi/instances/a $c EIO "$1" -1
		cpu_down "$1"
		expect "offlining with $c armed" "$err" 0
		cpu_up "$1"
		expect "onlining with $c armed" "$err" 0
		expect_file online_multi/${c}_inject/hits 0
		expect_file online_multi/instances/a/${c}_inject/hits 0
		expect_file online_multi/${c}s 2
		for i in a b; do
			set_to $i $SYS/online_multi/instances/remove
		done
	done
	set_to 0 $SYS/online_multi/installed
	set_to both $SYS/online_multi/callbacks
	end_case
}

# Instances that are removed without calls stay initialised, and no longer count for the state.
removed_nocalls() { # STATE CPU
	begin_case "$1: cpus_up of an instance that is removed without calls"
	empty
	set_to 0 "$SYS/$1/installed"
	set_to nocalls "$SYS/$1/setup"
	set_to 1 "$SYS/$1/installed"
	for i in a b; do
		set_to $i "$SYS/$1/instances/add"
	done
	expect_cpus "$1" ""
	cpu_down "$2"
	cpu_up "$2"
	for i in a b; do
		expect_cpus "$1/instances/$i" "$2"
	done
	set_to a "$SYS/$1/instances/remove"
	expect_cpus "$1" "$2"
	set_to b "$SYS/$1/instances/remove"
	expect_cpus "$1" ""
	end_case
}

ways() { # STATE WAY
	begin_case "$1: $2"
	empty
	set_to 0 "$SYS/$1/installed"
	set_to "$2" "$SYS/$1/setup"
	set_to 1 "$SYS/$1/installed"
	reset
	[ "$2" != manual ] || by_hand=1
	add "$1" a
	expect "adding a" "$err" 0
	# shellcheck disable=SC2086 # a list
	case $2 in
	nocalls*)	;;
	*)		each add a startup $online ;;
	esac
	expect_seen "$1" adding
	case $2 in
	nocalls*)	;;
	*)
		arm "$1" startup EIO "$last"
		# The fault in the teardown must not fire: a rollback cannot be refused, whether the
		# kernel does it or, with setup "manual", the module.
		[ "$1" != online_multi ] || arm "$1" teardown EBUSY all -1
		add "$1" b
		expect "adding b" "$err" EIO
		# shellcheck disable=SC2086
		list_without "$last" $online
		# shellcheck disable=SC2086
		each add b startup $list
		next add b startup "$last" "-5 injected"
		# shellcheck disable=SC2086
		each add b teardown $list
		expect_file "$1/teardown_inject/hits" 0
		expect_seen "$1" "the failure"
		;;
	esac
	del "$1" a
	expect "removing a" "$err" 0
	# shellcheck disable=SC2086
	case $2 in
	nocalls*)	;;
	*)		each del a teardown $online ;;
	esac
	expect_seen "$1" removing
	by_hand=
	end_case
}

# shellcheck disable=SC2086
set -- $online
last=${online##* }
cpu=${hotpluggable##* }
begin $((2 * ($# + 2 * 5 + 1 + 1 + 1 + 1) + 2))

n=0
for state in $MULTI; do
	basics "$state"
	for i; do
		# shellcheck disable=SC2086
		nth $n $ERRNOS
		add_fails "$state" "$i" "$word"
		n=$((n + 1))
	done
	for way in calls nocalls calls_cpuslocked nocalls_cpuslocked manual; do
		ways "$state" "$way"
		teardown_alone "$state" "$way"
	done
	if [ "$cpu" ]; then
		online_fails "$state" "$cpu"
		removed_in_the_middle "$state" "$cpu"
		removed_nocalls "$state" "$cpu"
	else
		skip_case "$state: online fails" "no CPU can go offline"
		skip_case "$state: removed in the middle" "no CPU can go offline"
		skip_case "$state: removed without calls" "no CPU can go offline"
	fi
done
if [ "$cpu" ]; then
	offline_fails online_multi "$cpu"
	one_callback "$cpu"
else
	skip_case "online_multi: offline fails" "no CPU can go offline"
	skip_case "online_multi: with one callback alone" "no CPU can go offline"
fi
empty
finish
