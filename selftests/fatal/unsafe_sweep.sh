#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: each state fails offline, online and in the rollbacks of both, with unsafe_faults
# reason: the last of them, which is known: the CPU that is left runs what a CPU that boots has to run
# dies: rust_hotplug-selftest: sweep: all but the last have come out as they should
# dies: Kernel panic - not syncing
#
# Each state in turn fails while a CPU goes offline, while it comes online, and while either is rolled back;
# nothing fails in a removal. In the rollback of an online, only the states fail that come before
# smpboot/threads:online: of the teardown of that, the kernel dies.
#
# After each fault, what came of it is printed and compared with what is known, and the CPU is made whole again.
# The kernel log has what is tried before it is, so it says of what the kernel died.
#
# Of what the kernel dies in the end differs: of the BUG() of stop_machine() or, on 6.18, of the timer's interrupt. On
# arm64 it hangs for ever, so that the last fault is left out there.
#
# What the kernel does wrong there is described in ../reports. Of the last fault it knows by itself: a comment in
# fail_store(), kernel/cpu.c, says why hotplug/fail does not take cpu:bringup of a CPU that is up.

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it damages the kernel: not on a machine that is kept"
command -v taskset >/dev/null || skip_all "no taskset"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
cpu=${hotpluggable##* }

# left_out OPERATION STATE CALLBACK: prints why that is not tried, if it is not.
left_out() {
	case "$*" in
	"offline cpu:bringup teardown")
		echo "it is the last" ;;
	"offline base/topology:prepare teardown")
		[ "$dead" != passed ] || echo "what is left there is in the way of the startup: the CPU never comes up" ;;
	"online-rollback base/topology:prepare teardown")
		echo "the CPU cannot come up again: the startup finds there what the teardown has left" ;;
	"online-rollback cpu:bringup teardown")
		echo "the CPU cannot come up again" ;;
	"offline-rollback lockup_detector:online startup")
		echo "the next offline waits for ever, see rollback_lockup.sh" ;;
	"offline-rollback sched:active startup")
		echo "the CPU is up, no task runs there, and it cannot go offline: EBUSY" ;;
	esac
}

# expected OPERATION SECTION: prints what comes of a fault that fires.
expected() {
	case "$1/$2" in
	offline/prepare | online-rollback/prepare)	echo "${dead:-half-way}" ;;
	*-rollback/*)					echo half-way ;;
	*)						echo refused ;;
	esac
}

say() {
	echo "rust_hotplug-selftest: sweep: $*" >/dev/kmsg
}

# aim STATE CALLBACK ERRNO: makes that fail once on the CPU.
aim() {
	_inject=$SYS/states/$(printf '%s' "$1" | tr / '!')/$2_inject
	set_to "$cpu" "$_inject/cpus"
	set_to 1 "$_inject/times"
	set_to "$3" "$_inject/errno"
}

# what_came OPERATION: sets $outcome to what came of the fault of $_inject: "nothing" if it did not fire,
# "refused" if the operation failed and that was all, "half-way" if the kernel warned and left the CPU, and
# "passed" if the kernel went on with what comes next.
what_came() {
	ended=$err
	splats_go_on >"$tmp/warnings"
	get "$_inject/hits"
	hits=$value
	get "$CPU/cpu$cpu/hotplug/state"
	outcome="$ended, hits $hits, state $value, warnings in '$warned'"
	_there=0
	case $1 in
	offline*)	_there=$all_up ;;
	esac
	case "$hits/$warned" in
	0/)	outcome=nothing ;;
	1/)
		case "$1/$ended/$value" in
		*"/EIO/$_there")		outcome=refused ;;
		offline/0/0 | online-rollback/ENOSPC/0)	outcome=passed ;;
		esac ;;
	1/*)
		# The other warnings are what comes of it elsewhere.
		# shellcheck disable=SC2086 # a list
		! list_has kernel/cpu.c $warned || [ "$value" = "$all_up" ] || outcome=half-way
		;;
	esac
}

# make_whole: brings the CPU up, and once more, so that what is half-way is done from the start.
make_whole() {
	set_to 1 $SYS/reset
	whole "$cpu"
	cpu_down "$cpu"
	[ "$err" = 0 ] || not_so "taking CPU $cpu down after $tried: $err"
	whole "$cpu"
	expect_whole "$cpu"
	# What it warned of is known by now.
	splats_go_on >/dev/null
}

# try OPERATION STATE CALLBACK: makes it fail there, with the operation that this belongs to.
try() {
	tried=$*
	reason=$(left_out "$@")
	if [ "$reason" ]; then
		diag "$tried: left out: $reason"
		return
	fi
	get "$SYS/states/$(printf '%s' "$2" | tr / '!')/section"
	section=$value
	say "$tried"
	case $1 in
	offline)		aim "$2" "$3" EIO ;;
	offline-rollback)	aim cpu:teardown teardown ENOSPC; aim "$2" "$3" EIO ;;
	online)			cpu_down "$cpu"; aim "$2" "$3" EIO ;;
	online-rollback)	cpu_down "$cpu"; aim sched:active startup ENOSPC; aim "$2" "$3" EIO ;;
	esac
	case $1 in
	online*)	cpu_up "$cpu" ;;
	*)		cpu_down "$cpu" ;;
	esac
	what_came "$1"
	came=$outcome
	make_whole
	diag "$tried: $outcome"
	printf '%s\n' "$1: $came" >>"$tmp/came"
	case $1/$section/$came in
	offline/prepare/half-way | offline/prepare/passed)	: "${dead:=$came}" ;;
	esac
	[ "$came" = nothing ] || expect "what came of $tried" "$came" "$(expected "$1" "$section")"
}

# removal: no teardown fails in a removal, nor in the rollback of a setup, whatever is armed.
removal() {
	for name in selftest/single:dead selftest/single:online selftest/multi:online; do
		target $name
	done
	for round in loaded fails; do
		say "removal, $round"
		for dir in "$SYS"/states/selftest*/; do
			set_to -1 "${dir}teardown_inject/times"
			set_to EIO "${dir}teardown_inject/errno"
		done
		if [ $round = fails ]; then
			fault states/selftest!multi:online/startup_inject cpus="${online##* }" space=2 errno=ENOSPC
			load_driver rust_hotplug_driver
			expect "loading the driver" "$err" ENOSPC
		else
			load_driver rust_hotplug_driver
			expect "loading the driver" "$err" 0
			unload_driver rust_hotplug_driver
			expect "unloading the driver" "$err" 0
		fi
		value=$(cat $SYS/states/selftest*/teardown_inject/hits | sort -u)
		expect "how often a teardown has failed" "$value" 0
		set_to 1 $SYS/reset
	done
}

# What comes of a DEAD callback that fails: half-way or, with ../reports/fixes/dead-callback-error.patch, passed. The
# first of them tells, and the others have to be like it.
dead=
tmp=$(mktemp -d)
load unsafe_faults=1
expect "insmod" "$err" 0
can_hook || skip_all "this kernel cannot be hooked"
set_to 1 $SYS/watch
splats_begin
has_driver rust_hotplug_driver && removal
states=
while read -r number name; do
	put "$name" $SYS/states/add
	case $err in
	0)			states="$states $name" ;;
	EINVAL | EOPNOTSUPP)	;;
	*)			not_so "adding $name: $err" ;;
	esac
done <$CPU/hotplug/states
for name in $states; do
	try offline "$name" teardown
	try online "$name" startup
done
for name in $states; do
	get "$SYS/states/$(printf '%s' "$name" | tr / '!')/section"
	[ "$value" = prepare ] || try offline-rollback "$name" startup
done
for name in $states; do
	[ "$name" != smpboot/threads:online ] || break
	try online-rollback "$name" teardown
done
sort "$tmp/came" | uniq -c | sed 's/^/# /'
for operation in offline online offline-rollback online-rollback; do
	value=$(grep -c "^$operation: \(refused\|half-way\|passed\)" "$tmp/came")
	[ "$value" -gt 10 ] || not_so "only $value faults have fired in $operation"
done
[ ! "$outside_failed" ] || exit 1

say "all but the last have come out as they should"
splats_end >/dev/null
if [ "$(uname -m)" = aarch64 ]; then
	diag "offline cpu:bringup teardown: left out: after it this kernel hangs, and nothing tells of it"
	exit 0
fi
aim cpu:bringup teardown EIO
cpu_down "$cpu"

# This is reached only if the kernel has survived it.
[ "$dead" = passed ] || expect "taking CPU $cpu down" "$err" EIO
expect_cpu "$cpu" hotplug/state 0
[ ! "$outside_failed" ]
