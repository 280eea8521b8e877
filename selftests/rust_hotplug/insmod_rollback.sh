#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# insmod fail_cpu=N: the startup of `online` fails while the module is being
# loaded. The load has to fail with that error and to leave nothing. On every CPU
# in turn, or on 64 of them.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# With the module gone, only the kernel's trace can tell what ran. It has no
# names for the functions then; the steps and the order are what is left:
# `prepare` up everywhere, `online` up to the CPU that fails and down again,
# `prepare` down.
# How many calls that are is told, since they begin again where insmod does.
calls_in_trace() { # CALLS
	awk '
	/cpuhp_enter/ {
		split($0, f, /cpu: |target: |step: |[()]/)
		fun[f[2] + 0, f[4] + 0] = f[5]
	}
	/cpuhp_exit/ {
		split($0, f, /cpu: |state: |step: |ret: /)
		cpu = f[2] + 0
		step = f[4] + 0
		if (fun[cpu, step] ~ /^0x/)
			print step, fun[cpu, step], cpu, f[5] + 0
		delete fun[cpu, step]
	}' "$tracing/trace" | awk -v once="$1" '
	NR % once == 1 {
		split("", state)
		split("", callback)
		split("", seen)
		states = 0
	}
	{
		if (!($1 in state))
			state[$1] = states++ ? "online" : "prepare"
		if (!($2 in callback))
			callback[$2] = seen[$1]++ ? "teardown" : "startup"
		print state[$1], callback[$2], $3, $4
	}'
}

calls_wanted() { # CPU ERRNO
	errno_number "$2"
	for i in $online; do
		echo "prepare startup $i 0"
	done
	for i in $online; do
		[ "$i" -lt "$1" ] || break
		echo "online startup $i 0"
	done
	echo "online startup $1 -$number"
	for i in $online; do
		[ "$i" -lt "$1" ] || break
		echo "online teardown $i 0"
	done
	for i in $online; do
		echo "prepare teardown $i 0"
	done
}

fails_on() { # CPU ERRNO
	begin_case "insmod fail_cpu=$1 fail_errno=$2 fails with $2"
	[ ! "$tracing" ] || echo >"$tracing/trace"
	errno_number "$2"
	load "fail_cpu=$1" "fail_errno=$number"
	expect "insmod" "$err" "$2"
	if module_loaded; then
		not_so "the module is loaded"
		unload
	fi
	[ ! -e $SYS ] || not_so "$SYS is left"
	kernel_states
	expect "states left in hotplug/states" "$value" 0
	if [ "$tracing" ]; then
		want=$(calls_wanted "$1" "$2")
		is=$(calls_in_trace "$(echo "$want" | grep -c .)")
		# busybox's insmod tries another system call where the first fails.
		[ "$is" = "$want$nl$want" ] || expect "the kernel's trace" "$is" "$want"
	fi
	end_case
}

# One that is not armed, and the one that insmod uses where none is given.
loads() {
	begin_case "insmod without parameters works after that"
	load
	expect "insmod" "$err" 0
	for state in $STATES; do
		expect_installed "$state"
		expect_cpus "$state" "$online"
		expect_file "$state/failures" 0
	done
	unload
	expect "rmmod" "$err" 0
	[ ! -e $SYS ] || not_so "$SYS is left"
	kernel_states
	expect "states left in hotplug/states" "$value" 0
	end_case
}

default_errno() {
	begin_case "insmod fail_cpu=${online%% *} fails with ENOMEM, the default"
	load "fail_cpu=${online%% *}"
	expect "insmod" "$err" ENOMEM
	! module_loaded || unload
	end_case
}

refused() { # ERRNO PARAMETER...
	begin_case "insmod $2 $3 is refused with $1"
	should=$1
	shift
	load "$@"
	expect "insmod" "$err" "$should"
	! module_loaded || unload
	end_case
}

# shellcheck disable=SC2086 # lists
some_of 64 $online
# shellcheck disable=SC2086
set -- $list
begin $(($# + 6)) unloaded
# One for all cases: it has a buffer for each CPU, which takes its time to make.
start_trace || diag "no cpuhp events in a tracefs"

# The kernel itself replaces EEXIST, and kmod has other words for ENOENT.
n=0
for cpu; do
	nth $n ENOMEM EINVAL ENOSPC EIO ENODEV EBUSY
	fails_on "$cpu" "$word"
	n=$((n + 1))
done
remove_trace
default_errno
get $CPU/possible
expand "$value"
refused ERANGE fail_cpu=$((${list##* } + 1))
refused ERANGE fail_cpu="$1" fail_errno=0
refused ERANGE fail_cpu="$1" fail_errno=-12
refused ERANGE fail_cpu="$1" fail_errno=4096
loads
finish
