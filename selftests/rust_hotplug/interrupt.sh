#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The run of the tests is interrupted, or a test is killed or takes too long. Then the CPUs, the
# module and its files, the kernel's own files and the traces have to be as they were before, and no
# process may be left running. The run here is of this test itself, which then only makes a mess and
# waits (see mess()), and of some other tests, which are interrupted at some point.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

POWER=/sys/power

# mess: changes everything that tests change, and waits.
mess() {
	begin 1
	begin_case "a mess"
	undo=tidy
	# While all CPUs are online, so that all have a buffer: one that is allocated in a process that
	# is killed while it brings the CPU online makes the kernel warn.
	start_trace || :
	# A process that goes on changing things unless somebody ends it.
	while :; do
		echo 1 >"$CPU/cpu$first/online"
		echo 0 >"$CPU/cpu$first/online"
		sleep 0.1
	done 2>/dev/null &
	background=$!
	set_to 0 $SYS/prepare/installed
	set_to nocalls $SYS/prepare/setup
	set_to 1 $SYS/prepare/installed
	set_to left $SYS/online_multi/instances/add
	fault online/teardown_inject cpus="$last" times=-1 errno=EIO
	set_to 17 $SYS/seed
	# If this test is killed and nothing puts this back, the kernel may die of it.
	if throwaway; then
		get $SYS/online_multi/state
		kernel_arm "$last" "$value"
	fi
	[ ! -w $POWER/pm_test ] || echo freezer >$POWER/pm_test
	echo $$ >"$RUST_HOTPLUG_MESS.pid"
	echo ready >"$RUST_HOTPLUG_MESS"
	sleep 1000
}

tidy() {
	[ ! -w $POWER/pm_test ] || echo none >$POWER/pm_test
	reset
	remove_instances
	set_to 0 $SYS/prepare/installed
}

# in_run TEST...: starts a run of these tests in the background and sets $run to its process. A
# shell makes its background processes ignore SIGINT; perl undoes that.
in_run() {
	rm -f "$tmp/ready"
	RUST_HOTPLUG_MESS=$tmp/ready perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' ../run "$@" >"$tmp/out" 2>&1 &
	run=$!
	background=$run
}

# until_it COMMAND...: waits until the command succeeds, for two minutes at most.
until_it() {
	for _i in $(seq 1200); do
		! "$@" || return 0
		sleep 0.1
	done
	not_so "this did not come true: $*"
	sed 's/^/#   /' "$tmp/out"
	return 1
}

lines() {
	[ "$(grep -c . "$tmp/out")" -ge "$1" ]
}

ended() { # STATUS
	wait $run
	status=$?
	background=
	expect "the exit status" $status "$1"
}

begin_interruption() {
	begin_case "$@"
	fresh
	# Settings that have to be there again afterwards.
	set_to mine $SYS/online_multi/instances/add
	fault online/startup_inject cpus="$first" space=2 errno=EXDEV
	./machine show >"$tmp/before"
}

end_interruption() {
	./machine show >"$tmp/after"
	value=$(diff "$tmp/before" "$tmp/after")
	expect "what has changed" "$value" ""
	value=$(running)
	expect "what still runs" "$value" ""
	if [ "$case_failed" ]; then
		sed 's/^/#   /' "$tmp/out"
		./machine restore "$tmp/before"
	fi
	set_to mine $SYS/online_multi/instances/remove
	end_case
}

# running: prints the processes of the inner run that still exist. They have RUST_HOTPLUG_MESS in
# their environment.
running() {
	for _dir in /proc/[0-9]*; do
		tr '\0' '\n' 2>/dev/null <"$_dir/environ" | grep -q '^RUST_HOTPLUG_MESS=' || continue
		echo "${_dir##*/}: $(tr '\0' ' ' 2>/dev/null <"$_dir/cmdline")"
	done
}

# signalled SIGNAL STATUS: sends the signal to the run while mess() waits.
signalled() {
	begin_interruption "SIG$1 to the run"
	in_run interrupt.sh
	until_it test -s "$tmp/ready"
	kill "-$1" $run
	ended "$2"
	grep -q '^Bail out! interrupted' "$tmp/out" || not_so "it does not say that it was interrupted"
	end_interruption
}

# somewhere SIGNAL STATUS TEST LINES: sends the signal while another test runs, when that has
# printed so many lines.
somewhere() {
	begin_interruption "SIG$1 to the run after line $4 of $3"
	in_run "$3.sh"
	until_it lines "$4"
	if grep -q '^# Totals:' "$tmp/out"; then
		diag "it is over by then"
		kill "-$1" $run 2>/dev/null
		wait $run
		status=$?
		background=
		# What this kernel cannot do at all is skipped, and a run of which nothing is left fails.
		_own=0
		! grep -q '^ok 1 .*# SKIP' "$tmp/out" || _own=1
		[ $status -eq "$2" ] || expect "the exit status" $status $_own
	else
		kill "-$1" $run
		ended "$2"
	fi
	end_interruption
}

# killed: sends SIGKILL to the test, which then cannot put anything back itself.
killed() {
	begin_interruption "SIGKILL to a test, and the next finds the machine as it was"
	in_run interrupt.sh remove.sh
	until_it test -s "$tmp/ready"
	kill -KILL "$(cat "$tmp/ready.pid")"
	ended 1
	grep -q '^not ok 1 .*exit=137' "$tmp/out" || not_so "the first test has not failed"
	grep -q '^ok 2 .*remove.sh' "$tmp/out" || not_so "the second one has not passed"
	grep -q '^# was: ' "$tmp/out" || not_so "it does not say what was left"
	end_interruption
}

too_long() {
	begin_interruption "a test takes too long"
	kselftest_override_timeout=10
	export kselftest_override_timeout
	in_run interrupt.sh
	ended 1
	unset kselftest_override_timeout
	grep -q '^not ok 1 .*TIMEOUT' "$tmp/out" || not_so "it is not said to have taken too long"
	end_interruption
}

perl -e 1 2>/dev/null || skip_all "no perl"
# shellcheck disable=SC2086 # a list
set -- $hotpluggable
[ $# -gt 1 ] || skip_all "no two CPUs that can go offline"
first=$1
shift $(($# - 1))
last=$1
if [ "$RUST_HOTPLUG_MESS" ]; then
	mess
	exit 1
fi
begin 9
tmp=$(mktemp -d) || exit 1

# When a process is killed while it brings a CPU online, the kernel can no longer allocate the trace
# buffer of that CPU in its name, and warns of that (trace_rb_cpu_prepare()).
splats_begin
signalled INT 130
signalled TERM 143
signalled HUP 129
somewhere INT 130 faults 6
somewhere TERM 143 unload 6
somewhere INT 130 suspend 6
somewhere TERM 143 smt 6
killed
too_long
splats_end
expect_splats_but "failed to allocate ring buffer on CPU"
finish
