#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What the kernel does when a callback fails that must not fail, or fails during a rollback. The
# module allows such faults with unsafe_faults=1. The kernel warns and may leave a CPU half-way, so
# this is only for a machine that is thrown away. The errors of the kernel are described in
# ../reports. With the patches that are in ../reports/fixes it does better, and the cases pass.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# start: brings the CPU up, loads the module with unsafe_faults if it is not loaded, and disarms
# everything.
start() {
	whole "$cpu"
	if ! module_loaded; then
		load_or_exit unsafe_faults=1
	fi
	for _state in prepare_multi online_multi; do
		with both $_state
	done
	fresh
}

# with CALLBACKS STATE [INSTANCE...]: sets the state up with these callbacks and these instances.
with() {
	_callbacks=$1 _state=$2
	shift 2
	for _dir in "$SYS/$_state"/instances/*/; do
		[ -d "$_dir" ] || continue
		_dir=${_dir%/}
		set_to "${_dir##*/}" "$SYS/$_state/instances/remove"
	done
	get "$SYS/$_state/callbacks"
	if [ "$value" != "$_callbacks" ]; then
		set_to 0 "$SYS/$_state/installed"
		set_to "$_callbacks" "$SYS/$_state/callbacks"
	fi
	set_to 1 "$SYS/$_state/installed"
	for _i; do
		set_to "$_i" "$SYS/$_state/instances/add"
	done
	set_to 1 $SYS/reset
}

# number_of STATE: sets $number to the number of a state of the module.
number_of() {
	get "$SYS/$1/state"
	number=$value
}

# seen: prints the records in the log that are about hotplugging: state or instance, callback, and
# result. For a record of the checker, it is what the checker had expected.
seen() {
	awk '
	{
		split("", f)
		for (i = 1; i <= NF; i++) {
			n = index($i, "=")
			f[substr($i, 1, n - 1)] = substr($i, n + 1)
		}
		if (f["op"] != "hotplug")
			next
		who = f["state"]
		if (f["instance"] != "-")
			who = who "/" f["instance"]
		print who, f["callback"], (f["callback"] == "violation" ? f["expected"] : f["ret"])
	}' $SYS/log
}

# then_called STATE CALLBACK [ERRNO]: adds a call to $want, which the log has to show next.
then_called() {
	_ret=0
	if [ $# -gt 2 ]; then
		errno_number "$3"
		_ret=-$number
	fi
	want="$want${want:+$nl}$1 $2 $_ret"
}

# a_breach STATE EXPECTED: adds to $want a violation that the checker has to find next.
a_breach() {
	want="$want${want:+$nl}$1 violation $2"
}

# expect_seen WHAT: checks that the log is what $want says, and empties both.
expect_seen() {
	expect "the log of $1" "$(seen)" "$want"
	want=
	set_to 1 $SYS/reset
}

# again CPU: takes the CPU down and up, so that every state is undone and done once. If something
# was only half done, the kernel warns of it now at the latest.
again() {
	whole "$1"
	set_to 1 $SYS/reset
	cpu_down "$1"
	expect "the write of 0 to online after all that" "$err" 0
	cpu_up "$1"
	expect "the write of 1 to online after all that" "$err" 0
	expect_whole "$1"
}

#
# What the kernel does right
#

veto() {
	begin_case "a veto of an offline: those before it are torn down and started again"
	start
	with both online_multi a
	arm online teardown EIO "$cpu"
	cpu_down "$cpu"
	expect "the write of 0 to online" "$err" EIO
	then_called online_multi/a teardown
	then_called online teardown EIO
	then_called online_multi/a startup
	expect_seen "the veto"
	expect_whole "$cpu"
	end_case
}

# The kernel does not call the callback that failed to undo what it did: that is left to the
# callback.
failed_itself() {
	begin_case "a callback that fails is not called to undo that, but the instances before it are"
	start
	with both online_multi a b c
	for state in prepare online; do
		cpu_down "$cpu"
		set_to 1 $SYS/reset
		arm $state startup EIO "$cpu"
		cpu_up "$cpu"
		expect "the write of 1 to online" "$err" EIO
		if [ $state = prepare ]; then
			then_called prepare startup EIO
		else
			then_called prepare startup
			then_called online startup EIO
			then_called prepare teardown
		fi
		expect_seen "a startup of $state that fails"
		cpu_up "$cpu"
	done
	cpu_down "$cpu"
	set_to 1 $SYS/reset
	arm online_multi/instances/b startup EIO "$cpu"
	cpu_up "$cpu"
	expect "the write of 1 to online" "$err" EIO
	then_called prepare startup
	then_called online startup
	then_called online_multi/c startup
	then_called online_multi/b startup EIO
	then_called online_multi/c teardown
	then_called online teardown
	then_called prepare teardown
	expect_seen "an instance that fails"
	cpu_up "$cpu"
	expect_whole "$cpu"
	end_case
}

#
# A DEAD callback that fails
#

# coped: ends a case in which the kernel has coped with the failure. The CPU goes off and on once more,
# and since splats_begin nothing warns.
coped() {
	again "$cpu"
	splats_end
	expect "what warned after that" "$warned" ""
	end_case
}

# named STATE ERRNO: checks that the kernel has said, once since splats_begin, that this state of section
# PREPARE has failed on the way down.
named() {
	get "$SYS/$1/state"
	_id=$value
	errno_number "$2"
	value=$(dmesg | awk -v mark="expect-splat begin $$" \
		-v text="CPU $cpu DOWN state rust_hotplug/$1:prepare ($_id) failed (-$number)" '
	index($0, mark)	{ n = 0 }
	index($0, text)	{ n++ }
	END		{ print n + 0 }')
	expect "how often the kernel has said that $1 has failed" "$value" 1
}

# The kernel itself warns. As the CPU is booted without being prepared, RCU may warn as well: see
# dead_unprepared().
expect_dead_warned() {
	[ "$warned" = "kernel/cpu.c kernel/rcu/tree.c" ] || expect "what warned" "$warned" kernel/cpu.c
}

# The kernel brings the CPU up again. It boots the CPU, and stops right after that.
dead_single() {
	begin_case "a DEAD callback that fails leaves the CPU up, or down, but not half-way"
	start
	arm prepare teardown EIO "$cpu"
	splats_begin
	cpu_down "$cpu"
	if [ "$err" = 0 ]; then
		named prepare EIO
		splats_end
		expect "what warned" "$warned" ""
		expect_cpu "$cpu" hotplug/state 0
		then_called online teardown
		then_called prepare teardown EIO
		expect_seen "the failure"
		splats_begin
		cpu_up "$cpu"
		expect "the write of 1 to online" "$err" 0
		# The teardown of prepare has failed, so the checker takes prepare to be up still.
		a_breach prepare teardown-before-startup
		then_called prepare startup
		then_called online startup
		expect_seen "the way up"
		coped
		return
	fi
	splats_go_on
	expect "the write of 0 to online" "$err" EIO
	then_called online teardown
	then_called prepare teardown EIO
	get "$CPU/cpu$cpu/hotplug/state"
	if [ "$value" != "$all_up" ] && [ "$value" != 0 ]; then
		expect_dead_warned
		expect_seen "the failure"
		state_number cpu:teardown
		expect "the state it is left in" "$value" $((number + 1))
		is_online "$cpu" || not_so "it is not in the mask of CPUs that are online"
		! runs_tasks "$cpu" || not_so "it runs tasks"
		expect_cpu "$cpu" online 1
		cpu_up "$cpu"
		expect "the write of 1 to online" "$err" 0
		expect_cpu "$cpu" hotplug/state $((number + 1))
		known "it is online but not active; $all_up written to hotplug/target helps, 1 to online does not"
	fi
	put "$all_up" "$CPU/cpu$cpu/hotplug/target"
	expect "the write of $all_up to target" "$err" 0
	expect_whole "$cpu"
	[ ! "$case_known" ] || then_called online startup
	expect_seen "the way up"
	again "$cpu"
	splats_end
	end_case
}

# The CPU is then booted although the states below the failed one, which were torn down, have not
# prepared it. RCU notices that, because its teardown has disabled the list of callbacks of that
# CPU.
dead_unprepared() {
	begin_case "a CPU that is brought up after a DEAD error is as one that has been down"
	start
	arm prepare teardown EIO "$cpu"
	splats_begin
	cpu_down "$cpu"
	splats_go_on
	[ "$err" = 0 ] || expect "the write of 0 to online" "$err" EIO
	whole "$cpu"
	splats_go_on
	expect_whole "$cpu"
	case $warned in
	"")	;;
	kernel/rcu/tree.c)
		known "the PREPARE steps below the failed one are not done again: RCU warns" ;;
	*)	not_so "these files warned: $warned" ;;
	esac
	again "$cpu"
	splats_end
	end_case
}

dead_instance() {
	begin_case "a DEAD callback of an instance that fails: the same, and those before it are started again"
	if older_than 7 2; then
		skip_case "$case_name" "the kernel loses its error: reports/instance-error-lost.md"
		return
	fi
	start
	with both prepare_multi a b c
	arm prepare_multi/instances/b teardown ENOSPC "$cpu"
	splats_begin
	cpu_down "$cpu"
	then_called online teardown
	then_called prepare_multi/c teardown
	then_called prepare_multi/b teardown ENOSPC
	then_called prepare_multi/c startup
	if [ "$err" = 0 ]; then
		named prepare_multi ENOSPC
		# The teardown of prepare_multi has failed, so the checker takes that to be up still.
		a_breach prepare descending-states
		then_called prepare teardown
		expect_seen "the failure"
		splats_go_on
		expect "what warned" "$warned" ""
		coped
		return
	fi
	splats_go_on
	expect "the write of 0 to online" "$err" ENOSPC
	get "$CPU/cpu$cpu/hotplug/state"
	if [ "$value" != "$all_up" ] && [ "$value" != 0 ]; then
		expect_dead_warned
		expect_seen "the failure"
		state_number cpu:teardown
		expect "the state it is left in" "$value" $((number + 1))
		known "the CPU is left half-way; 0 written to online takes it down"
	fi
	cpu_down "$cpu"
	expect "another write of 0 to online" "$err" 0
	expect_cpu "$cpu" hotplug/state 0
	again "$cpu"
	splats_end
	end_case
}

#
# A rollback that fails
#

# The rollback runs on the CPU itself: it goes up again after a teardown has refused.
offline_rollback() {
	begin_case "a startup that fails in the rollback of an offline"
	start
	with both online_multi a
	arm online teardown EIO "$cpu"
	arm online_multi startup ENOMEM "$cpu"
	splats_begin
	cpu_down "$cpu"
	splats_end
	expect "the write of 0 to online, which shows the first error," "$err" EIO
	then_called online_multi/a teardown
	then_called online teardown EIO
	then_called online_multi/a startup ENOMEM
	expect_seen "the failures"
	expect "what warned" "$warned" kernel/cpu.c
	expect_cpu "$cpu" online 1
	number_of online_multi
	# Where it does not count as done, it is that below.
	get "$CPU/cpu$cpu/hotplug/state"
	[ "$value" = $((number - 1)) ] || expect "hotplug/state" "$value" "$number"
	counts_as_done=$((value == number))
	! runs_tasks "$cpu" || not_so "it runs tasks"
	splats_begin
	put "$all_up" "$CPU/cpu$cpu/hotplug/target"
	expect "the write of $all_up to target" "$err" 0
	expect_whole "$cpu"
	case $(seen) in
	"")
		# The CPU is up now, but the startup of online_multi was never called again.
		# shellcheck disable=SC2086 # a list
		list_without "$cpu" $online
		expect_cpus online_multi/instances/a "$list"
		set_to 1 $SYS/reset
		cpu_down "$cpu"
		expect "another write of 0 to online" "$err" 0
		a_breach online_multi/a startup-before-teardown
		then_called online_multi/a teardown
		then_called online teardown
		then_called prepare teardown
		expect_seen "the next offline"
		known "the CPU is half-way; the startup that failed counts as done, and is left out on the way up"
		;;
	"online_multi/a startup 0")
		# It was half-way, which the kernel says of itself that it can do nothing about.
		expect "whether it counts as done" "$counts_as_done" 0 ;;
	*)
		not_so "the way up calls: $(seen)" ;;
	esac
	again "$cpu"
	splats_end
	end_case
}

# An instance refuses, and one before it cannot be started up again: only that one is not up.
offline_rollback_part() {
	begin_case "an instance refuses to go, and one that did go fails to come back: the others count as up"
	start
	with both online_multi a b c
	arm online_multi/instances/b teardown EIO "$cpu"
	arm online_multi/instances/c startup ENOMEM "$cpu"
	splats_begin
	cpu_down "$cpu"
	splats_end
	expect "the write of 0 to online, which shows the first error," "$err" EIO
	then_called online_multi/c teardown
	then_called online_multi/b teardown EIO
	then_called online_multi/c startup ENOMEM
	expect_seen "the failures"
	expect "what warned" "$warned" kernel/cpu.c
	expect_cpu "$cpu" online 1
	number_of online_multi
	expect_cpu "$cpu" hotplug/state "$number"
	splats_begin
	cpu_down "$cpu"
	expect "another write of 0 to online" "$err" 0
	# The state counts as up, so all of its instances are called.
	a_breach online_multi/c startup-before-teardown
	for i in c b a; do
		then_called online_multi/$i teardown
	done
	then_called online teardown
	then_called prepare teardown
	expect_seen "the next offline"
	coped
}

# The rollback runs on the control CPU: the CPU goes down again after a startup has failed.
online_rollback_dead() {
	begin_case "a DEAD callback that fails in the rollback of an online"
	start
	cpu_down "$cpu"
	set_to 1 $SYS/reset
	arm online startup EIO "$cpu"
	arm prepare teardown ENOMEM "$cpu"
	splats_begin
	cpu_up "$cpu"
	splats_end
	expect "the write of 1 to online, which shows the first error," "$err" EIO
	then_called prepare startup
	then_called online startup EIO
	then_called prepare teardown ENOMEM
	expect_seen "the failures"
	expect_cpu "$cpu" online 0
	! is_online "$cpu" || not_so "the CPU is in the mask of those that are online"
	get "$CPU/cpu$cpu/hotplug/state"
	if [ "$value" = 0 ]; then
		expect "what warned" "$warned" ""
		named prepare ENOMEM
	else
		expect "what warned" "$warned" kernel/cpu.c
		number_of prepare
		expect_cpu "$cpu" hotplug/state $((number - 1))
		known "the CPU is half-way down; 1 written to online brings it up"
	fi
	splats_begin
	cpu_up "$cpu"
	expect "another write of 1 to online" "$err" 0
	# The teardown of prepare has failed, so the checker takes prepare to be up still.
	a_breach prepare teardown-before-startup
	then_called prepare startup
	then_called online startup
	expect_seen "the way up"
	again "$cpu"
	splats_end
	end_case
}

# The rollback runs on the control CPU: the CPU goes up again after a DEAD callback has failed.
dead_rollback() {
	begin_case "a PREPARE startup that fails in the rollback of a DEAD error"
	if [ ! "$third" ]; then
		skip_case "$case_name" "with less than three CPUs the kernel takes no second one down after it"
		return
	fi
	start
	with both prepare_multi a
	arm prepare teardown EIO "$cpu"
	arm prepare_multi startup ENOMEM "$cpu"
	# Until the CPU is down for good, per-CPU counters are wrong, and the kernel may warn of
	# that when a task exits.
	splats_begin
	cpu_down "$cpu"
	if [ "$err" = 0 ]; then
		# There is no rollback.
		named prepare EIO
		splats_end
		expect "what warned" "$warned" ""
		expect_cpu "$cpu" hotplug/state 0
		then_called online teardown
		then_called prepare_multi/a teardown
		then_called prepare teardown EIO
		expect_seen "the failure"
		splats_begin
		coped
		return
	fi
	expect "the write of 0 to online, which shows the first error," "$err" EIO
	get "$CPU/cpu$cpu/hotplug/state"
	state=$value
	get "$CPU/cpu$cpu/online"
	device=$value
	is_online "$cpu" && up=1 || up=0
	then_called online teardown
	then_called prepare_multi/a teardown
	then_called prepare teardown EIO
	then_called prepare_multi/a startup ENOMEM
	expect_seen "the failures"
	cpu_down "$cpu"
	expect "another write of 0 to online" "$err" 0
	splats_end
	case "$warned " in
	"kernel/cpu.c kernel/cpu.c "*)	;;
	*)				not_so "these files warned: $warned" ;;
	esac
	if [ "$state" != 0 ]; then
		number_of prepare_multi
		expect "the state it is left in" "$state" "$number"
		expect "online" "$device" 1
		expect "whether it is in the mask of CPUs that are online" "$up" 0
		known "the CPU is half-way down, and online says 1; 0 written to it takes it down"
	fi
	expect_cpu "$cpu" hotplug/state 0
	splats_begin
	again "$cpu"
	splats_end
	end_case
}

# The rollback runs on the CPU itself: it goes down again after a startup has failed. The kernel
# then goes on with the rest on the control CPU, and so runs callbacks there that have to run on the
# CPU that goes down.
online_rollback() {
	begin_case "a teardown that fails in the rollback of an online"
	start
	with both online_multi a
	cpu_down "$cpu"
	set_to 1 $SYS/reset
	arm online_multi startup EIO "$cpu"
	arm online teardown ENOMEM "$cpu"
	start_trace || :
	splats_begin
	cpu_up "$cpu"
	failed=$err
	foreign=
	if [ "$tracing" ]; then
		echo 0 >"$tracing/tracing_on"
		state_number cpu:teardown
		foreign=$(awk -v last="$number" '
		/cpuhp_enter: / {
			who = $1
			sub(/.*step: */, "")
			if ($1 + 0 > last && who !~ /^cpuhp\//)
				print $1, $2
		}' "$tracing/trace")
		remove_trace
	fi
	expect "the write of 1 to online, which shows the first error," "$failed" EIO
	then_called prepare startup
	then_called online startup
	then_called online_multi/a startup EIO
	then_called online teardown ENOMEM
	get "$CPU/cpu$cpu/hotplug/state"
	state=$value
	if [ "$state" != 0 ]; then
		expect_seen "the failures"
		expect_cpu "$cpu" online 0
		is_online "$cpu" || not_so "it is not in the mask of CPUs that are online"
		# The state whose teardown has failed is that of online.
		number_of online
		if [ "$state" != "$number" ]; then
			known "the CPU is half-way, and callbacks have run on the wrong CPU: ${foreign:-no trace}"
		else
			expect "what has run on the wrong CPU" "$foreign" ""
		fi
	else
		case $(seen) in
		"$want"*)	;;
		*)		not_so "the log is: $(seen)" ;;
		esac
		[ ! "$foreign" ] || known "callbacks have run on the wrong CPU: $foreign"
		want=
	fi
	cpu_up "$cpu"
	expect "another write of 1 to online" "$err" 0
	again "$cpu"
	# Those callbacks may have changed the state of any CPU.
	for i in $hotpluggable; do
		again "$i"
	done
	splats_end
	case "$warned " in
	"kernel/cpu.c "*)	;;
	*)			not_so "these files warned: $warned" ;;
	esac
	end_case
}

# The state has been started up in part, and is undone in part: it is not up, and the next online starts it up.
online_rollback_part() {
	begin_case "an instance fails to come up, and one before it to be undone: the state counts as down"
	start
	with both online_multi a b c
	cpu_down "$cpu"
	set_to 1 $SYS/reset
	arm online_multi/instances/b startup EIO "$cpu"
	arm online_multi/instances/c teardown ENOMEM "$cpu"
	splats_begin
	cpu_up "$cpu"
	expect "the write of 1 to online, which shows the first error," "$err" EIO
	get "$CPU/cpu$cpu/hotplug/state"
	state=$value
	number_of online_multi
	if [ "$state" != $((number - 1)) ]; then
		known "callbacks have run on the wrong CPU, see the last case"
		want=
		whole "$cpu"
		again "$cpu"
		splats_end >/dev/null
		end_case
		return
	fi
	splats_go_on
	expect "what warned" "$warned" kernel/cpu.c
	then_called prepare startup
	then_called online startup
	then_called online_multi/c startup
	then_called online_multi/b startup EIO
	then_called online_multi/c teardown ENOMEM
	expect_seen "the failures"
	cpu_up "$cpu"
	expect "another write of 1 to online" "$err" 0
	a_breach online_multi/c teardown-before-startup
	for i in c b a; do
		then_called online_multi/$i startup
	done
	expect_seen "the next online"
	expect_whole "$cpu"
	coped
}

#
# An instance fails, and the state has only one of the callbacks
#

# in_order STATE STATE: sets both states up again. The first one gets the lower number.
in_order() {
	for _s; do
		set_to 0 "$SYS/$_s/installed"
	done
	for _s; do
		set_to 1 "$SYS/$_s/installed"
	done
}

# The rollback has to come next to a state without instances, as the kernel only warns there.
# in_order() makes that our state `online`.
lone_callback() { # CALLBACK
	begin_case "an instance in the middle fails, and the state has only a $1"
	start
	if [ "$1" = startup ]; then
		in_order online online_multi
	else
		in_order online_multi online
	fi
	with "$1" online_multi a b c
	if [ "$1" = startup ]; then
		cpu_down "$cpu"
		set_to 1 $SYS/reset
		arm online_multi/instances/b startup ENOSPC "$cpu"
		splats_begin
		cpu_up "$cpu"
		splats_end
		then_called prepare startup
		then_called online startup
		then_called online_multi/c startup
		then_called online_multi/b startup ENOSPC
		then_called online teardown
		then_called prepare teardown
	else
		arm online_multi/instances/b teardown ENOSPC "$cpu"
		splats_begin
		cpu_down "$cpu"
		splats_end
		then_called online teardown
		then_called online_multi/c teardown
		then_called online_multi/b teardown ENOSPC
		then_called online startup
	fi
	expect "the write to online" "$err" ENOSPC
	expect_seen "the failure"
	case $warned in
	"")		;;
	kernel/cpu.c)	known "how far it was is taken to the next state, which warns" ;;
	*)		not_so "these files warned: $warned" ;;
	esac
	whole "$cpu"
	expect_whole "$cpu"
	with both online_multi
	in_order online online_multi
	again "$cpu"
	end_case
}

#
# Instances that the control CPU calls
#

# It undoes those before the one that failed in the order in which they were called, newest first.
instance_rollback() {
	begin_case "prepare_multi: a teardown that fails while instances are undone: the others are undone"
	if older_than 7 2; then
		skip_case "$case_name" "this kernel forgets the error of the instance, see reports/instance-error-lost.md"
		return
	fi
	start
	with both prepare_multi a b c d
	cpu_down "$cpu"
	set_to 1 $SYS/reset
	arm prepare_multi/instances/b startup ENOMEM "$cpu"
	arm prepare_multi/instances/d teardown EIO "$cpu"
	splats_begin
	cpu_up "$cpu"
	splats_go_on
	expect "the write of 1 to online, which shows the first error," "$err" ENOMEM
	then_called prepare startup
	then_called prepare_multi/d startup
	then_called prepare_multi/c startup
	then_called prepare_multi/b startup ENOMEM
	then_called prepare_multi/d teardown EIO
	then_called prepare_multi/c teardown
	# The teardown of d has failed, so the checker takes d to be up still.
	a_breach prepare descending-states
	then_called prepare teardown
	expect_seen "the failures"
	expect "what warned" "$warned" kernel/cpu.c
	expect_cpu "$cpu" online 0
	expect_cpu "$cpu" hotplug/state 0
	cpu_up "$cpu"
	expect "another write of 1 to online" "$err" 0
	a_breach prepare ascending-states
	then_called prepare startup
	a_breach prepare_multi/d teardown-before-startup
	for i in d c b a; do
		then_called prepare_multi/$i startup
	done
	then_called online startup
	expect_seen "the way up"
	coped
}

# The kernel has nothing to undo them with.
startup_alone() {
	begin_case "prepare_multi with only a startup: an instance fails, and nothing is undone"
	start
	with startup prepare_multi a b c
	cpu_down "$cpu"
	set_to 1 $SYS/reset
	arm prepare_multi/instances/b startup ENOSPC "$cpu"
	splats_begin
	cpu_up "$cpu"
	expect "the write of 1 to online" "$err" ENOSPC
	then_called prepare startup
	then_called prepare_multi/c startup
	then_called prepare_multi/b startup ENOSPC
	then_called prepare teardown
	expect_seen "the failure"
	expect_cpu "$cpu" hotplug/state 0
	cpu_up "$cpu"
	expect "another write of 1 to online" "$err" 0
	set_to 1 $SYS/reset
	last=${online##* }
	arm prepare_multi startup EIO "$last"
	put d $SYS/prepare_multi/instances/add
	expect "adding an instance that fails" "$err" EIO
	for i in $online; do
		[ "$i" = "$last" ] || want="$want${want:+$nl}add d startup $i 0"
	done
	want="$want${want:+$nl}add d startup $last -5"
	expect "the log of adding it" "$(fields op instance callback cpu ret)" "$want"
	want=
	splats_go_on
	expect "what warned" "$warned" ""
	with both prepare_multi
	coped
}

# What hotplug/target has is then another state than the one in which the CPU is.
own_state() {
	begin_case "the state in which a rollback has left the CPU is written to target"
	start
	with both prepare_multi a
	arm prepare teardown EIO "$cpu"
	arm prepare_multi startup ENOMEM "$cpu"
	splats_begin
	# With two CPUs, the kernel could not take the one that is left half-way down after that.
	[ ! "$third" ] || cpu_down "$cpu"
	get "$CPU/cpu$cpu/hotplug/state"
	state=$value
	get "$CPU/cpu$cpu/hotplug/target"
	target=$value
	splats_go_on
	number_of prepare_multi
	why=
	if [ "$state" != "$number" ]; then
		why="this kernel leaves no CPU half-way, or there are less than three"
	else
		put "$state" "$CPU/cpu$cpu/hotplug/target"
		# Only state 0 and the last can be written otherwise.
		[ "$err" != EINVAL ] || why="this kernel lacks CONFIG_CPU_HOTPLUG_STATE_CONTROL"
	fi
	if [ ! "$why" ]; then
		splats_go_on
		expect "the write of $state to target, which has $target," "$err" 0
		expect "what warned of that" "$warned" kernel/cpu.c
		expect_cpu "$cpu" hotplug/target "$state"
		expect_cpu "$cpu" hotplug/state "$state"
		put "$state" "$CPU/cpu$cpu/hotplug/target"
		expect "another write of $state to target" "$err" 0
		splats_go_on
		expect "what warned of the second" "$warned" ""
	fi
	set_to 1 $SYS/reset
	[ "$state" != "$number" ] || cpu_down "$cpu"
	again "$cpu"
	splats_end
	if [ "$why" ] && [ ! "$case_failed" ]; then
		skip_case "$case_name" "$why"
	else
		end_case
	fi
}

throwaway || skip_all "it leaves a CPU half-way: not on a machine that is kept"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
command -v taskset >/dev/null || skip_all "no taskset"
begin 16 unloaded
cpu=${hotpluggable%% *}
# shellcheck disable=SC2086 # a list
set -- $online
third=$3

veto
failed_itself
dead_single
dead_unprepared
dead_instance
offline_rollback
offline_rollback_part
online_rollback_dead
dead_rollback
lone_callback startup
lone_callback teardown
instance_rollback
startup_alone
own_state
# These are the last cases, as they may leave more behind than again() can mend.
online_rollback_part
online_rollback
finish
