# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# States that are not the module's own: adding them to states/ and making them fail, the drivers that
# have them, and what the log and the kernel's trace events show of them.

#
# states/ and watch
#

# target NAME: adds a state to states/, and sets $dir to its directory, seen from $SYS.
target() {
	set_to "$1" "$SYS/states/add"
	dir=states/$(printf '%s' "$1" | tr / '!')
}

# target_or_skip NAME CASE: does so, or reports that the case is skipped, and fails, where this kernel
# has no such state.
target_or_skip() {
	state_number "$1"
	if [ ! "$number" ]; then
		skip_case "$2" "this kernel has no state $1"
		return 1
	fi
	target "$1"
}

# untarget: removes all states from states/, and ends watching. This takes the hook out of the kernel.
untarget() {
	for _dir in "$SYS"/states/*/; do
		[ -d "$_dir" ] || continue
		_dir=${_dir%/}
		set_to "$(printf '%s' "${_dir##*/}" | tr '!' /)" "$SYS/states/remove"
	done
	[ ! -e "$SYS/watch" ] || set_to 0 "$SYS/watch"
}

# can_hook: succeeds if this kernel can be hooked. Where it cannot, the kernel log says why.
can_hook() {
	module_loaded || return 1
	put 1 "$SYS/watch"
	_can=$err
	put 0 "$SYS/watch"
	[ "$_can" = 0 ]
}

# begin_hooked CASES: begins a test that needs the hook, or skips it where this kernel cannot be hooked.
begin_hooked() {
	begin "$1"
	can_hook && return
	[ "$_can" = EOPNOTSUPP ] || ktap_exit_fail_msg "cannot watch: $_can"
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		skip_case "case $i" "this kernel cannot be hooked, see its log"
	done
	finish
}

# visible NAME: sets $shown to the name as it is in the log.
visible() {
	shown=$(printf '%s' "$1" | LC_ALL=C tr -c '!-<>-~' _ | cut -c 1-55)
}

# calls_of STATE: prints a line for each call of that state in the log: operation, callback, CPU, what it
# returned, and whether that was injected.
calls_of() {
	visible "$1"
	fields state op callback cpu ret injected |
		awk -v state="$shown" '$1 == state { print $2, $3, $4, $5 ($6 ? " injected" : "") }'
}

# expect_calls_of STATE: checks that the log shows of that state what is in $want, and nothing else.
expect_calls_of() {
	expect "log of $1" "$(calls_of "$1")" "$want"
	want=
}

# one_of OPERATION CALLBACK CPU [ERRNO]: adds a line, in the form of calls_of(), to $want.
one_of() {
	_ret=0
	if [ $# -gt 3 ]; then
		errno_number "$4"
		_ret="-$number injected"
	fi
	want="$want${want:+$nl}$1 $2 $3 $_ret"
}

# traced STATE-NUMBER: prints a line for each call of that state that the kernel's trace events show: CPU
# and what it returned.
traced() {
	awk -v number="$1" '
	/ cpuhp_exit: / { sub(/.*exit:  *cpu: /, ""); if ($5 == number) print $1 + 0, $7 }' "$tracing/trace"
}

# expect_no_misuses: checks that no driver has broken its side of the contract.
expect_no_misuses() {
	expect_file misuses 0
	_misuses=$(grep callback=misuse "$SYS/log" | head -n 5)
	[ ! "$_misuses" ] || printf '%s\n' "$_misuses" | sed 's/^/#   /'
}

#
# Drivers
#

# driver_file NAME: sets $file to the file of a module: one built with the module, or the kernel's own.
# Fails if there is none.
driver_file() {
	file=${KO%/*}/$1.ko
	[ -r "$file" ] || file=$(modinfo -n "$1" 2>/dev/null)
	[ -r "$file" ]
}

# has_driver NAME: succeeds if there is that module and it is not loaded.
has_driver() {
	driver_file "$1" && [ ! -d "/sys/module/$1" ]
}

# load_driver NAME [PARAMETER...]: loads it, with what it depends on. Sets $err as load does.
load_driver() {
	if ! driver_file "$1"; then
		err="unknown, as there is no module $1"
		return
	fi
	_file=$file
	for _module in $(modinfo -F depends "$_file" | tr , ' '); do
		[ -d "/sys/module/$_module" ] || ! driver_file "$_module" || load_file "$file"
	done
	shift
	load_file "$_file" "$@"
}

# unload_driver NAME: unloads it, if it is loaded.
unload_driver() {
	[ ! -d "/sys/module/$1" ] || unload_module "$1"
}
