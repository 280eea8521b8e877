# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Shared by the tests: what the machine has, cases, writes whose errno is known,
# the log in a form that can be compared, and putting everything back.

export LC_ALL=C				# messages are compared as text
export PATH="$PATH:/usr/sbin:/sbin"	# su leaves them out
# The runner starts us under stdbuf, with which echo loses the errno of a write.
unset _STDBUF_O
cd "$(dirname "$0")" || exit 1
# shellcheck source=/dev/null
. ../kselftest/ktap_helpers.sh

SYS=/sys/kernel/rust_hotplug
CPU=/sys/devices/system/cpu
KO=${RUST_HOTPLUG_KO:-../../rust_hotplug.ko}
STATES="prepare online"
# shellcheck disable=SC2034
MULTI="prepare_multi online_multi"
# shellcheck disable=SC2034 # tests use these
ERRNOS="ENOMEM ENOSPC EIO EINVAL ENODEV EPERM EAGAIN ETIMEDOUT ENXIO ERANGE"

test_name=${0##*/}
test_name=${test_name%.sh}
nl='
'

#
# Lists
#

# expand LIST: $list becomes "0 1 2 5" of a cpulist such as 0-2,5.
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

# list_has WORD WORD...: whether the first is among the others.
list_has() {
	_word=$1
	shift
	case " $* " in
	*" $_word "*)	return 0 ;;
	esac
	return 1
}

# list_without WORD WORD...: $list becomes the others without the first.
list_without() {
	_word=$1
	shift
	list=
	for _i; do
		[ "$_i" = "$_word" ] || list="$list${list:+ }$_i"
	done
}

# some_of N WORD...: $list becomes these or, of more than N, the first, the last and
# others between: for what is done for each CPU and takes longer the more there are.
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

# nth N WORD...: $word becomes the N-th, from 0, round and round.
nth() {
	_i=$1
	shift
	shift $((_i % $#))
	# shellcheck disable=SC2034
	word=$1
}

# get FILE: $value becomes its first line.
get() {
	value=
	read -r value 2>/dev/null <"$1" || :
}

find_cpus() {
	get $CPU/online
	expand "$value"
	online=$list
	hotpluggable=
	for _i in $online; do
		[ ! -w "$CPU/cpu$_i/online" ] || hotpluggable="$hotpluggable${hotpluggable:+ }$_i"
	done
	state_number online
	all_up=$number
}

# state_number NAME: $number becomes that of the state in hotplug/states, or nothing.
state_number() {
	number=$(awk -v name="$1" '$2 == name { print $1 + 0 }' $CPU/hotplug/states 2>/dev/null)
}

# older_than VERSION PATCHLEVEL: whether the kernel that is running is.
older_than() {
	_release=$(uname -r)
	_version=${_release%%.*}
	_patchlevel=${_release#*.}
	_patchlevel=${_patchlevel%%[!0-9]*}
	[ "$_version" -lt "$1" ] || { [ "$_version" -eq "$1" ] && [ "$_patchlevel" -lt "$2" ]; }
}

# throwaway: whether nobody minds what becomes of this machine.
throwaway() {
	grep -qw selftests.throwaway /proc/cmdline
}

#
# Errors: the name of the errno with which a write failed. Only a program's
# message says it (dash calls them all "I/O error"), so it is /bin/echo that writes.
#

# errno_of MESSAGE: $err becomes the name of the errno that it ends with.
errno_of() {
	case ${1##*: } in
	"Operation not permitted")		err=EPERM ;;
	"No such file or directory" | "nonexistent directory") err=ENOENT ;;
	"Input/output error" | "I/O error")	err=EIO ;;
	"No such device or address")		err=ENXIO ;;
	"Resource temporarily unavailable")	err=EAGAIN ;;
	"Cannot allocate memory" | "Out of memory") err=ENOMEM ;;
	"Permission denied")			err=EACCES ;;
	"Device or resource busy" | "Resource busy") err=EBUSY ;;
	"File exists")				err=EEXIST ;;
	"No such device")			err=ENODEV ;;
	"Invalid argument" | [Ii]"nvalid parameter"*) err=EINVAL ;;
	"No space left on device")		err=ENOSPC ;;
	"Operation canceled")			err=ECANCELED ;;
	"Numerical result out of range" | "Result not representable") err=ERANGE ;;
	"Connection timed out" | "Operation timed out") err=ETIMEDOUT ;;
	*)					err="unknown (${1##*: })" ;;
	esac
}

# errno_number NAME: $number becomes its number.
errno_number() {
	case $1 in
	EPERM)		number=1 ;;
	ENOENT)		number=2 ;;
	EIO)		number=5 ;;
	ENXIO)		number=6 ;;
	EAGAIN)		number=11 ;;
	ENOMEM)		number=12 ;;
	EBUSY)		number=16 ;;
	ENODEV)		number=19 ;;
	EINVAL)		number=22 ;;
	ENOSPC)		number=28 ;;
	ERANGE)		number=34 ;;
	ETIMEDOUT)	number=110 ;;
	*)		number=unknown ;;
	esac
}

# put VALUE FILE: writes it. $err becomes 0 or the errno's name.
put() {
	if message=$({ /bin/echo "$1" >"$2"; } 2>&1); then
		err=0
	else
		errno_of "$message"
	fi
}

# set_to VALUE FILE...: writes it where that has to work.
set_to() {
	_value=$1
	shift
	for _file; do
		echo "$_value" 2>/dev/null >"$_file" && continue
		put "$_value" "$_file"
		not_so "writing $_value to $_file failed, then: $err"
	done
}

#
# The module
#

module_loaded() {
	[ -d /sys/module/rust_hotplug ]
}

# run COMMAND...: $err becomes 0 or the errno's name.
run() {
	if message=$("$@" 2>&1); then
		err=0
	else
		errno_of "$message"
	fi
}

# By its path: a shell of busybox prefers its own.
insmod=insmod
for _dir in /sbin /usr/sbin; do
	[ ! -x $_dir/insmod ] || insmod=$_dir/insmod
done

load() { # PARAMETER...
	if [ -r "$KO" ]; then
		run $insmod "$KO" "$@"
	else
		run modprobe rust_hotplug "$@"
	fi
}

unload() {
	expect_no_violations
	run rmmod rust_hotplug
	module_loaded || violations=0
}

loadable() {
	[ -r "$KO" ] || modinfo rust_hotplug >/dev/null 2>&1
}

# kernel_states: $value becomes how many of the module's states the kernel lists.
kernel_states() {
	value=$(grep -c rust_hotplug $CPU/hotplug/states) || :
}

# expect_no_violations: the checker has seen the kernel keep to its contract. What
# it has counted is gone after a reset and when the module is unloaded, so this
# comes before each of these, and at the end of each case.
violations=0
expect_no_violations() {
	[ -e $SYS/violations ] || return 0
	get $SYS/violations
	[ "$value" != "$violations" ] || return 0
	not_so "the checker has counted violations: $value, before that $violations"
	violations=$value
	grep -B 12 -A 2 callback=violation $SYS/log | head -n 40 | sed 's/^/#   /'
}

# reset: every fault disarmed, counts and log empty.
reset() {
	expect_no_violations
	set_to 1 $SYS/reset
	violations=0
}

# fresh: after a reset, with both states installed.
fresh() {
	reset
	for _state in $STATES; do
		get "$SYS/$_state/installed"
		[ "$value" = 1 ] || set_to 1 "$SYS/$_state/installed"
	done
	reset
}

# remove_instances: all that were not there when the test began.
instances_before=
remove_instances() {
	for _dir in "$SYS"/*/instances/*/; do
		_dir=${_dir%/}
		# shellcheck disable=SC2086 # a list
		[ ! -d "$_dir" ] || list_has "$_dir/" $instances_before ||
			set_to "${_dir##*/}" "${_dir%/*}/remove"
	done
}

# restore_instances: those that were there, and are gone if it was unloaded.
restore_instances() {
	for _dir in $instances_before; do
		_dir=${_dir%/}
		case $_dir in
		*/\*)	;;
		*)	[ -d "$_dir" ] || set_to "${_dir##*/}" "${_dir%/*}/add" ;;
		esac
	done
}

# arm STATE CALLBACK ERRNO CPUS [TIMES]
arm() {
	set_to "$4" "$SYS/$1/$2_inject/cpus"
	set_to "${5:-1}" "$SYS/$1/$2_inject/times"
	set_to "$3" "$SYS/$1/$2_inject/errno"
}

# fault DIRECTORY FILE=VALUE...: the settings of a fault, errno last as it arms.
fault() {
	_dir=$SYS/$1
	shift
	for _setting; do
		set_to "${_setting#*=}" "$_dir/${_setting%%=*}"
	done
}

# cpu_up, cpu_down CPU: $err becomes 0 or the errno's name.
cpu_up() {
	put 1 "$CPU/cpu$1/online"
}

cpu_down() {
	put 0 "$CPU/cpu$1/online"
}

# whole CPU: brings it up all the way, wherever the kernel has left it, and makes
# its device say so.
whole() {
	get "$CPU/cpu$1/online"
	[ "$value" = 1 ] || cpu_up "$1"
	get "$CPU/cpu$1/hotplug/state"
	[ "$value" = "$all_up" ] || put "$all_up" "$CPU/cpu$1/hotplug/target"
}

# expect_cpu CPU FILE SHOULD
expect_cpu() {
	get "$CPU/cpu$1/$2"
	expect "cpu$1/$2" "$value" "$3"
}

# expect_whole CPU: it is up all the way, everyone says so, and tasks can run there.
expect_whole() {
	expect_cpu "$1" online 1
	expect_cpu "$1" hotplug/state "$all_up"
	expect_cpu "$1" hotplug/target "$all_up"
	runs_tasks "$1" || not_so "CPU $1 runs no tasks"
}

# runs_tasks CPU: it is not merely online but takes part in scheduling.
runs_tasks() {
	taskset -c "$1" true 2>/dev/null
}

# is_online CPU: whatever its device says.
is_online() {
	get $CPU/online
	expand "$value"
	# shellcheck disable=SC2086 # a list
	list_has "$1" $list
}

# The kernel's own fault, -EAGAIN out of any state: cpuN/hotplug/fail. Armed on a
# state that is then removed it is a BUG, so it must not be left behind.
kernel_fault=
kernel_arm() { # CPU STATE-NUMBER
	kernel_fault=$CPU/cpu$1/hotplug/fail
	echo "$2" 2>/dev/null >"$kernel_fault"
}

kernel_disarm() {
	set_to -1 "$kernel_fault"
	kernel_fault=
}

#
# The log, compared
#

# calls: the log, a line for each callback: operation, state, callback, CPU, where
# it ran, what it returned. A place that is right for the state has a short name.
calls() {
	awk '
	{
		split("", f)
		for (i = 1; i <= NF; i++) {
			n = index($i, "=")
			f[substr($i, 1, n - 1)] = substr($i, n + 1)
		}
		where = f["task"] "@" f["on"]
		if (where == "cpuhp/" f["cpu"] "@" f["cpu"])
			where = "cpuhp/" f["cpu"]
		# Some kernels take a CPU down in a worker of the control CPU.
		else if (f["task"] == "echo" ||
			 f["op"] == "hotplug" && f["task"] ~ /^kworker/)
			where = "writer"
		print f["op"], f["state"], f["callback"], f["cpu"], where,
			f["ret"] (f["injected"] != 0 ? " injected" : "")
	}' $SYS/log
}

# snapshot: $machine becomes what has to be the same after whatever failed or was
# undone: of each CPU and of each state and instance.
snapshot() {
	# One program for all, as there may be hundreds of CPUs.
	machine=$(grep -Hs '' "$CPU"/online "$CPU"/cpu[0-9]*/online "$CPU"/cpu[0-9]*/hotplug/state \
		"$CPU"/cpu[0-9]*/hotplug/target "$SYS"/*/installed "$SYS"/*/state \
		"$SYS"/*/cpus_up "$SYS"/*/instances/*/cpus_up)
}

# expect_unchanged: all of that is as at the last snapshot.
expect_unchanged() {
	_before=$machine
	snapshot
	[ "$machine" != "$_before" ] || return 0
	not_so "this has changed, and should not have:"
	printf '%s\n' "$_before" -- "$machine" | awk -F : '
	$0 == "--"		{ is_after = 1; next }
	!is_after		{ was[$1] = $0; next }
	was[$1] != $0		{ print "#   was: " was[$1]; print "#   is:  " $0 }
				{ delete was[$1] }
	END			{ for (file in was) print "#   gone: " was[file] }'
}

# fields NAME...: these fields of each record of the log, a line for each.
fields() {
	awk -v names="$*" '
	BEGIN {
		fields = split(names, name, " ")
	}
	{
		split("", f)
		for (i = 1; i <= NF; i++) {
			n = index($i, "=")
			f[substr($i, 1, n - 1)] = substr($i, n + 1)
		}
		line = f[name[1]]
		for (i = 2; i <= fields; i++)
			line = line " " f[name[i]]
		print line
	}' $SYS/log
}

# ladder INSTANCE...: adds these to each state that has instances, and notes where ours
# are on the ladder of the states. They have to be installed, all with both callbacks.
ladder() {
	rungs_up=
	rungs_down=
	newest_first=
	for _i; do
		newest_first="$_i${newest_first:+ }$newest_first"
		for _state in $MULTI; do
			set_to "$_i" "$SYS/$_state/instances/add"
		done
	done
	while read -r _id _state; do
		rungs_up="$rungs_up $_id:$_state"
		rungs_down="$_id:$_state $rungs_down"
	done <<-END
	$(for _state in $STATES $MULTI; do
		get "$SYS/$_state/state"
		echo "$value $_state"
	done | sort -n)
	END
	reset
}

# on_ladder CPU FROM TO: it goes from one state to the other, up or down, and the log
# has to show next what that calls of ours.
on_ladder() {
	if [ "$2" -lt "$3" ]; then
		_callback=startup _low=$2 _high=$3 _rungs=$rungs_up
	else
		_callback=teardown _low=$3 _high=$2 _rungs=$rungs_down
	fi
	for _rung in $_rungs; do
		if [ "${_rung%:*}" -le "$_low" ] || [ "${_rung%:*}" -gt "$_high" ]; then
			continue
		fi
		_state=${_rung#*:}
		_instances=-
		[ "$_state" = "${_state%_multi}" ] || _instances=$newest_first
		for _i in $_instances; do
			want="$want${want:+$nl}hotplug $_state $_i $_callback $1 0"
		done
	done
}

# expect_on_ladder WHAT: the log of it shows that and nothing else; and forgets it.
expect_on_ladder() {
	expect "the log of $1" "$(fields op state instance callback cpu ret)" "$want"
	want=
	reset
}

# expect_place CPU STATE-NUMBER: by what ours say it is there: up at each that is not above.
expect_place() {
	for _rung in $rungs_up; do
		list=$online
		# shellcheck disable=SC2086 # a list
		[ "${_rung%:*}" -le "$2" ] || list_without "$1" $online
		expect_cpus "${_rung#*:}" "$list"
	done
}

# call OPERATION STATE CALLBACK CPU [ERRNO]: the log has to show this one next.
want=
call() {
	_ret=0
	if [ $# -gt 4 ]; then
		errno_number "$5"
		_ret="-$number injected"
	fi
	case $2 in
	online*)	_where=cpuhp/$4 ;;
	*)		_where=writer ;;
	esac
	want="$want${want:+$nl}$1 $2 $3 $4 $_where $_ret"
}

# expect_calls: the log shows what call() was told, and nothing else.
expect_calls() {
	expect "log" "$(calls)" "$want"
	want=
}

#
# Cases
#

diag() {
	printf '# %s\n' "$*"
}

# A case: its name, then whatever has to hold, then end_case.
begin_case() {
	case_name=$*
	case_failed=
	case_known=
	want=
}

# known REASON: the kernel misbehaves, in a way that is known. If all else holds,
# the failure of this case is expected.
known() {
	case_known=$*
}

not_so() {
	case_failed=1
	[ "$case_name" ] || outside_failed=1
	diag "${case_name:-$test_name}: $*"
}

end_case() {
	expect_no_violations
	if [ "$case_failed" ]; then
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

# expect WHAT IS SHOULD
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

# expect_file FILE SHOULD
expect_file() {
	get "$SYS/$1"
	expect "$1" "$value" "$2"
}

# expect_cpus STATE "CPU...": these are the CPUs on which the state is up.
expect_cpus() {
	get "$SYS/$1/cpus_up"
	expand "$value"
	expect "$1/cpus_up" "$list" "$2"
}

# expect_installed STATE: $id becomes the number that the kernel gave it.
expect_installed() {
	expect_file "$1/installed" 1
	get "$SYS/$1/state"
	id=$value
	_name=$(awk -v id="$id:" '$1 == id { print $2 }' $CPU/hotplug/states)
	case $_name in
	*rust_hotplug*)	;;
	*)		not_so "state $id is '$_name' in hotplug/states" ;;
	esac
}

# expect_not_installed STATE ID: nor is its former slot in use.
expect_not_installed() {
	expect_file "$1/installed" 0
	expect_file "$1/state" -1
	expect_file "$1/cpus_up" ""
	value=$(awk -v id="$2:" '$1 == id' $CPU/hotplug/states)
	expect "slot $2 in hotplug/states" "$value" ""
}

#
# Begin and end
#

skip_all() {
	ktap_print_header
	ktap_skip_all "$*"
	trap - EXIT
	exit "$KSFT_SKIP"
}

# Everything of the module that can be read and written, and its values.
save_knobs() {
	saved_knobs=$(find $SYS -type f -perm -600 | while read -r file; do
		get "$file"
		echo "$file $value"
	done)
}

# The states come back with nothing armed, and instances after the states, so the errnos
# have to be last. How a state is set up can change only while it is not.
restore_knobs() {
	for _pass in others installed instances errno; do
		[ $_pass != instances ] || restore_instances
		while read -r _knob _saved; do
			case $_knob in
			*/installed | */errno)	_turn=${_knob##*/} ;;
			*/instances/*)		_turn=instances ;;
			*)			_turn=others ;;
			esac
			[ $_pass = "$_turn" ] || continue
			get "$_knob"
			[ "$value" != "$_saved" ] || continue
			case $_knob in
			*/setup | */callbacks)	set_to 0 "${_knob%/*}/installed" ;;
			esac
			set_to "$_saved" "$_knob"
		done <<-END
		$saved_knobs
		END
	done
}

# as_loaded: without instances, and with every state set up as after loading.
as_loaded() {
	_instances=$instances_before
	instances_before=
	remove_instances
	instances_before=$_instances
	for _state in $STATES $MULTI; do
		get "$SYS/$_state/setup"
		_way=$value
		get "$SYS/$_state/callbacks"
		if [ "$_way $value" != "calls both" ]; then
			set_to 0 "$SYS/$_state/installed"
			set_to calls "$SYS/$_state/setup"
			set_to both "$SYS/$_state/callbacks"
		fi
		set_to 1 "$SYS/$_state/installed"
	done
}

# stop PID...: ends processes of this test.
stop() {
	for _i; do
		kill "$_i" 2>/dev/null
		wait "$_i" 2>/dev/null
	done
}

background=
# What a test has to put back itself, before the rest is.
undo=
cleanup() {
	[ ! "$cleaning" ] || return 0
	cleaning=1
	trap '' HUP INT PIPE TERM
	# shellcheck disable=SC2086 # a list
	stop $background
	# Before anything that might remove a state.
	[ ! "$kernel_fault" ] || kernel_disarm
	$undo
	remove_trace
	[ ! "$splats_expected" ] || splats_end
	[ ! "$tmp" ] || rm -r "$tmp"
	if module_loaded; then
		reset
		remove_instances
	fi
	for _i in $hotpluggable; do
		whole "$_i"
		get "$CPU/cpu$_i/online"
		[ "$value" = 1 ] || not_so "CPU $_i is still offline"
		get "$CPU/cpu$_i/hotplug/state"
		[ "$value" = "$all_up" ] || not_so "CPU $_i is half-way, at state $value"
	done
	if [ "$was_loaded" ]; then
		module_loaded || load
		! module_loaded || restore_knobs
	elif module_loaded; then
		unload
		[ "$err" = 0 ] || not_so "the module is still loaded: $err"
	fi
}

# The kernel is about to complain, and that is what it is expected to do: from here
# to splats_end neither finish() nor scripts/find-splats counts it.
splats_expected=
splats_begin() {
	splats_expected=1
	splats_mark
}

splats_mark() {
	# What it warns of but once it is to warn of again.
	[ ! -w /sys/kernel/debug/clear_warn_once ] || echo 1 >/sys/kernel/debug/clear_warn_once
	echo "rust_hotplug-selftest: expect-splat begin $$" >/dev/kmsg
}

# what_warned: $warned becomes the files in which it warned since, in order.
what_warned() {
	get /proc/sys/kernel/tainted
	taint=$value
	_text=$(dmesg | awk -v mark="expect-splat begin $$" '
	index($0, mark)		{ n = 0 }
	/WARNING: |BUG: |callback error/ { line[n++] = $0 }
	END			{ for (i = 0; i < n; i++) print line[i] }')
	[ ! "$_text" ] || printf '%s\n' "$_text" | sed 's/^\[[^]]*\] */# /'
	warned=$(printf '%s\n' "$_text" | sed -n 's/.*[ :]\([a-z_/]*\.c\):[0-9]* .*/\1/p' | tr '\n' ' ')
	warned=${warned% }
}

# splats_end: it is not expected any more. $warned becomes the files in which it warned.
splats_end() {
	splats_expected=
	echo "rust_hotplug-selftest: expect-splat end $$" >/dev/kmsg
	what_warned
}

# splats_go_on: the same, but it is still expected.
splats_go_on() {
	what_warned
	splats_mark
}

# What a test must not leave in the kernel log, in words of printk's callers.
splats='WARNING:|BUG:|kernel BUG|Oops|Call [Tt]race|KASAN|KCSAN|UBSAN|KFENCE'
splats="$splats|[Gg]eneral protection|[Uu]nable to handle|stack guard|stack-protector"
splats="$splats|lockdep|locking dependency|RCU usage|RCU:? .*stall|rcu:.*(stall|detected)"
splats="$splats|blocked for more than|soft lockup|hard LOCKUP|hung_task|list_(add|del) corruption"
splats="$splats|scheduling while atomic|sleeping function|refcount_t|ODEBUG|kmemleak"
splats="$splats|kobject_add|duplicate filename|callback error|No more dynamic states|panic"

# expect_splats_but TEXT: since splats_begin the kernel has complained of nothing but in lines and
# warnings in which there is TEXT.
expect_splats_but() {
	value=$(dmesg | awk -v mark="expect-splat begin $$" -v splats="$splats" -v but="$1" '
	index($0, mark)		{ n = 0 }
	/\[ cut here \]/	{ start = n; within = 1; left_out = 0 }
	index($0, but)		{ left_out = within; next }
				{ line[n++] = $0 }
	/---\[ end trace /	{ if (left_out) n = start; within = left_out = 0 }
	END {
		for (i = 0; i < n; i++)
			if (line[i] ~ splats)
				print line[i]
	}')
	expect "what else the kernel complains of" "$value" ""
}

kernel_log() {
	dmesg | awk -v mark="$kmsg_mark" -v splats="$splats" '
	index($0, mark)	{ n = expected = 0; next }
	/rust_hotplug-selftest: expect-splat begin/	{ expected = 1 }
	/rust_hotplug-selftest: expect-splat end/	{ expected = 0 }
	!expected	{ line[n++] = $0 }
	END {
		for (i = 0; i < n; i++)
			if (line[i] ~ splats)
				first = first ? first : i + 1
		for (i = first ? first - 1 : n; i < n; i++)
			print line[i]
	}'
}

# finish: the last case is that nothing is left, in the kernel log or elsewhere.
finish() {
	begin_case "kernel log clean and everything put back"
	cleanup
	value=$(kernel_log)
	if [ "$value" ]; then
		not_so "the kernel log says:"
		printf '%s\n' "$value" | sed 's/^/#   /'
	fi
	get /proc/sys/kernel/tainted
	# Those of a warning (512) and of a death (128).
	expect "the kernel's taint" $((value & 640)) $((taint & 640))
	[ ! "$outside_failed" ] || not_so "something failed between the cases"
	end_case
	trap - EXIT
	ktap_finished
}

interrupted() {
	cleanup
	trap - EXIT
	ktap_exit_fail_msg "interrupted"
}

left() {
	cleanup
	value=$(kernel_log)
	[ ! "$value" ] || printf '%s\n' "$value" | sed 's/^/# kernel log: /'
}

# begin CASES [unloaded]: what every test needs, else it is skipped.
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
		loadable || skip_all "no rust_hotplug.ko: not built"
	fi

	kmsg_mark="rust_hotplug selftest $test_name $$ begins"
	echo "$kmsg_mark" >/dev/kmsg
	get /proc/sys/kernel/tainted
	taint=$value
	trap left EXIT
	trap interrupted HUP INT PIPE TERM

	ktap_print_header
	ktap_set_plan $(($1 + 1))
	if [ "$was_loaded" ]; then
		save_knobs
		instances_before=$(echo $SYS/*/instances/*/)
		set_to 1 $SYS/reset
		as_loaded
		if [ "$2" = unloaded ]; then
			unload
			[ "$err" = 0 ] || ktap_exit_fail_msg "rmmod: $err"
		fi
	elif [ "$2" != unloaded ]; then
		load
		[ "$err" = 0 ] || ktap_exit_fail_msg "insmod $KO: $message"
	fi
}

#
# Leaks, as kmemleak finds them: what nothing refers to any more
#

kmemleak=/sys/kernel/debug/kmemleak

# has_kmemleak: the kernel has it, and it has not given up.
has_kmemleak() {
	[ -w $kmemleak ] || return 1
	splats_begin
	echo scan 2>/dev/null >$kmemleak && _has=0 || _has=1
	splats_end >/dev/null
	return "$_has"
}

# find_leaks: $leaks become those that were allocated by the module, which has to be
# unloaded; $others how many the kernel has of its own.
find_leaks() {
	splats_begin
	# Nothing is reported in its first five seconds, nor when it is seen the first time.
	sleep 6
	set_to scan $kmemleak
	set_to scan $kmemleak
	splats_end >/dev/null
	# Code that is gone has no name. What rust_cpuhp_test leaks, it leaks on purpose.
	leaks=$(awk '
	function end() {
		if (object && ours && !on_purpose)
			printf "%s", object
		else if (object)
			others++
		object = ours = on_purpose = ""
	}
	/^unreferenced object/		{ end() }
					{ object = object $0 "\n" }
	/\[rust_hotplug/			{ ours = 1 }
	/\[rust_cpuhp_test\]/		{ on_purpose = 1 }
	/^ +(\[<[0-9a-fx]*>\] )?0x[0-9a-f]+$/	{ ours = 1 }
	END				{ end(); print "others " others + 0 }' $kmemleak)
	others=${leaks##*others }
	leaks=${leaks%others *}
}

# forget_leaks: those there are up to now are not found any more.
forget_leaks() {
	set_to clear $kmemleak
}

expect_no_leaks() {
	find_leaks
	diag "kmemleak: $others that are not ours"
	if [ "$leaks" ]; then
		not_so "kmemleak has found:"
		printf '%s\n' "$leaks" | head -n 60 | sed 's/^/#   /'
	fi
}

#
# Trace events in an instance of their own: the kernel's of these callbacks, if no
# others are asked for
#

tracing=
start_trace() { # [SYSTEM...]
	_dir=/sys/kernel/tracing
	[ $# -gt 0 ] || set -- cpuhp
	[ -d $_dir/instances ] || mount -t tracefs tracefs $_dir 2>/dev/null || return 1
	for _system; do
		[ -d "$_dir/events/$_system" ] || return 1
	done
	tracing=$_dir/instances/rust_hotplug_$$
	if ! mkdir "$tracing" 2>/dev/null; then
		tracing=
		return 1
	fi
	# Counts events, whichever CPU they are on: the order is then exact.
	echo counter >"$tracing/trace_clock"
	for _system; do
		echo 1 >"$tracing/events/$_system/enable"
	done
}

remove_trace() {
	[ ! "$tracing" ] || rmdir "$tracing"
	tracing=
}

find_cpus
