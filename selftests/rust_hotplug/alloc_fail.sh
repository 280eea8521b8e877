#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Each memory allocation fails once: while the module is loaded and unloaded, states are set up and
# removed, instances are added and removed, and files are read and written. Either the operation
# fails and changes nothing, or the kernel does without that memory and the operation has its full
# effect. Nothing may be leaked. This needs a kernel with fault injection for allocations.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

debugfs=/sys/kernel/debug

# count_all: makes the kernel's fault injection count allocations of any size and kind.
count_all() {
	for _dir in $debugfs/failslab $debugfs/fail_page_alloc; do
		[ -d "$_dir" ] || continue
		set_to N "$_dir/ignore-gfp-wait"
		set_to 0 "$_dir/verbose"
	done
	[ ! -d $debugfs/fail_page_alloc ] || set_to N $debugfs/fail_page_alloc/ignore-gfp-highmem
	[ ! -d $debugfs/fail_page_alloc ] || set_to 0 $debugfs/fail_page_alloc/min-order
}

# count_below [START END]: makes it count only allocations by the functions at these addresses, or
# by functions that they call; without arguments, all allocations.
count_below() {
	for _dir in $debugfs/failslab $debugfs/fail_page_alloc; do
		[ -e "$_dir/require-start" ] || continue
		set_to "${1:-0}" "$_dir/require-start"
		set_to "${2:-18446744073709551615}" "$_dir/require-end"
	done
}

put_back() {
	for _dir in $debugfs/failslab $debugfs/fail_page_alloc; do
		[ -d "$_dir" ] || continue
		set_to 0 "$_dir/probability"
		set_to 1 "$_dir/times"
		set_to Y "$_dir/ignore-gfp-wait"
		set_to 2 "$_dir/verbose"
	done
	[ ! -d $debugfs/fail_page_alloc ] || set_to Y $debugfs/fail_page_alloc/ignore-gfp-highmem
	[ ! -d $debugfs/fail_page_alloc ] || set_to 1 $debugfs/fail_page_alloc/min-order
	count_below
}

# alloc_begin and alloc_end surround operations whose allocations fail. Messages of the allocators
# about that are not counted as splats, nor is what the kernel says of a directory that it could not
# make for want of memory.
alloc_begin() {
	splats_begin
}

alloc_end() {
	value=$(dmesg | awk -v mark="expect-splat begin $$" -v splats="$splats" '
	index($0, mark)	{ n = allowed = 0; next }
	/: vmalloc error: |page allocation failure|percpu: allocation failed/	{ allowed = 1; next }
	/Call Trace:/ && allowed	{ allowed = 0; next }
	/kobject_add_internal failed for .* \(error: -12 /	{ next }
	$0 ~ splats	{ first = 1 }
	first && n < 60	{ line[n++] = $0 }
	END		{ for (i = 0; i < n; i++) print line[i] }')
	_text=$value
	splats_end
	if [ "$_text" ]; then
		not_so "the kernel log says:"
		printf '%s\n' "$_text" | sed 's/^/#   /'
	fi
}

# every_nth OPERATION ARGUMENT... -- UNDO ARGUMENT...: does the operation again and again, each time
# with another one of its allocations failing. fail_nth.pl has the details.
every_nth() {
	value=$(perl fail_nth.pl "$first" "$step" "$@" 2>&1)
	expect "the status of fail_nth.pl $*" $? 0
	printf '%s\n' "$value" | sed 's/^/# /'
	case $value in
	*" allocations make it fail"*)	;;
	*)				not_so "fail_nth.pl $* has not come to its end" ;;
	esac
	# Each of these operations needs memory, so it has to fail at least once. Unloading needs
	# none.
	case $1:$nl$value in
	unload:*)			;;
	*"${nl}0 allocations make"*)	not_so "no allocation makes it fail" ;;
	esac
}

# symbol_range NAME: sets $start and $end to the addresses of that kernel function.
symbol_range() {
	# shellcheck disable=SC2046 # two words
	set -- $(awk -v name="$1" '
	found && $1 != found	{ print found, $1; exit }
	$3 == name		{ found = $1 }' /proc/kallsyms)
	start=0x$1
	end=0x$2
}

# module_range: sets $start and $end to the addresses of the module's functions.
module_range() {
	# shellcheck disable=SC2046 # two words
	set -- $(awk '$4 == "[rust_hotplug]" && $2 ~ /[tT]/ { print $1 }' /proc/kallsyms | sort | sed -n '1p;$p')
	start=0x$1
	end=0x$2
}

loading() {
	begin_case "insmod, below its init function"
	alloc_begin
	symbol_range do_one_initcall
	count_below "$start" "$end"
	first=$load_first
	step=$load_step
	diag "from allocation $first in steps of $step"
	every_nth load "$KO" log_records=16 -- unload rust_hotplug
	first=1
	step=1
	count_below
	alloc_end
	end_case
}

unloading() {
	begin_case "rmmod"
	load log_records=16
	expect "insmod" "$err" 0
	alloc_begin
	every_nth unload rust_hotplug -- load "$KO" log_records=16
	alloc_end
	unload
	end_case
}

setting_up() { # STATE
	begin_case "$1: setup and removal, in every way"
	file=$SYS/$1/installed
	alloc_begin
	for way in calls nocalls calls_cpuslocked nocalls_cpuslocked manual; do
		set_to 0 "$file"
		set_to $way "$SYS/$1/setup"
		every_nth write "$file" 1 -- write "$file" 0
		set_to 1 "$file"
		every_nth write "$file" 0 -- write "$file" 1
	done
	set_to 0 "$file"
	set_to calls "$SYS/$1/setup"
	set_to 1 "$file"
	alloc_end
	end_case
}

adding() { # STATE
	begin_case "$1: an instance is added and removed, in every way"
	dir=$SYS/$1/instances
	alloc_begin
	for way in calls nocalls manual; do
		set_to 0 "$SYS/$1/installed"
		set_to $way "$SYS/$1/setup"
		set_to 1 "$SYS/$1/installed"
		every_nth write "$dir/add" x -- write "$dir/remove" x
		set_to x "$dir/add"
		every_nth write "$dir/remove" x -- write "$dir/add" x
		set_to x "$dir/remove"
	done
	set_to 0 "$SYS/$1/installed"
	set_to calls "$SYS/$1/setup"
	set_to 1 "$SYS/$1/installed"
	alloc_end
	end_case
}

arming() {
	begin_case "a fault is armed"
	dir=$SYS/online/startup_inject
	alloc_begin
	get $dir/cpus
	every_nth write $dir/cpus "${online%% *}" -- write $dir/cpus "$value"
	every_nth write $dir/errno ENOMEM -- write $dir/errno 0
	every_nth write $dir/times 2 -- write $dir/times 1
	alloc_end
	end_case
}

files() {
	begin_case "the files are read and written"
	cpu_down "$cpu"
	cpu_up "$cpu"
	alloc_begin
	for file in log violations online/cpus_up online/startup_inject/cpus online/state; do
		every_nth open "$SYS/$file" -- nothing
		every_nth read "$SYS/$file" -- nothing
	done
	every_nth write "$SYS/seed" 0 -- nothing
	every_nth write "$SYS/reset" 1 -- nothing
	alloc_end
	end_case
}

# A callback has nobody to report to that there is no memory, so it must not need any.
callbacks() {
	begin_case "callbacks allocate nothing"
	if [ ! -e $debugfs/failslab/require-start ]; then
		skip_case "$case_name" "no CONFIG_FAULT_INJECTION_STACKTRACE_FILTER"
		return
	fi
	ladder a
	reset
	alloc_begin
	module_range
	count_below "$start" "$end"
	for dir in $debugfs/failslab $debugfs/fail_page_alloc; do
		set_to -1 "$dir/times"
		set_to 100 "$dir/probability"
	done
	put x $SYS/online_multi/instances/add
	added=$err
	set_to 0 $CPU/cpu"$cpu"/online
	set_to 1 $CPU/cpu"$cpu"/online
	for dir in $debugfs/failslab $debugfs/fail_page_alloc; do
		set_to 0 "$dir/probability"
	done
	count_below
	alloc_end
	expect "adding an instance, which does allocate" "$added" ENOMEM
	on_ladder "$cpu" "$all_up" 0
	on_ladder "$cpu" 0 "$all_up"
	expect_on_ladder "offline and online"
	remove_instances
	end_case
}

# What ftrace calls of a driver has to be forgotten with that driver, also where there is no memory for a shorter list.
hooking() {
	begin_case "a driver goes whose callbacks are hooked"
	if ! driver_file rust_hotplug_driver; then
		skip_case "$case_name" "no module rust_hotplug_driver: not built"
		return
	fi
	target selftest/multi:online
	load_driver rust_hotplug_driver instances=1
	expect "loading the driver" "$err" 0
	alloc_begin
	every_nth unload rust_hotplug_driver -- load "$file" instances=1
	alloc_end
	unload_driver rust_hotplug_driver
	load_driver rust_hotplug_driver instances=1
	fault "$dir/teardown_inject" cpus="$cpu" times=1 errno=EIO
	put 0 "$CPU/cpu$cpu/online"
	expect "cpu$cpu going offline" "$err" EIO
	errno_number EIO
	expect "what failed" "$(fields state callback cpu ret injected | grep ' 1$')" \
		"selftest/multi:online teardown $cpu -$number 1"
	unload_driver rust_hotplug_driver
	untarget
	end_case
}

works() {
	begin_case "after all that the module works"
	fresh
	for s in $STATES; do
		set_to 0 "$SYS/$s/installed"
		arm "$s" startup ENOMEM "${online##* }"
		put 1 "$SYS/$s/installed"
		expect "the setup of $s that fails" "$err" ENOMEM
		set_to 1 "$SYS/$s/installed"
		expect_cpus "$s" "$online"
	done
	ladder a b
	reset
	cpu_down "$cpu"
	cpu_up "$cpu"
	on_ladder "$cpu" "$all_up" 0
	on_ladder "$cpu" 0 "$all_up"
	expect_on_ladder "offline and online"
	expect_whole "$cpu"
	remove_instances
	end_case
}

leaks() {
	begin_case "nothing is leaked"
	if ! has_kmemleak; then
		skip_case "$case_name" "no kmemleak in this kernel"
		return
	fi
	expect_no_leaks
	end_case
}

[ -w /proc/self/fail-nth ] || skip_all "this kernel lacks CONFIG_FAULT_INJECTION"
[ -d $debugfs/failslab ] ||
	skip_all "this kernel lacks CONFIG_FAILSLAB or CONFIG_FAULT_INJECTION_DEBUG_FS, or there is no debugfs"
perl -e 'use strict; use warnings; use Errno; use Fcntl;' 2>/dev/null || skip_all "no perl"
[ -r "$KO" ] || skip_all "no rust_hotplug.ko to load again"
[ "$hotpluggable" ] || skip_all "no CPU can go offline here"
begin 14 unloaded
undo=put_back
cpu=${hotpluggable##* }
first=1
step=1
# Where DEBUG_KOBJECT_RELEASE delays the release of the kernel's objects, loading takes seconds. So
# only every 16th allocation fails, beginning with another one in each run. ALLOC_FAIL_STEP=1 is
# every allocation.
load_step=${ALLOC_FAIL_STEP:-16}
load_first=${ALLOC_FAIL_FIRST:-$(($(od -A n -N 1 -t u1 /dev/urandom) % load_step + 1))}
! has_kmemleak || forget_leaks
count_all

load_or_exit log_records=1024
fresh
for s in $STATES $MULTI; do
	setting_up "$s"
done
for s in $MULTI; do
	adding "$s"
done
arming
files
callbacks
hooking
unload
loading
unloading
load_or_exit log_records=1024
works
unload
leaks
finish
