#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The files of `states` and `watch`: which states can be added, what their files say, and that nothing of
# the kernel is touched while nobody wants it.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

FUNCTIONS=/sys/kernel/tracing/enabled_functions

# add NAME ERRNO, remove NAME ERRNO: the write ends with that errno, or 0.
add() {
	put "$1" $SYS/states/add
	expect "adding '$1'" "$err" "$2"
}

remove() {
	put "$1" $SYS/states/remove
	expect "removing '$1'" "$err" "$2"
}

# expect_mode FILE MODE
expect_mode() {
	expect "mode of $1" "$(stat -c %a "$SYS/$1")" "$2"
}

# expect_hooks SHOULD: checks whether ftrace has a function of ours: yes or no.
expect_hooks() {
	value=no
	! grep -q rust_hotplug $FUNCTIONS || value=yes
	expect "whether the kernel is hooked $2" "$value" "$1"
}

# starting_states: prints the number and the name of each state of section STARTING. Which numbers these
# are differs between series; behind them comes ap:online, which is of section ONLINE.
starting_states() {
	awk '
	$2 == "idle:dead"	{ starting = 1 }
	$2 == "ap:online"	{ exit }
	starting		{ print $1 + 0, $2 }' $CPU/hotplug/states
}

errors() {
	begin_case "what cannot be added or removed"
	# As in names().
	set_to 1 $SYS/watch
	add workqueue:online 0
	add workqueue:online EEXIST
	state_number workqueue:online
	# The same state under its number.
	add "$number" EEXIST
	remove "$number" ENOENT
	remove workqueue:online 0
	remove workqueue:online ENOENT
	add "$number" 0
	add workqueue:online EEXIST
	[ -d "$SYS/states/$number" ] || not_so "there is no states/$number"
	expect_file "states/$number/state" "$number"
	remove "$number" 0
	# Numbers that nobody has: they begin behind the last that the kernel shows, and each series has another.
	behind=$(($(awk 'END { print $1 + 0 }' $CPU/hotplug/states) + 1))
	for n in $behind 999 2147483647 2147483648 99999999999999999999; do
		add "$n" ENOENT
	done
	# Not numbers, but names.
	for n in -1 +186 0xba 186x; do
		add $n 0
		expect_file states/$n/state -1
		remove $n 0
	done
	for s in $STATES $MULTI; do
		get "$SYS/$s/state"
		add "$value" EINVAL
		name=$(awk -v id="$value:" '$1 == id { print $2 }' $CPU/hotplug/states)
		add "$name" EINVAL
	done
	starting_states >"$tmp/starting"
	[ -s "$tmp/starting" ] || not_so "there is no state of section STARTING"
	while read -r n name; do
		add "$n" EOPNOTSUPP
		add "$name" EOPNOTSUPP
	done <"$tmp/starting"
	add "" EINVAL
	add . EINVAL
	add .. EINVAL
	add add EEXIST
	add remove EEXIST
	for v in 2 -1; do
		put $v $SYS/watch
		expect "writing $v to watch" "$err" ERANGE
	done
	put x $SYS/watch
	expect "writing x to watch" "$err" EINVAL
	value=$(ls $SYS/states)
	expect "what is in states" "$value" "add${nl}remove"
	untarget
	end_case
}

# expect_reason NAME ERRNO REASON: adding it is refused, and the kernel log says why.
expect_reason() {
	echo "adding $1 $$" >/dev/kmsg
	add "$1" "$2"
	value=$(dmesg | awk -v mark="adding $1 $$" '
	index($0, mark)				{ text = ""; next }
	sub(/.*rust_hotplug: states\/add: /, "")	{ text = text $0 "." }
	END					{ print text }')
	expect "what the kernel log says" "$value" "$1 $3."
}

reasons() {
	begin_case "the kernel log says why a state is refused"
	# As in names().
	set_to 1 $SYS/watch
	starting="is of section STARTING, whose callbacks must not fail"
	starting_states >"$tmp/starting"
	read -r number name <"$tmp/starting"
	expect_reason "$number" EOPNOTSUPP "$starting"
	expect_reason "$name" EOPNOTSUPP "$starting"
	get $SYS/online/state
	expect_reason "$value" EINVAL "is a state of this module, which has a directory of its own"
	untarget
	end_case
}

files() {
	begin_case "what the files of a state say"
	expect_mode watch 644
	expect_mode misuses 444
	expect_mode states/add 200
	expect_mode states/remove 200
	awk '
	$2 == "idle:dead"	{ starting = 1 }
	!starting && $1 + 0 > 0 && !/rust_hotplug/ { sub(/^ */, ""); sub(/: /, " "); print }
	$2 == "ap:online"	{ starting = 0 }' $CPU/hotplug/states >"$tmp/states"
	while read -r n name; do
		add "$name" 0
		d=states/$(echo "$name" | tr / '!')
		for f in state section startups teardowns failures; do
			expect_mode "$d/$f" 444
		done
		expect_file "$d/state" "$n"
		section=prepare
		[ "$n" -lt 141 ] || section=online
		expect_file "$d/section" $section
		for f in startups teardowns failures startup_inject/hits teardown_inject/hits; do
			expect_file "$d/$f" 0
		done
		for c in startup teardown; do
			expect_file "$d/${c}_inject/errno" 0
			expect_file "$d/${c}_inject/probability" 100
		done
		# A teardown that the kernel cannot undo.
		put EIO "$SYS/$d/teardown_inject/errno"
		[ $section = online ] && should=0 || should=EPERM
		expect "arming the teardown of $name" "$err" "$should"
	done <"$tmp/states"
	n=$(wc -l <"$tmp/states")
	expect "how many there are" "$(find $SYS/states -mindepth 1 -maxdepth 1 -type d | wc -l)" "$n"
	reset
	expect "how many there are after a reset" \
		"$(find $SYS/states -mindepth 1 -maxdepth 1 -type d | wc -l)" "$n"
	value=$(cat $SYS/states/*/*_inject/errno | sort -u)
	expect "errno of all after a reset" "$value" 0
	untarget
	expect "what is left" "$(ls $SYS/states)" "add${nl}remove"
	end_case
}

names() {
	begin_case "names of every character and length"
	# So that the hook is not put in place and taken out for each of them, which takes a second.
	set_to 1 $SYS/watch
	# Not NUL and newline, which end the text, and not the slash, which is another in the directory.
	i=1
	while [ $i -lt 256 ]; do
		case $i in
		10 | 47)	;;
		*)
			# shellcheck disable=SC2059 # the character is in the format
			name=a$(printf "\\$(printf %03o $i)")b
			# Not echo, which has a meaning of its own for a backslash.
			printf '%s\n' "$name" >$SYS/states/add
			[ -d "$SYS/states/$name" ] || not_so "there is no directory for character $i"
			printf '%s\n' "$name" >$SYS/states/remove
			[ ! -d "$SYS/states/$name" ] || not_so "the one for character $i is still there"
			;;
		esac
		i=$((i + 1))
	done
	add a/b/c 0
	[ -d $SYS/states/a!b!c ] || not_so "there is no directory a!b!c"
	# The directory would have the same name.
	add a!b!c EEXIST
	remove a!b!c ENOENT
	remove a/b/c 0
	name=
	i=1
	while [ $i -le 255 ]; do
		name=${name}n
		set_to "$name" $SYS/states/add
		i=$((i + 1))
	done
	expect "how many there are" "$(find $SYS/states -mindepth 1 -maxdepth 1 -type d | wc -l)" 255
	add "${name}n" EINVAL
	untarget
	end_case
}

many() {
	begin_case "500 names, one of which is a state"
	add workqueue:online 0
	i=0
	while [ $i -lt 499 ]; do
		set_to nobody/$i:online $SYS/states/add
		i=$((i + 1))
	done
	expect "how many there are" "$(find $SYS/states -mindepth 1 -maxdepth 1 -type d | wc -l)" 500
	value=$(cat $SYS/states/nobody*/state | sort -u)
	expect "their numbers" "$value" -1
	if [ "$cpu" ]; then
		cpu_down "$cpu"
		cpu_up "$cpu"
		expect_file states/workqueue:online/startups 1
		expect_file states/workqueue:online/teardowns 1
	fi
	untarget
	end_case
}

# A name is there before and after its state.
loaded() {
	if ! has_driver rust_hotplug_driver; then
		skip_case "a state that comes and goes" "there is no module rust_hotplug_driver"
		return
	fi
	begin_case "a state that comes and goes"
	for name in selftest/single:dead selftest/single:online selftest/multi:online; do
		target $name
		expect_file "$dir/state" -1
		expect_file "$dir/section" -
	done
	for round in 1 2; do
		load_driver rust_hotplug_driver
		expect "loading the driver, round $round" "$err" 0
		for name in selftest/single:dead selftest/single:online selftest/multi:online; do
			dir=states/$(echo $name | tr / '!')
			state_number $name
			expect_file "$dir/state" "$number"
			[ "$name" = selftest/single:dead ] && section=prepare || section=online
			expect_file "$dir/section" "$section"
		done
		unload_driver rust_hotplug_driver
		expect "unloading the driver, round $round" "$err" 0
		for name in selftest/single:dead selftest/single:online selftest/multi:online; do
			dir=states/$(echo $name | tr / '!')
			expect_file "$dir/state" -1
			expect_file "$dir/section" -
		done
	done
	untarget
	end_case
}

# A name may be armed in both directions while nobody knows in which section its state will be.
armed_early() {
	begin_case "what is armed for a name that waits does not fire if the state is of section PREPARE"
	target selftest/single:dead
	set_to -1 "$SYS/$dir/teardown_inject/times"
	set_to EIO "$SYS/$dir/teardown_inject/errno"
	load_driver rust_hotplug_driver
	expect "loading the driver" "$err" 0
	expect_file "$dir/section" prepare
	expect_file "$dir/teardown_inject/errno" EIO
	cpu_down "$cpu"
	expect "offlining CPU $cpu" "$err" 0
	cpu_up "$cpu"
	expect "onlining CPU $cpu" "$err" 0
	expect_file "$dir/teardowns" 1
	expect_file "$dir/teardown_inject/hits" 0
	put ENOMEM "$SYS/$dir/teardown_inject/errno"
	expect "arming it with another error" "$err" EPERM
	set_to 0 "$SYS/$dir/teardown_inject/errno"
	put EIO "$SYS/$dir/teardown_inject/errno"
	expect "arming it again" "$err" EPERM
	unload_driver rust_hotplug_driver
	expect "unloading the driver" "$err" 0
	untarget
	end_case
}

off() {
	if [ ! -r $FUNCTIONS ]; then
		skip_case "nothing is touched while nobody wants it" "no $FUNCTIONS"
		return
	fi
	begin_case "nothing is touched while nobody wants it"
	expect_hooks no "after loading"
	set_to 1 $SYS/watch
	expect_hooks yes "with watch"
	target workqueue:online
	set_to 0 $SYS/watch
	expect_hooks yes "with a state"
	set_to 1 $SYS/watch
	untarget
	expect_hooks no "without both"
	add 999 ENOENT
	expect_hooks no "after a state that could not be added"
	target nobody:online
	expect_hooks yes "with a state that waits"
	set_to 1 $SYS/reset
	expect_hooks yes "after a reset"
	untarget
	expect_hooks no "at the end"
	end_case
}

watch() {
	begin_case "what is in the log"
	reset
	target workqueue:online
	cpu_down "$cpu"
	cpu_up "$cpu"
	value=$(fields state | sort -u | grep -v '^\(prepare\|online\)' )
	expect "the states in the log without watch" "$value" workqueue:online
	set_to 1 $SYS/watch
	reset
	cpu_down "$cpu"
	cpu_up "$cpu"
	for name in workqueue:online mm/vmstat:online random:prepare slub:dead cpu:bringup; do
		state_number $name
		[ "$number" ] || continue
		value=$(fields state id cpu | sort -u | grep "^$name ")
		expect "$name in the log with watch" "$value" "$name $number $cpu"
	done
	value=$(awk '!/ took=[1-9][0-9]* frozen=0 *$/' $SYS/log | head -n 3)
	expect "lines without a time" "$value" ""
	untarget
	reset
	cpu_down "$cpu"
	cpu_up "$cpu"
	value=$(fields state | sort -u | grep -v '^\(prepare\|online\)')
	expect "the states in the log at the end" "$value" ""
	end_case
}

begin_hooked 9
tmp=$(mktemp -d)
cpu=${hotpluggable##* }
# Before the others: the kernel log has so many of such lines in a few seconds, and no more.
reasons
errors
files
names
many
loaded
if [ "$cpu" ] && has_driver rust_hotplug_driver; then
	armed_early
else
	skip_case "what is armed for a name that waits" "no CPU can go offline here, or there is no module rust_hotplug_driver"
fi
off
if [ "$cpu" ]; then
	watch
else
	skip_case "what is in the log" "no CPU can go offline here"
fi
finish
