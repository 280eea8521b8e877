# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The machine that the tests run on and its kernel: which kernel it is, writing to its files, what
# is in its log, memory leaks and trace events.

# older_than VERSION PATCHLEVEL: succeeds if the running kernel is older than that.
older_than() {
	_release=$(uname -r)
	_version=${_release%%.*}
	_patchlevel=${_release#*.}
	_patchlevel=${_patchlevel%%[!0-9]*}
	[ "$_version" -lt "$1" ] || { [ "$_version" -eq "$1" ] && [ "$_patchlevel" -lt "$2" ]; }
}

# throwaway: succeeds if this machine is thrown away after the tests, so that they may damage it.
throwaway() {
	grep -qw selftests.throwaway /proc/cmdline
}

#
# Writing to files
#

# The program that makes one system call and prints the name of the errno.
errno_program=../rust_hotplug/errno

# put VALUE FILE: writes VALUE to FILE. Sets $err to 0 or to the name of the errno.
put() {
	err=$($errno_program write "$2" "$1") || err="unknown, as $errno_program has failed"
}

# set_to VALUE FILE...: writes VALUE to each FILE, and reports a failed check if it cannot.
set_to() {
	_value=$1
	shift
	for _file; do
		echo "$_value" 2>/dev/null >"$_file" && continue
		put "$_value" "$_file"
		not_so "writing $_value to $_file failed; a second time it ended with $err"
	done
}

# errno_number NAME: sets $number to the number of that errno.
errno_number() {
	number=$($errno_program number "$1") || number=unknown
}

#
# The kernel log
#

# What a test must not leave in the kernel log: a regular expression of words that the kernel
# begins its complaints with.
splats='WARNING:|BUG:|kernel BUG|Oops|Call [Tt]race|KASAN|KCSAN|UBSAN|KFENCE'
splats="$splats|[Gg]eneral protection|[Uu]nable to handle|stack guard|stack-protector"
splats="$splats|lockdep|locking dependency|RCU usage|RCU:? .*stall|rcu:.*(stall|detected)"
splats="$splats|blocked for more than|soft lockup|hard LOCKUP|hung_task|list_(add|del) corruption"
splats="$splats|scheduling while atomic|sleeping function|refcount_t|ODEBUG|kmemleak"
splats="$splats|kobject_add|duplicate filename|callback error|No more dynamic states|panic"

# kernel_log: prints what the kernel has logged since begin(), from its first complaint that was not
# expected. Prints nothing if there is none.
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

# The files of sysctl that make the kernel panic when it warns, or has warned so often.
panics="/proc/sys/kernel/panic_on_warn /proc/sys/kernel/warn_limit"

# splats_begin: from here to splats_end, complaints of the kernel are expected. Neither finish() nor
# scripts/find-splats counts them, and the kernel does not panic for a warning.
splats_expected=
splats_begin() {
	if [ ! "$splats_expected" ]; then
		panics_were=
		for _file in $panics; do
			get "$_file"
			[ "${value:-0}" = 0 ] || {
				panics_were="$panics_were $value:$_file"
				set_to 0 "$_file"
			}
		done
	fi
	splats_expected=1
	splats_mark
}

splats_mark() {
	# Makes WARN_ONCE() and the like warn again.
	[ ! -w /sys/kernel/debug/clear_warn_once ] || echo 1 >/sys/kernel/debug/clear_warn_once
	echo "rust_hotplug-selftest: expect-splat begin $$" >/dev/kmsg
}

# what_warned: prints the warnings since the last mark, and sets $warned to the names of the source
# files that they name, in order. Takes the taint that they have caused as known.
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

# splats_end: complaints are no longer expected. Sets $warned as what_warned does.
splats_end() {
	splats_expected=
	echo "rust_hotplug-selftest: expect-splat end $$" >/dev/kmsg
	for _file in $panics_were; do
		set_to "${_file%%:*}" "${_file#*:}"
	done
	what_warned
}

# splats_go_on: sets $warned as splats_end does, but complaints are still expected.
splats_go_on() {
	what_warned
	splats_mark
}

# expect_splats_but TEXT: checks that since the last splats_begin the kernel has complained only in
# lines, or in warnings of several lines, that have TEXT in them.
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

#
# Memory leaks, which kmemleak finds: objects that nothing refers to any more
#

kmemleak=/sys/kernel/debug/kmemleak

# has_kmemleak: succeeds if this kernel has kmemleak and kmemleak has not disabled itself.
has_kmemleak() {
	[ -w $kmemleak ] || return 1
	splats_begin
	echo scan 2>/dev/null >$kmemleak && _has=0 || _has=1
	splats_end >/dev/null
	return "$_has"
}

# find_leaks: sets $leaks to kmemleak's text on each leak by the module, which has to be unloaded,
# and $others to the number of leaks elsewhere in the kernel.
find_leaks() {
	splats_begin
	# kmemleak reports an object when it is more than five seconds old, and has been found
	# unreferenced by two scans.
	sleep 6
	set_to scan $kmemleak
	set_to scan $kmemleak
	splats_end >/dev/null
	# Code of an unloaded module has an address in kmemleak's stack traces, and no name.
	# rust_cpuhp_test leaks on purpose.
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

# forget_leaks: makes kmemleak forget the leaks that there are so far, as of modules that other tests have unloaded.
forget_leaks() {
	# It forgets what it has reported, and reports no object that it has not seen twice.
	find_leaks
	set_to clear $kmemleak
}

expect_no_leaks() {
	find_leaks
	diag "kmemleak: $others leaks elsewhere in the kernel"
	if [ "$leaks" ]; then
		not_so "kmemleak has found:"
		printf '%s\n' "$leaks" | head -n 60 | sed 's/^/#   /'
	fi
}

#
# Trace events
#

# start_trace [SYSTEM...]: traces the events of these systems, in an instance of our own: without
# arguments cpuhp, which are the kernel's events for each callback. Sets $tracing to the directory
# of the instance. Fails if that cannot be had.
tracing=
start_trace() {
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
	# This clock counts events on all CPUs together, so the order is exact.
	echo counter >"$tracing/trace_clock"
	for _system; do
		echo 1 >"$tracing/events/$_system/enable"
	done
}

remove_trace() {
	[ ! "$tracing" ] || rmdir "$tracing"
	tracing=
}
