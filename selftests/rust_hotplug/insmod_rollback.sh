#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# insmod fail_cpu=N: the startup of `online` fails on CPU N while the module is being loaded. Loading
# has to fail with that error and to leave nothing behind. For every CPU or, if there are more, for 64.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# calls_in_trace: prints the module's calls in the kernel's trace, a line for each: state, callback,
# CPU, result. The log is gone with the module, and so are the names of its functions, which the trace
# has only the addresses of. So the first state that is called is taken for `prepare` and the other for
# `online`, and the first function that is called of a state for its startup.
calls_in_trace() {
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
	}' "$tracing/trace" | awk '
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
		expect "the kernel's trace" "$(calls_in_trace)" "$(calls_wanted "$1" "$2")"
	fi
	end_case
}

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
	begin_case "insmod $2${3:+ $3} is refused with $1"
	should=$1
	shift
	load "$@"
	expect "insmod" "$err" "$should"
	! module_loaded || unload
	end_case
}

# There the kernel calls nothing, and the fault must not wait for the next online of that CPU.
offline() { # CPU
	begin_case "insmod fail_cpu=$1 is refused with ENXIO while CPU $1 is offline"
	cpu_down "$1"
	expect "offlining CPU $1" "$err" 0
	load "fail_cpu=$1"
	expect "insmod" "$err" ENXIO
	! module_loaded || not_so "the module is loaded"
	cpu_up "$1"
	expect "onlining CPU $1" "$err" 0
	! module_loaded || unload
	[ ! -e $SYS ] || not_so "$SYS is left"
	kernel_states
	expect "states left in hotplug/states" "$value" 0
	dmesg | sed -n "/$kmsg_mark/,\$p" | grep -q "fail_cpu=$1: that CPU is offline" ||
		not_so "the kernel log does not say why"
	end_case
}

# shellcheck disable=SC2086 # lists
some_of 64 $online
# shellcheck disable=SC2086
set -- $list
begin $(($# + 10)) unloaded
# One trace for all cases: it has a buffer for each CPU, so making it takes long.
start_trace || diag "no cpuhp events in a tracefs"

# Not EEXIST: load_module() itself replaces that, as it means that the module is loaded already.
n=0
for cpu; do
	nth $n ENOMEM ENOENT ENOSPC EIO ENODEV EBUSY EINVAL
	fails_on "$cpu" "$word"
	n=$((n + 1))
done
remove_trace
default_errno
get $CPU/possible
expand "$value"
refused ERANGE fail_cpu=$((${list##* } + 1))
# -1 alone is none.
refused ERANGE fail_cpu=-2
refused ERANGE fail_cpu="$1" fail_errno=0
refused ERANGE fail_cpu="$1" fail_errno=-12
refused ERANGE fail_cpu="$1" fail_errno=512
refused ERANGE fail_cpu="$1" fail_errno=4096
refused ERANGE unsafe_faults=2
if [ "$hotpluggable" ]; then
	offline "${hotpluggable##* }"
else
	skip_case "insmod fail_cpu=N while CPU N is offline" "no CPU that can go offline"
fi
loads
finish
