#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The checker finds every kind of breach of the contract. The kernel keeps to the contract, so this
# test loads rust_hotplug_breaches: the module with two more files for each state. `call` makes a call
# that the kernel did not make, and `hide` keeps the checker from seeing a call that the kernel did
# make.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Replaces the check in lib/module.sh: this test causes violations.
expect_no_violations() {
	:
}

BREACHES=${KO%/*}/rust_hotplug_breaches.ko
[ -r "$BREACHES" ] || skip_all "no rust_hotplug_breaches.ko: not built"
# shellcheck disable=SC2086 # a list
list_without 0 $hotpluggable
[ "$list" ] || skip_all "no CPU that can go offline"
c=${list##* }

# restart: sets all states up anew, and checks that there are no violations then.
restart() {
	set_to "0 0" $SYS/hide
	for state in $MULTI; do
		for i in a b; do
			[ ! -d "$SYS/$state/instances/$i" ] || set_to $i "$SYS/$state/instances/remove"
		done
	done
	for state in $STATES; do
		set_to 0 "$SYS/$state/installed"
		set_to calls "$SYS/$state/setup"
	done
	set_to 1 $SYS/reset
	for state in $STATES; do
		set_to 1 "$SYS/$state/installed"
	done
	get $SYS/violations
	expect "violations after a restart" "$value" 0
	set_to 1 $SYS/reset
}

# breaches: ends the case. Checks that the log shows these violations, in any order, and that the
# number in the file agrees with the log.
breaches() { # EXPECTED...
	value=$(sed -n 's/.* callback=violation .* expected=\([^ ]*\).*/\1/p' $SYS/log)
	get_count=$(printf '%s\n' "$value" | grep -c .)
	expect "what the checker found" "$(printf '%s\n' "$value" | sort -u)" \
		"$(printf '%s\n' "$@" | sort -u)"
	get $SYS/violations
	expect "violations" "$value" "$get_count"
	end_case
	restart
}

complaints() {
	dmesg | awk -v mark="$kmsg_mark" '
	index($0, mark)			{ n = 0 }
	/broke the contract of its callbacks/	{ n++ }
	END				{ print n + 0 }'
}

call() { # STATE[/instances/NAME] "CALLBACK CPU OPERATION"
	set_to "$2" "$SYS/$1/call"
}

# held STATE CALLBACK VALUE: writes to the state's file "installed" in the background, and returns when
# the callback is called on the first CPU. It takes its time there, in which calls can be made up.
held() {
	set_to 0 "$SYS/$1/$2_inject/cpus"
	set_to 2000000 "$SYS/$1/$2_inject/delay_us"
	echo "$3" >"$SYS/$1/installed" &
	background=$!
	until get "$SYS/$1/$2_inject/hits" && [ "$value" = 1 ]; do
		sleep 0.1
	done
}

# breach: ends the case. Checks that this violation, and maybe others, is in the log when the write of
# held() is over.
breach() { # EXPECTED
	wait $background
	background=
	grep -q "expected=$1 " $SYS/log || not_so "the checker has not seen $1"
	end_case
	restart
}

# without_calls VALUE CALLBACK OPERATION: the state online is set up, or removed, without calls, and a
# call of that is made up. As there is none to take its time, a CPU does that keeps the write waiting:
# its teardown of prepare. Whether the write has begun shows in the order of CPUs, which is checked
# only within it.
without_calls() {
	set_to "$c" $SYS/prepare/teardown_inject/cpus
	set_to 5000000 $SYS/prepare/teardown_inject/delay_us
	echo 0 >"$CPU/cpu$c/online" &
	background=$!
	until get $SYS/prepare/teardown_inject/hits && [ "$value" = 1 ]; do
		sleep 0.1
	done
	echo "$1" >$SYS/online/installed &
	background="$background $!"
	seen=
	until printf '%s\n' "$seen" | grep -q 'expected=ascending-cpus '; do
		# It has ended before a call came, on a machine that is busy elsewhere.
		if ! kill -0 $! 2>/dev/null; then
			diag "too late to make up a call"
			seen='expected=no-call '
			break
		fi
		lines=$(wc -l <$SYS/log)
		call online "$2 $c $3"
		call online "$2 ${online%% *} $3"
		# The calls that are made within the write are the last two.
		seen=$(tail -n +$((lines + 1)) $SYS/log | grep -v 'expected=no-call-after-removal')
	done
	for i in $background; do
		wait "$i"
	done
	background=
	printf '%s\n' "$seen" | grep -q 'expected=no-call ' || not_so "the checker has not seen it"
	cpu_up "$c"
	end_case
	restart
}

cleanup_breaches() {
	[ ! -d /sys/module/rust_hotplug_breaches ] || rmmod rust_hotplug_breaches
}

begin 30 unloaded
trap 'cleanup_breaches; left' EXIT
load_file "$BREACHES"
[ "$err" = 0 ] || ktap_exit_fail_msg "cannot load $BREACHES: $err"

begin_case "what the kernel does by itself"
restart
cpu_down "$c"
cpu_up "$c"
get $SYS/violations
expect violations "$value" 0
expect "complaints in the kernel log" "$(complaints)" 0
end_case

begin_case "a setup that the kernel's own fault ends"
get $SYS/online_multi/state
kernel_arm "$c" "$value"
put a $SYS/online_multi/instances/add
expect "the write of a to add" "$err" EAGAIN
kernel_disarm
get $SYS/violations
expect violations "$value" 0
end_case

begin_case "startup of what is up"
set_to 0 $SYS/online/installed
call prepare "startup $c hotplug"
breaches teardown-before-startup

begin_case "teardown of what is down"
set_to 0 $SYS/online/installed
cpu_down "$c"
call prepare "teardown $c hotplug"
breaches startup-before-teardown
cpu_up "$c"
restart

begin_case "on another CPU and in another task"
call online "startup $c hotplug"
# The process that writes to the file may happen to run on that CPU.
if grep -q 'expected=on-the-hotplugged-cpu' $SYS/log; then
	breaches on-the-hotplugged-cpu in-the-right-task teardown-before-startup
else
	breaches in-the-right-task teardown-before-startup
fi

begin_case "on another CPU"
for i in $online; do
	call online "startup $i hotplug"
done
breaches on-the-hotplugged-cpu in-the-right-task teardown-before-startup

begin_case "on another CPU, for an instance"
set_to a $SYS/online_multi/instances/add
for i in $online; do
	call online_multi/instances/a "startup $i hotplug"
done
breaches on-the-hotplugged-cpu in-the-right-task teardown-before-startup

begin_case "a call of a setup in another task"
set_to 0 $SYS/prepare/installed
held prepare startup 1
call prepare "startup $c setup"
breach in-the-right-task

if uname -v | grep -q PREEMPT_RT; then
	skip_case "where it may not sleep" "PREEMPT_RT: a spinlock may sleep"
	skip_case "where it may not sleep, for an instance" "PREEMPT_RT: a spinlock may sleep"
else
	begin_case "where it may not sleep"
	set_to 0 $SYS/online/installed
	call prepare "startup $c hotplug atomic"
	breaches context-that-may-sleep teardown-before-startup

	begin_case "where it may not sleep, for an instance"
	set_to a $SYS/online_multi/instances/add
	for i in $online; do
		call online_multi/instances/a "startup $i hotplug atomic"
	done
	breaches context-that-may-sleep on-the-hotplugged-cpu in-the-right-task teardown-before-startup
fi

begin_case "two calls at a time"
set_to 0 $SYS/prepare/installed
set_to 0 $SYS/prepare/startup_inject/cpus
set_to 2000000 $SYS/prepare/startup_inject/delay_us
echo 1 >$SYS/prepare/installed &
background=$!
until get $SYS/prepare/startup_inject/hits && [ "$value" = 1 ]; do
	sleep 0.1
done
call online "startup $c hotplug"
wait $background
background=
grep -q expected=one-callback-at-a-time $SYS/log ||
	not_so "the checker has not seen it"
end_case
restart

begin_case "startup of a state below one that is up"
call prepare "startup $c hotplug"
breaches ascending-states teardown-before-startup

begin_case "teardown of a state below one that is up"
call prepare "teardown $c hotplug"
breaches descending-states

begin_case "startup of a state above one that is down"
cpu_down "$c"
call online "startup $c hotplug"
breaches ascending-states on-the-hotplugged-cpu in-the-right-task
cpu_up "$c"
restart

begin_case "teardown of a state above one that is down"
cpu_down "$c"
call online "teardown $c hotplug"
breaches descending-states startup-before-teardown on-the-hotplugged-cpu in-the-right-task
cpu_up "$c"
restart

begin_case "a setup that leaves out a CPU"
set_to 0 $SYS/online/installed
set_to "0 1" $SYS/hide
set_to 1 $SYS/online/installed
breaches ascending-cpus

begin_case "a setup that leaves out the last CPU"
set_to 0 $SYS/online/installed
# shellcheck disable=SC2086 # a list
set -- $online
set_to "$(($# - 1)) 1" $SYS/hide
set_to 1 $SYS/online/installed
breaches call-for-every-cpu

begin_case "a rollback that leaves out a CPU"
set_to 0 $SYS/online/installed
arm online startup ENOMEM "${online##* }"
set_to "$# 1" $SYS/hide
put 1 $SYS/online/installed
expect "the write of 1" "$err" ENOMEM
if [ $# -gt 2 ]; then
	breaches ascending-cpus rollback-of-every-cpu
else
	breaches rollback-of-every-cpu
fi

begin_case "a rollback that does not happen"
set_to 0 $SYS/online/installed
arm online startup ENOMEM "${online##* }"
set_to "$# $#" $SYS/hide
put 1 $SYS/online/installed
expect "the write of 1" "$err" ENOMEM
breaches rollback-of-every-cpu

begin_case "a removal that leaves out a CPU"
set_to "$(($# - 1)) 1" $SYS/hide
set_to 0 $SYS/online/installed
breaches call-for-every-cpu

begin_case "a removal that leaves out the first CPU"
set_to "0 1" $SYS/hide
set_to 0 $SYS/online/installed
breaches ascending-cpus call-for-every-cpu

begin_case "a startup in a removal"
held online teardown 0
call online "startup $c remove"
breach no-call

begin_case "a setup that succeeds after a rollback"
set_to 0 $SYS/online/installed
held online startup 1
call online "teardown 0 setup"
breach error-returned

begin_case "a call of a setup without calls"
set_to 0 $SYS/online/installed
set_to nocalls $SYS/online/setup
set_to 1 $SYS/reset
without_calls 1 startup setup

begin_case "a call of a removal without calls"
set_to 0 $SYS/online/installed
set_to nocalls $SYS/online/setup
set_to 1 $SYS/online/installed
set_to 1 $SYS/reset
without_calls 0 teardown remove

begin_case "a setup that forgets an error"
set_to 0 $SYS/online/installed
set_to 0 $SYS/online/startup_inject/cpus
set_to 2000000 $SYS/online/startup_inject/delay_us
echo 1 >$SYS/online/installed &
background=$!
until get $SYS/online/startup_inject/hits && [ "$value" = 1 ]; do
	sleep 0.1
done
set_to ENOMEM $SYS/online/startup_inject/errno
set_to 0 $SYS/online/startup_inject/delay_us
set_to 1 $SYS/online/startup_inject/times
call online "startup 0 setup"
wait $background
background=
grep -q expected=error-returned $SYS/log || not_so "the checker has not seen it"
# The kernel, which knows nothing of the error, has gone on with the other CPUs.
grep -q " cpu=${online##* } .* callback=violation .* expected=ascending-cpus " $SYS/log ||
	not_so "the checker takes the calls after an error for calls in their place"
end_case
restart

begin_case "instances in another order"
set_to 0 $SYS/online/installed
set_to a $SYS/prepare_multi/instances/add
set_to b $SYS/prepare_multi/instances/add
call prepare_multi/instances/a "teardown $c hotplug"
call prepare_multi/instances/b "teardown $c hotplug"
breaches newest-instance-first

begin_case "a call after removal"
set_to 0 $SYS/prepare/installed
call prepare "startup $c hotplug"
breaches no-call-after-removal

begin_case "a call of a setup when there is no setup"
set_to 0 $SYS/online/installed
call prepare "startup $c setup"
breaches no-call teardown-before-startup

begin_case "the first violation after each reset is in the kernel log"
before=$(complaints)
call prepare "teardown $c hotplug"
call prepare "teardown $c hotplug"
expect "new complaints" "$(($(complaints) - before))" 1
set_to 1 $SYS/reset
call prepare "teardown $c hotplug"
expect "new complaints" "$(($(complaints) - before))" 2
dmesg | grep -A1 'broke the contract' | tail -n 1 | grep -q 'seq=.*state=' ||
	not_so "there are no records of the log below the complaint"
restart
end_case

unload_module rust_hotplug_breaches
expect "rmmod" "$err" 0
trap left EXIT
finish
