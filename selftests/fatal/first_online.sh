#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a CPU comes online for the first time, and each of its memory allocations fails once
# append: maxcpus=1 kmemleak=off
# needs: CONFIG_FAILSLAB
#
# Threads, buffers and the like are made for a CPU when it first comes online, and stay. Here no CPU but the
# first has been online. When one of these allocations fails, the CPU has to be down as before. Kmemleak would have
# an allocation of its own for each, and do without it: the CPU would be online before another one has failed.

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

debugfs=/sys/kernel/debug
throwaway || skip_all "it makes allocations of the kernel fail: not on a machine that is kept"
[ "$online" = 0 ] || skip_all "other CPUs than the first are online"
[ -d $debugfs/failslab ] || skip_all "this kernel lacks CONFIG_FAILSLAB, or there is no debugfs"

load
expect "insmod" "$err" 0
for dir in $debugfs/failslab $debugfs/fail_page_alloc; do
	[ -d "$dir" ] || continue
	set_to N "$dir/ignore-gfp-wait"
	set_to 0 "$dir/verbose"
done
find_offline
# What the allocators say of their failures is no complaint about CPU hotplug.
splats_begin
for cpu in $offline; do
	for file in hotplug/state online; do
		expect_cpu "$cpu" $file 0
	done
	value=$(perl ../rust_hotplug/fail_nth.pl --cold 1 1 write "$CPU/cpu$cpu/online" 1 -- write "$CPU/cpu$cpu/online" 0 2>&1)
	expect "the status of fail_nth.pl for CPU $cpu" $? 0
	printf '%s\n' "$value" | sed 's/^/# /'
	case $value in
	"0 allocations make"*)		not_so "no allocation makes the first online of CPU $cpu fail" ;;
	*" allocations make it fail"*)	;;
	*)				not_so "fail_nth.pl has not come to its end" ;;
	esac
	cpu_up "$cpu"
	expect "the write of 1 to online of CPU $cpu" "$err" 0
	expect_whole "$cpu"
	[ ! "$outside_failed" ] || break
done
splats_end
# The kernel warns when there is no memory for the CPU's trace buffer: see ../reports/ring-buffer-prepare.md.
for file in $warned; do
	expect "what warned" "$file" kernel/trace/ring_buffer.c
done
expect_no_violations
[ ! "$outside_failed" ]
