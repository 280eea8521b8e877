# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by every test: how a test begins, what it reports, and how it ends. What tests do to
# the machine, the module and the CPUs is in lib/.
#
# A function cannot return text, so each that has a result says in its comment which variable
# it sets. Variables that begin with _ belong to the function that sets them.

export LC_ALL=C				# some output is compared as text
export PATH="$PATH:/usr/sbin:/sbin"	# su leaves them out
cd "$(dirname "$0")" || exit 1
# shellcheck source=/dev/null
. ../kselftest/ktap_helpers.sh

SYS=/sys/kernel/rust_hotplug
CPU=/sys/devices/system/cpu
# What the tests use of the rest of the tree is in the directory above selftests or, where they are installed as
# kselftest does, beside its list of tests.
top=../..
[ ! -e ../kselftest-list.txt ] || top=..
KO=${RUST_HOTPLUG_KO:-$top/rust_hotplug.ko}
STATES="prepare online"
# shellcheck disable=SC2034 # for the tests
MULTI="prepare_multi online_multi"
# shellcheck disable=SC2034 # for the tests
ERRNOS="ENOMEM ENOSPC EIO EINVAL ENODEV EPERM EAGAIN ETIMEDOUT ENXIO ERANGE"

test_name=${0##*/}
test_name=${test_name%.sh}
nl='
'

# The tests are in this directory or, those that kill the kernel, in the one beside it.
lib=../rust_hotplug/lib
# shellcheck source=../rust_hotplug/lib/machine.sh
. $lib/machine.sh
# shellcheck source=../rust_hotplug/lib/module.sh
. $lib/module.sh
# shellcheck source=../rust_hotplug/lib/cpus.sh
. $lib/cpus.sh
# shellcheck source=../rust_hotplug/lib/log.sh
. $lib/log.sh
# shellcheck source=../rust_hotplug/lib/others.sh
. $lib/others.sh
# shellcheck source=../rust_hotplug/lib/kernel_states.sh
. $lib/kernel_states.sh
# shellcheck source=../rust_hotplug/lib/restore.sh
. $lib/restore.sh

#
# Lists
#

# expand LIST: sets $list to the numbers in LIST, which is written as the kernel writes lists of
# CPUs: 0-2,5 becomes "0 1 2 5".
expand() {
	list=
	_ifs=$IFS
	IFS=,
	for _range in $1; do
		_i=${_range%-*}
		while [ "$_i" -le "${_range#*-}" ]; do
			list="$list${list:+ }$_i"
			_i=$((_i + 1))
		done
	done
	IFS=$_ifs
}

# list_has WORD ITEM...: succeeds if WORD is one of the items.
list_has() {
	_word=$1
	shift
	case " $* " in
	*" $_word "*)	return 0 ;;
	esac
	return 1
}

# list_without WORD ITEM...: sets $list to the items except WORD.
list_without() {
	_word=$1
	shift
	list=
	for _i; do
		[ "$_i" = "$_word" ] || list="$list${list:+ }$_i"
	done
}

# some_of N ITEM...: sets $list to the items or, if there are more than N, to the first, the last
# and others between them. For what takes too long when it is done on each of hundreds of CPUs.
some_of() {
	_some=$1
	shift
	list=
	_i=0
	_taken=0
	for _word; do
		if [ $# -le "$_some" ] || [ $_i -eq $((_taken * ($# - 1) / (_some - 1))) ]; then
			list="$list${list:+ }$_word"
			_taken=$((_taken + 1))
		fi
		_i=$((_i + 1))
	done
}

# nth N ITEM...: sets $word to item N, counted from 0. After the last item comes the first again.
nth() {
	_i=$1
	shift
	shift $((_i % $#))
	# shellcheck disable=SC2034 # for the tests
	word=$1
}

# get FILE: sets $value to the first line of FILE, or to nothing if it cannot be read.
get() {
	value=
	read -r value 2>/dev/null <"$1" || :
}

#
# Cases
#

diag() {
	printf '# %s\n' "$*"
}

# begin_case NAME: begins a case. Checks follow, and then end_case.
begin_case() {
	case_name=$*
	case_failed=
	case_known=
	want=
}

# known REASON: says that the kernel has just shown an error of its own which is known. If every
# check of this case succeeds, its result is then "expected to fail" instead of "passed".
known() {
	case_known=$*
}

# draw_log: leaves a picture of the log as it is now for whoever wants to know what had happened, if
# somebody has said where to.
drawn=
draw_log() {
	[ "$RUST_HOTPLUG_OUT" ] && [ ! "$drawn" ] && [ -r $SYS/log ] || return 0
	drawn=$RUST_HOTPLUG_OUT/$test_name.html
	$top/scripts/timeline --format html -o "$drawn" $SYS/log 2>/dev/null || drawn=
	[ ! "$drawn" ] || diag "the log as it was then: ${drawn##*/}"
}

# not_so TEXT: a check has failed. TEXT says what is wrong. Somebody else who brings CPUs online may
# be why.
not_so() {
	case_failed=${case_failed:-maybe}
	[ "$case_name" ] || outside_failed=${outside_failed:-maybe}
	diag "${case_name:-$test_name}: $*"
	draw_log
}

# certainly_not_so TEXT: the same for what must not be, whoever is at work.
certainly_not_so() {
	case_failed=certainly
	[ "$case_name" ] || outside_failed=certainly
	not_so "$@"
}

# end_case: reports the result of the case. While somebody else brings CPUs online, only what is
# certainly wrong is a failure.
end_case() {
	expect_no_violations
	if [ "$case_failed" = maybe ] && others_at_work; then
		skip_case "$case_name" "CPUs were also brought online by $others: end that, and try again"
	elif [ "$case_failed" ]; then
		ktap_test_fail "$case_name"
	elif [ "$case_known" ]; then
		ktap_test_xfail "$case_name ($case_known)"
	else
		ktap_test_pass "$case_name"
	fi
	case_name=
}

# skip_case NAME REASON
skip_case() {
	ktap_test_skip "$1 ($2)"
}

# expect WHAT IS SHOULD: checks that IS equals SHOULD.
expect() {
	[ "$2" != "$3" ] || return 0
	case $2$3 in
	*"$nl"*)
		not_so "$1 is not as it should be"
		printf '%s\n' "$3" | sed 's/^/#   should be: /'
		printf '%s\n' "$2" | sed 's/^/#   is:        /'
		;;
	*)
		not_so "$1 is '$2', should be '$3'"
		;;
	esac
}

#
# Begin and end of a test
#

# skip_all REASON: ends the test before its first case.
skip_all() {
	ktap_print_header
	ktap_skip_all "$*"
	trap - EXIT
	exit "$KSFT_SKIP"
}

# begin CASES [unloaded]: checks that the test can run here, and skips it if not. Then loads the
# module or, if the second argument is "unloaded", unloads it; finish() undoes that. CASES is the
# number of cases without the one in finish().
begin() {
	[ "$(id -u)" = 0 ] || skip_all "not root"
	[ -w /dev/kmsg ] || skip_all "no /dev/kmsg"
	[ -r $CPU/hotplug/states ] || skip_all "no CPU hotplug in this kernel"
	[ "$RUST_HOTPLUG_CHECKED" ] || ../check-machine || skip_all "not on this machine as it is"
	if module_loaded; then
		was_loaded=1
		[ "$2" != unloaded ] || loadable || skip_all "no rust_hotplug.ko to load again"
	else
		was_loaded=
	fi

	kmsg_mark="rust_hotplug selftest $test_name $$ begins"
	echo "$kmsg_mark" >/dev/kmsg
	get /proc/sys/kernel/tainted
	taint=$value
	trap left EXIT
	trap interrupted HUP INT PIPE TERM
	watch_others

	ktap_print_header
	ktap_set_plan $(($1 + 1))
	if [ "$was_loaded" ]; then
		save_knobs
		instances_before=$(echo $SYS/*/instances/*/)
		set_to 1 $SYS/reset
		as_loaded
		if [ "$2" = unloaded ]; then
			unload
			[ "$err" = 0 ] || ktap_exit_fail_msg "cannot unload the module: $err"
		fi
	elif [ "$2" != unloaded ]; then
		load_or_exit
	fi
}

# finish: puts everything back, and checks in a last case that nothing of the test is left, in the
# kernel log or elsewhere.
finish() {
	begin_case "kernel log clean and everything put back"
	cleanup
	value=$(kernel_log)
	if [ "$value" ]; then
		certainly_not_so "the kernel log says:"
		printf '%s\n' "$value" | sed 's/^/#   /'
	fi
	get /proc/sys/kernel/tainted
	# The bits of a warning (512) and of an oops (128).
	[ $((value & 640)) = $((taint & 640)) ] ||
		certainly_not_so "the kernel's taint is $((value & 640)), should be $((taint & 640))"
	case $outside_failed in
	maybe)		not_so "something failed between the cases" ;;
	certainly)	certainly_not_so "something failed between the cases" ;;
	esac
	end_case
	unwatch_others
	trap - EXIT
	ktap_finished
}

# interrupted: for a signal.
interrupted() {
	cleanup
	unwatch_others
	trap - EXIT
	ktap_exit_fail_msg "interrupted"
}

# left: for an exit that is not at the end of finish().
left() {
	cleanup
	unwatch_others
	value=$(kernel_log)
	[ ! "$value" ] || printf '%s\n' "$value" | sed 's/^/# kernel log: /'
}

find_cpus

# Without a module for this kernel nothing is tested. That must not look as if nothing were wrong: who has many machines
# looks at failures only, and a skip is none.
if ! module_loaded && ! fits; then
	ktap_print_header
	ktap_exit_fail_msg "there is no module for the kernel $(uname -r): not built, or not installed"
fi
