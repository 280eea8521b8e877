# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Putting everything back as it was before the test, and checking that something has not changed.

# snapshot: sets $machine to where each CPU and each state and instance of the module is: what an
# operation that fails, or is undone, must leave as it was.
snapshot() {
	# One program reads all files, as there may be hundreds of CPUs.
	machine=$(grep -Hs '' "$CPU"/online "$CPU"/cpu[0-9]*/online "$CPU"/cpu[0-9]*/hotplug/state \
		"$CPU"/cpu[0-9]*/hotplug/target "$SYS"/*/installed "$SYS"/*/state \
		"$SYS"/*/cpus_up "$SYS"/*/instances/*/cpus_up)
}

# expect_unchanged: checks that all of that is as at the last snapshot.
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

#
# Instances and files of the module
#

# remove_instances: removes all instances except those in $instances_before, the directories of
# those that were there when the test began.
instances_before=
remove_instances() {
	for _dir in "$SYS"/*/instances/*/; do
		_dir=${_dir%/}
		# shellcheck disable=SC2086 # a list
		[ ! -d "$_dir" ] || list_has "$_dir/" $instances_before ||
			set_to "${_dir##*/}" "${_dir%/*}/remove"
	done
}

# restore_instances: adds those in $instances_before that are missing. All are, if the test has
# unloaded the module.
restore_instances() {
	for _dir in $instances_before; do
		_dir=${_dir%/}
		case $_dir in
		*/\*)	;;
		*)	[ -d "$_dir" ] || set_to "${_dir##*/}" "${_dir%/*}/add" ;;
		esac
	done
}

# save_knobs: sets $saved_knobs to every file of the module that can be read and written, with its
# value, a line for each.
save_knobs() {
	saved_knobs=$(find "$SYS" -type f -perm -600 | while read -r file; do
		get "$file"
		echo "$file $value"
	done)
}

# restore_knobs: writes these values again, in an order that works. A state's setup and callbacks can
# be written only while it is not installed; instances can be added only after that; and a fault that
# is armed would make both fail, so each errno is the last.
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

# as_loaded: makes the module as it is after loading: no instances, and every state installed with
# the default settings.
as_loaded() {
	untarget
	_instances=$instances_before
	instances_before=
	remove_instances
	instances_before=$_instances
	for _state in $STATES $MULTI; do
		get "$SYS/$_state/setup"
		_setup=$value
		get "$SYS/$_state/callbacks"
		if [ "$_setup $value" != "calls both" ]; then
			set_to 0 "$SYS/$_state/installed"
			set_to calls "$SYS/$_state/setup"
			set_to both "$SYS/$_state/callbacks"
		fi
		set_to 1 "$SYS/$_state/installed"
	done
}

#
# The end of a test
#

# stop PID...: ends processes that the test has started.
stop() {
	for _i; do
		kill "$_i" 2>/dev/null
		wait "$_i" 2>/dev/null
	done
}

# What a test sets for cleanup(): the processes that it has in the background, its directory for
# temporary files, and a function that undoes what only that test does.
background=
tmp=
undo=

# cleanup: puts everything back. It runs once, at whatever point the test ends.
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
		untarget
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
