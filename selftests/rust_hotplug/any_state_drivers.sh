#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Every driver of this kernel that sets up states: each startup that loading it calls fails, on each CPU,
# and each of its states fails once when a CPU goes off and on. After each the kernel is as it was.
#
# A driver that goes on without a state that could not be set up is in defect(), with what it does then, and the
# case is expected to fail.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# defect STATE: prints what is wrong with the driver that sets it up, if it is known to ignore that this fails.
defect() {
	case $1 in
	x86/kvm/clk:online)
		echo "kvm ignores that a setup fails, reports/kvm-setup-ignored.md" ;;
	esac
}

# loaded_modules: prints the names of all modules that are loaded and can be unloaded, the last first.
loaded_modules() {
	awk '!/\[permanent\]/ { print $1 }' /proc/modules
}

# unload_new: unloads all modules that were not loaded when $tmp/modules was written. Sets $_left to those
# that stay, and fails if there are such.
unload_new() {
	while :; do
		_unloaded=
		for _module in $(loaded_modules | grep -vxFf "$tmp/modules"); do
			unload_module "$_module"
			[ "$err" != 0 ] || _unloaded=1
		done
		# Those that a module needs can go once that is gone.
		[ "$_unloaded" ] || break
	done
	_left=$(loaded_modules | grep -vxFf "$tmp/modules" | tr '\n' ' ')
	[ ! "$_left" ]
}

# unload_again: does so, and checks that nothing is left.
unload_again() {
	unload_new || not_so "these modules cannot be unloaded: $_left"
	expect "hotplug/states after unloading" "$(cat $CPU/hotplug/states)" "$states_before"
}

# load_all DRIVER: loads it after all that it needs, as modprobe would. Sets $err as load does.
load_all() {
	modprobe --show-depends "$1" 2>/dev/null | sed -n 's/^insmod \([^ ]*\).*/\1/p' >"$tmp/files"
	err="unknown, as modprobe knows nothing of it"
	while read -r _file; do
		load_file "$_file"
	done <"$tmp/files"
}

# dependents DRIVER: prints the names of the modules that need it.
dependents() {
	sed -n "s:^\([^ ]*\)\: .*/$(echo "$1" | sed 's/_/[-_]/g')\.ko.*:\1:p" "$dep" | sed 's:.*/::; s/\.ko.*//'
}

# learn DRIVER: loads and unloads it, and sets $states to the names of the states that it sets up
# meanwhile, and $loads to what loading it ended with. $tmp/calls has a line for each startup of that.
learn() {
	reset
	load_all "$1"
	loads=$err
	fields op callback state cpu | sed -n 's/^\(setup\|add\) startup //p' >"$tmp/calls"
	states=$(cat $CPU/hotplug/states | while read -r _number _name; do
		printf '%s\n' "$states_before" | grep -q " $_name\$" || echo "$_name"
	done; fields op state | sed -n 's/^\(setup\|add\) //p')
	states=$(printf '%s\n' "$states" | sort -u | grep -v "^\(prepare\|online\)\(_multi\)\?\$")
	unload_again
}

# clean WHAT: checks that the kernel has not complained. What it has said is not looked at again.
clean() {
	value=$(kernel_log)
	echo "$kmsg_mark" >/dev/kmsg
	[ "$value" ] || return 0
	get /proc/sys/kernel/tainted
	taint=$value
	not_so "$1: the kernel log says:"
	printf '%s\n' "$value" | sed 's/^/#   /'
}

# fail_loading STATE CPU ERRNO: a startup fails there while the driver is loaded. Fails if there is none.
fail_loading() {
	reset
	fault "$dir/startup_inject" cpus="$2" times=1 errno="$3"
	load_all "$loaded"
	get "$SYS/$dir/startup_inject/hits"
	if [ "$value" = 0 ]; then
		! grep -qxF "$1 $2" "$tmp/calls" || not_so "the startup of $1 on CPU $2 did not fail"
		expect "loading it, without a startup of $1 on CPU $2" "$err" "$loads"
		unload_again
		return 1
	fi
	why=$(defect "$1")
	if [ "$why" ] && [ "$err" = 0 ]; then
		known "$why"
		unload_again
		# It removes what it has not set up.
		expect_file misuses 1
		clean "$1 fails on CPU $2"
		return
	fi
	expect "loading it, with the startup of $1 on CPU $2 failing" "$err" "$3"
	[ ! -d "/sys/module/$loaded" ] || not_so "it is loaded although $1 has failed"
	unload_again
	expect_no_misuses
	clean "$1 fails on CPU $2"
}

# go_off_and_on STATE: it fails once in each direction, and the CPU recovers.
go_off_and_on() {
	set_to 1 "$SYS/$dir/startup_inject/times" "$SYS/$dir/teardown_inject/times"
	get "$SYS/$dir/section"
	[ "$value" = prepare ] || set_to EIO "$SYS/$dir/teardown_inject/errno"
	cpu_down "$cpu"
	get "$SYS/$dir/teardown_inject/hits"
	if [ "$value" = 1 ]; then
		expect "taking CPU $cpu down with $1" "$err" EIO
		cpu_down "$cpu"
	fi
	expect "taking CPU $cpu down after $1" "$err" 0
	set_to EIO "$SYS/$dir/startup_inject/errno"
	cpu_up "$cpu"
	get "$SYS/$dir/startup_inject/hits"
	if [ "$value" = 1 ]; then
		expect "bringing CPU $cpu up with $1" "$err" EIO
		expect_cpu "$cpu" hotplug/state 0
		cpu_up "$cpu"
	fi
	expect "bringing CPU $cpu up after $1" "$err" 0
	expect_cpu "$cpu" hotplug/state "$all_up"
	clean "$1 fails while CPU $cpu goes off and on"
}

# each_driver DRIVER
each_driver() {
	driver=$1
	begin_case "$driver"
	loaded_modules >"$tmp/modules"
	states_before=$(cat $CPU/hotplug/states)
	loaded=$driver
	learn "$driver"
	if [ ! "$states" ] && [ "$loads" = 0 ]; then
		# One that others are built on may leave it to them.
		for loaded in $(dependents "$driver"); do
			loaded=$(echo "$loaded" | tr - _)
			learn "$loaded"
			[ ! "$states" ] || break
		done
	fi
	clean "loading and unloading it"
	if [ ! "$states" ]; then
		case_name=
		skip_case "$driver" "no state is set up when it is loaded: $loads"
		return
	fi
	for state in $states; do
		target "$state"
		n=0
		for c in $cpus; do
			# shellcheck disable=SC2086
			nth $n $ERRNOS
			fail_loading "$state" "$c" "$word" || break
			n=$((n + 1))
		done
		diag "$driver: $state has failed on $n CPUs while $loaded was loaded"
	done

	# For real. A teardown does not fail in a removal, nor in the rollback of a setup.
	reset
	load_all "$loaded"
	expect "loading it" "$err" "$loads"
	for state in $states; do
		dir=states/$(printf '%s' "$state" | tr / '!')
		get "$SYS/$dir/state"
		[ ! "$cpu" ] || [ "$value" = -1 ] || go_off_and_on "$state"
	done
	reset
	for dir in "$SYS"/states/*/; do
		fault "states/$(basename "$dir")/startup_inject" times=-1 errno=EIO
		put EIO "${dir}teardown_inject/errno"
	done
	unload_again
	expect "how often something has failed in a removal" "$(cat $SYS/states/*/*_inject/hits | sort -u)" 0
	expect_no_misuses
	clean "unloading it"
	untarget
	set_to 1 $SYS/watch
	end_case
}

unload_drivers() {
	[ ! -e "$tmp/modules" ] || unload_new
}

throwaway || skip_all "it loads drivers: not on a machine that is kept"
lib=/lib/modules/$(uname -r)
dep=$lib/modules.dep
[ -r "$dep" ] || skip_all "no modules of this kernel here"
tmp=$(mktemp -d)
# Beside the VM's modules there is a list.
if [ -r "$lib/modules.cpuhp" ]; then
	drivers=$(cat "$lib/modules.cpuhp")
else
	drivers=$(./find_drivers "$lib")
fi
# Those that are loaded are in use.
list=
for driver in $drivers; do
	[ -d "/sys/module/$driver" ] || list="$list $driver"
done
# shellcheck disable=SC2086 # a list
set -- $list
[ $# -gt 0 ] || skip_all "no driver that sets up states can be loaded here"
# shellcheck disable=SC2086
some_of 8 $online
cpus=$list
cpu=${hotpluggable##* }
undo=unload_drivers
begin_hooked $#
set_to 1 $SYS/watch
for driver; do
	each_driver "$driver"
done
finish
