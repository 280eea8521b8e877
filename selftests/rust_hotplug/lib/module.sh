# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The module: loading it, its states and instances, and arming its faults.

module_loaded() {
	[ -d /sys/module/rust_hotplug ]
}

# loadable: succeeds if there is a module that can be loaded: built here, or else installed.
loadable() {
	[ -r "$KO" ] || modinfo rust_hotplug >/dev/null 2>&1
}

# fits: succeeds if there is a module that was built for the kernel that is running.
fits() {
	_module=rust_hotplug
	[ ! -r "$KO" ] || _module=$KO
	_release=$(modinfo -F vermagic "$_module" 2>/dev/null)
	[ "${_release%% *}" = "$(uname -r)" ]
}

# load [PARAMETER...]: loads the module. Sets $err to 0 or to the name of the errno.
load() {
	if [ -r "$KO" ]; then
		load_file "$KO" "$@"
	else
		load_file "$(modinfo -n rust_hotplug)" "$@"
	fi
}

# load_file FILE [PARAMETER...]: loads any module. Sets $err as load does.
load_file() {
	err=$($errno_program load "$@") || err="unknown, as $errno_program has failed"
}

# load_or_exit [PARAMETER...]: loads the module, or ends the test.
load_or_exit() {
	load "$@"
	[ "$err" = 0 ] || ktap_exit_fail_msg "cannot load the module: $err"
}

# unload: unloads the module. Sets $err to 0 or to the name of the errno.
unload() {
	expect_no_violations
	unload_module rust_hotplug
	module_loaded || violations=0
}

# unload_module NAME: unloads any module. Sets $err as unload does.
unload_module() {
	err=$($errno_program unload "$1") || err="unknown, as $errno_program has failed"
}

# kernel_states: sets $value to the number of the module's states that the kernel lists.
kernel_states() {
	value=$(grep -c rust_hotplug "$CPU/hotplug/states") || :
}

# state_number NAME: sets $number to the number that hotplug/states has for that state, or to nothing.
state_number() {
	number=$(awk -v name="$1" '$2 == name { print $1 + 0 }' "$CPU/hotplug/states" 2>/dev/null)
}

# expect_no_violations: checks that the checker has found no violation of the contract that it did
# not already have at the last check. A reset and an unload lose the checker's count, so this is done
# before each of them and at the end of each case.
violations=0
expect_no_violations() {
	[ -e "$SYS/violations" ] || return 0
	get "$SYS/violations"
	[ "$value" != "$violations" ] || return 0
	certainly_not_so "the checker has counted violations: $value, before that $violations"
	violations=$value
	grep -B 12 -A 2 callback=violation "$SYS/log" | head -n 40 | sed 's/^/#   /'
}

# reset: disarms every fault, and empties the log and the counts.
reset() {
	expect_no_violations
	set_to 1 "$SYS/reset"
	violations=0
}

# fresh: a reset, with both states without instances installed.
fresh() {
	reset
	for _state in $STATES; do
		get "$SYS/$_state/installed"
		[ "$value" = 1 ] || set_to 1 "$SYS/$_state/installed"
	done
	reset
}

#
# Faults
#

# arm STATE CALLBACK ERRNO CPUS [TIMES]: makes that callback fail, by default once.
arm() {
	set_to "$4" "$SYS/$1/$2_inject/cpus"
	set_to "${5:-1}" "$SYS/$1/$2_inject/times"
	set_to "$3" "$SYS/$1/$2_inject/errno"
}

# fault DIRECTORY FILE=VALUE...: writes the settings of the fault in DIRECTORY. errno arms the fault, so
# it has to be the last.
fault() {
	_dir=$SYS/$1
	shift
	for _setting; do
		set_to "${_setting#*=}" "$_dir/${_setting%%=*}"
	done
}

#
# Checks
#

# expect_file FILE SHOULD: checks the value of a file of the module.
expect_file() {
	get "$SYS/$1"
	expect "$1" "$value" "$2"
}

# expect_cpus STATE "CPU...": checks that the state is up on these CPUs and on no others.
expect_cpus() {
	get "$SYS/$1/cpus_up"
	expand "$value"
	expect "$1/cpus_up" "$list" "$2"
}

# expect_cpus_online CPUS: checks that these are online and no others, and that all states are up on just these.
expect_cpus_online() {
	get "$CPU/online"
	expand "$value"
	expect "CPUs online" "$list" "$1"
	for _state in $STATES; do
		expect_cpus "$_state" "$1"
	done
}

# expect_installed STATE: checks that it is, and sets $id to the number that the kernel gave it.
expect_installed() {
	expect_file "$1/installed" 1
	get "$SYS/$1/state"
	id=$value
	_name=$(awk -v id="$id:" '$1 == id { print $2 }' "$CPU/hotplug/states")
	case $_name in
	*rust_hotplug*)	;;
	*)		not_so "state $id is '$_name' in hotplug/states" ;;
	esac
}

# expect_not_installed STATE ID: checks that the state is not installed, and that the kernel does not
# list the number ID, which it had.
expect_not_installed() {
	expect_file "$1/installed" 0
	expect_file "$1/state" -1
	expect_file "$1/cpus_up" ""
	value=$(awk -v id="$2:" '$1 == id' "$CPU/hotplug/states")
	expect "slot $2 in hotplug/states" "$value" ""
}
