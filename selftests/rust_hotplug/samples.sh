#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The drivers in samples/: built outside of the checkout by what their README says, they are
# loaded, called by the kernel, and unloaded. KDIR=DIR is the kernel's tree.
#
# RUST_HOTPLUG_SAMPLES=DIR is the directory of the drivers. If it has modules and no sources, they are
# not built but loaded: so it is in the VM, for which the host builds them.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

samples=${RUST_HOTPLUG_SAMPLES:-$top/samples}
kdir=${KDIR:-/lib/modules/$(uname -r)/build}

# sample NAME: $ko becomes its module.
sample() {
	ko=$samples/$1/$1.ko
	if [ -e "$samples/$1/Kbuild" ]; then
		ko=$tmp/$1/$1.ko
		[ ! -e "$ko" ] || return 0
		cp -r "$samples/$1" "$tmp/"
		# What was built in the checkout must not do for what is built here.
		rm -f "$tmp/$1"/*.o "$tmp/$1"/*.ko "$tmp/$1"/*.rmeta "$tmp/$1"/.*.cmd
		make -C "$tmp/$1" "KDIR=$kdir" "CPUHP=$(realpath ../../cpuhp)" >"$tmp/build" 2>&1
	fi
	[ ! -r "$ko" ] || return 0
	not_so "there is no module of it"
	[ ! -e "$tmp/build" ] || sed 's/^/#   /' "$tmp/build"
	return 1
}

# shellcheck disable=SC2317 # cleanup() calls it
remove_samples() {
	for _sample in cpu_quarantine cpu_quorum; do
		[ ! -d /sys/module/$_sample ] || rmmod $_sample
	done
}

# begin_calls, expect_calls_of MODULE: meanwhile the kernel has made these calls, and no others, of
# that module's callbacks: for each a line of CPU, callback and return value, as the kernel traces it.
# Of a module that is not loaded any more the kernel has no names, or those of another module whose initialisation has
# been at the same address: all that can be said is "called".
begin_calls() {
	start_trace || diag "no tracefs: calls are not looked at"
}

expect_calls_of() {
	[ "$tracing" ] || return 0
	_loaded=
	[ ! -d "/sys/module/$1" ] || _loaded=yes
	value=$(awk -v module="[$1]" -v loaded="$_loaded" '
	/cpuhp_(multi_)?enter: / {
		callback = ""
		if (index($0, module))
			callback = /startup/ ? "startup" : /teardown/ ? "teardown" : "unknown"
		else if (!loaded && /\(0x[0-9a-f]+\)|\[.*\]\)/)
			callback = "called"
		match($0, /cpu: [0-9]+/)
		cpu = substr($0, RSTART + 5, RLENGTH - 5) + 0
	}
	/cpuhp_exit: / && callback {
		sub(/.* ret: /, "")
		print cpu, callback, $1
		callback = ""
	}' "$tracing/trace")
	expect "the calls" "$value" "$2"
	remove_trace
}

# on_each WORDS: a line of each CPU that is online, and these.
on_each() {
	get $CPU/online
	expand "$value"
	for _i in $list; do
		echo "$_i $1"
	done
}

mark_log() {
	mark="samples $$ $1"
	echo "$mark" >/dev/kmsg
}

# expect_said TEXT: since then the kernel log says that.
expect_said() {
	dmesg | sed -n "/$mark/,\$p" | grep -qF "$1" || not_so "the kernel log does not say: $1"
}

expect_gone() { # MODULE
	unload_module "$1"
	expect "rmmod" "$err" 0
	state_number "$2"
	expect "the number of its state" "$number" ""
}

quarantine_refuses_to_load() {
	begin_case "cpu_quarantine: loading it fails while its CPU is online"
	if sample cpu_quarantine; then
		mark_log load
		before=$(on_each "called 0" | sed "/^$cpu /,\$d")
		begin_calls
		load_file "$ko" "cpu=$cpu"
		expect "insmod" "$err" EPERM
		# Up to that CPU. Without a teardown there is nothing to roll back.
		expect_calls_of cpu_quarantine "${before:+$before$nl}$cpu called -1"
		expect_said "cpu_quarantine: CPU $cpu is in quarantine"
		state_number cpu_quarantine:prepare
		expect "the number of its state" "$number" ""
	fi
	end_case
}

quarantine() {
	begin_case "cpu_quarantine: its CPU stays offline, until it is unloaded"
	if sample cpu_quarantine; then
		cpu_down "$cpu"
		expect "offlining CPU $cpu" "$err" 0
		begin_calls
		load_file "$ko" "cpu=$cpu"
		expect "insmod" "$err" 0
		expect_calls_of cpu_quarantine "$(on_each "startup 0")"
		state_number cpu:bringup
		bringup=$number
		state_number cpu_quarantine:prepare
		[ "${number:-$bringup}" -lt "$bringup" ] ||
			not_so "its state is number '$number', and not one before a CPU is booted"
		mark_log online
		begin_calls
		cpu_up "$cpu"
		expect "onlining CPU $cpu" "$err" EPERM
		expect_cpu "$cpu" online 0
		expect_calls_of cpu_quarantine "$cpu startup -1"
		expect_said "cpu_quarantine: CPU $cpu is in quarantine"
		if [ "$other" ]; then
			begin_calls
			cpu_down "$other"
			expect "offlining CPU $other" "$err" 0
			cpu_up "$other"
			expect "onlining CPU $other" "$err" 0
			expect_calls_of cpu_quarantine "$other startup 0"
		fi
		expect_gone cpu_quarantine cpu_quarantine:prepare
		cpu_up "$cpu"
		expect "onlining CPU $cpu" "$err" 0
	fi
	end_case
}

quorum_refuses_to_load() {
	begin_case "cpu_quorum: loading it fails where too few CPUs are online"
	if sample cpu_quorum; then
		mark_log load
		begin_calls
		load_file "$ko" "least=$((count + 1))"
		expect "insmod" "$err" EINVAL
		expect_calls_of cpu_quorum "$(on_each "called 0")$nl$(on_each "called 0")"
		expect_said "cpu_quorum: group 0 has $count CPU(s) online, fewer than least=$((count + 1))"
		load_file "$ko" groups=0
		expect "insmod with groups=0" "$err" EINVAL
		expect_said "cpu_quorum: groups=0: there has to be a group"
		state_number cpu_quorum:online
		expect "the number of its state" "$number" ""
	fi
	end_case
}

quorum() {
	begin_case "cpu_quorum: one CPU can go offline, no second one"
	if sample cpu_quorum; then
		begin_calls
		load_file "$ko" "least=$((count - 1))"
		expect "insmod" "$err" 0
		expect_calls_of cpu_quorum "$(on_each "startup 0")"
		state_number cpu_quorum:online
		[ "$number" ] || not_so "the kernel does not list its state"
		mark_log offline
		begin_calls
		cpu_down "$cpu"
		expect "offlining CPU $cpu" "$err" 0
		cpu_down "$other"
		expect "offlining CPU $other" "$err" EPERM
		expect_whole "$other"
		expect_said "cpu_quorum: CPU $other must stay online"
		cpu_up "$cpu"
		expect "onlining CPU $cpu" "$err" 0
		cpu_down "$other"
		expect "offlining CPU $other" "$err" 0
		cpu_up "$other"
		expect "onlining CPU $other" "$err" 0
		expect_calls_of cpu_quorum "$cpu teardown 0
$other teardown -1
$cpu startup 0
$other teardown 0
$other startup 0"
		begin_calls
		expect_gone cpu_quorum cpu_quorum:online
		expect_calls_of cpu_quorum "$(on_each "called 0")"
	fi
	end_case
}

# Each group is an instance. The newest, group 1, is called first.
quorum_groups() {
	begin_case "cpu_quorum: a group refuses, and the other one is rolled back"
	size0=0
	size1=0
	for i in $online; do
		eval "size$((i % 2))=\$((size$((i % 2)) + 1))"
	done
	least=$size0
	[ "$size1" -gt "$least" ] || least=$size1
	if sample cpu_quorum; then
		load_file "$ko" groups=2 "least=$least"
		expect "insmod" "$err" 0
		for i in $hotpluggable; do
			begin_calls
			cpu_down "$i"
			case $((i % 2)):$size0:$size1 in
			0:"$least":*)
				calls="$i teardown 0$nl$i teardown -1$nl$i startup 0"
				should=EPERM
				;;
			1:*:"$least")
				calls="$i teardown -1"
				should=EPERM
				;;
			*)
				calls="$i teardown 0$nl$i teardown 0$nl$i startup 0$nl$i startup 0"
				should=0
				;;
			esac
			expect "offlining CPU $i" "$err" $should
			[ $should != 0 ] || cpu_up "$i"
			expect_whole "$i"
			expect_calls_of cpu_quorum "$calls"
		done
		expect_gone cpu_quorum cpu_quorum:online
	fi
	end_case
}

[ -d "$samples" ] || skip_all "there is no $samples"
if [ -e "$samples/cpu_quorum/Kbuild" ] && ! [ -e "$kdir/rust/libkernel.rmeta" ]; then
	skip_all "no tree in KDIR=$kdir to build the samples on: scripts/build --samples builds them where" \
		"make kernel-tree has made one, and prints what RUST_HOTPLUG_SAMPLES= has to be"
fi
# shellcheck disable=SC2086 # a list
set -- $online
count=$#
cpu=${hotpluggable##* }
other=${hotpluggable%% *}
[ "$other" != "$cpu" ] || other=
undo=remove_samples

begin 5 unloaded
tmp=$(mktemp -d) || exit 1
if [ "$cpu" ]; then
	quarantine_refuses_to_load
	quarantine
else
	skip_case "cpu_quarantine" "no CPU can go offline here"
	skip_case "cpu_quarantine: its CPU stays offline" "no CPU can go offline here"
fi
quorum_refuses_to_load
if [ "$other" ]; then
	quorum
else
	skip_case "cpu_quorum: one CPU can go offline" "no two CPUs can go offline here"
fi
if [ "$cpu" ]; then
	quorum_groups
else
	skip_case "cpu_quorum: a group refuses" "no CPU can go offline here"
fi
finish
