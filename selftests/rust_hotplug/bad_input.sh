#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Bad values: the write fails with the right error, and the file keeps its value. Modes of the
# files, and who may write to them.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# refuses FILE VALUE ERRNO: checks that writing VALUE fails with ERRNO and changes nothing.
refuses() {
	get "$SYS/$1"
	before=$value
	put "$2" "$SYS/$1"
	expect "writing '$2' to $1" "$err" "$3"
	get "$SYS/$1"
	expect "$1 after writing '$2'" "$value" "$before"
}

# All faults use the same code, so all values are tried with the first fault, and a few with the
# others.
bad_errno() { # DIRECTORY
	begin_case "$1/errno: bad values are refused"
	fresh
	set_to EIO "$SYS/$1/errno"
	for bad in ENOMEMX ""; do
		refuses "$1/errno" "$bad" EINVAL
	done
	for bad in -12 512 4096; do
		refuses "$1/errno" "$bad" ERANGE
	done
	[ ! "$2" ] || for bad in " " ENOME enomem EIO,ENOMEM "EIO ENOMEM" -EIO 12x 1.5 0x; do
		refuses "$1/errno" "$bad" EINVAL
	done
	[ ! "$2" ] || for bad in -1 2147483648 4294967308 99999999999999999999; do
		refuses "$1/errno" "$bad" ERANGE
	done
	end_case
}

bad_cpus() { # DIRECTORY
	begin_case "$1/cpus: bad values are refused"
	fresh
	set_to "$first" "$SYS/$1/cpus"
	for bad in x 1-; do
		refuses "$1/cpus" "$bad" EINVAL
	done
	refuses "$1/cpus" $((last + 1)) ERANGE
	[ ! "$2" ] || for bad in -1 "$first-$first-$first" 0x1 "$first:$first" 0.5; do
		refuses "$1/cpus" "$bad" EINVAL
	done
	[ ! "$2" ] || for bad in "$first-$((last + 1))" 99999 4294967296 18446744073709551616; do
		refuses "$1/cpus" "$bad" ERANGE
	done
	[ "$last" -eq 0 ] || refuses "$1/cpus" "$last-0" EINVAL
	# The kernel would take that for two numbers.
	[ ! "$2" ] || [ "$last" -eq 0 ] || refuses "$1/cpus" "0,	$last" EINVAL
	end_case
}

bad_times() { # DIRECTORY
	begin_case "$1/times: bad values are refused"
	fresh
	set_to 5 "$SYS/$1/times"
	for bad in x ""; do
		refuses "$1/times" "$bad" EINVAL
	done
	refuses "$1/times" -2 ERANGE
	[ ! "$2" ] || for bad in 1x - 1.5 "1 2" ENOMEM; do
		refuses "$1/times" "$bad" EINVAL
	done
	[ ! "$2" ] || for bad in 2147483648 4294967297 99999999999999999999; do
		refuses "$1/times" "$bad" ERANGE
	done
	end_case
}

refuse_all() { # FILE
	for bad in "" x 1x "1 0" - 0.5 true; do
		refuses "$1" "$bad" EINVAL
	done
	for bad in 2 10 -1 4294967297; do
		refuses "$1" "$bad" ERANGE
	done
}

# takes TEXT VALUE: the file of a number takes the text, whose escapes are those of %b, and then has the
# value.
takes() {
	set_to 7 $SYS/online/startup_inject/times
	printf %b "$1" 2>/dev/null >$SYS/online/startup_inject/times || not_so "writing '$1' fails"
	expect "what '$1' is" "$(cat $SYS/online/startup_inject/times)" "$2"
}

numbers() {
	begin_case "a number has one sign at the most, and white space around it"
	fresh
	for text in 5 +5 05 ' 5' '5 ' '\t5\n' '5\n\n' '5\00001x'; do
		takes "$text" 5
	done
	takes -1 -1
	takes ' -01\n' -1
	takes -0 0
	for bad in -+5 +-5 --1 ++5 '- 1' '+ 5' + -; do
		refuses online/startup_inject/times "$bad" EINVAL
	done
	end_case
}

# The kernel has no name for 41 and 58.
nameless() {
	begin_case "an errno without a name reads back as its number, up to 511"
	fresh
	for number in 41 58 134 511; do
		set_to $number $SYS/online/startup_inject/errno
		expect_file online/startup_inject/errno $number
	done
	refuses online/startup_inject/errno 512 ERANGE
	set_to 11 $SYS/online/startup_inject/errno
	expect_file online/startup_inject/errno EAGAIN
	end_case
}

bad_installed() { # STATE
	begin_case "$1/installed: bad values are refused"
	fresh
	refuse_all "$1/installed"
	expect_installed "$1"
	set_to 0 "$SYS/$1/installed"
	refuse_all "$1/installed"
	# None of these writes may have called a callback.
	expect_file "$1/startups" 0
	end_case
}

bad_reset() {
	begin_case "reset: bad values are refused and reset nothing"
	fresh
	set_to EIO $SYS/online/startup_inject/errno
	set_to 0 $SYS/prepare/installed
	get $SYS/prepare/teardowns
	before=$value
	for bad in EINVAL: EINVAL:x EINVAL:1x ERANGE:0 ERANGE:2 ERANGE:-1 ERANGE:4294967297; do
		put "${bad#*:}" $SYS/reset
		expect "writing '${bad#*:}'" "$err" "${bad%:*}"
		expect_file online/startup_inject/errno EIO
		expect_file prepare/teardowns "$before"
	done
	reset
	expect_file online/startup_inject/errno 0
	expect_file prepare/teardowns 0
	end_case
}

# A teardown in the PREPARE section that fails makes the kernel warn and leaves the CPU half-way.
prepare_teardown() {
	begin_case "teardown_inject/errno of section PREPARE: EPERM for anything but 0"
	fresh
	set_to i $SYS/prepare_multi/instances/add
	for dir in prepare prepare_multi prepare_multi/instances/i; do
		for bad in ENOMEM 12 EBUSY; do
			refuses $dir/teardown_inject/errno $bad EPERM
		done
		refuses $dir/teardown_inject/errno x EINVAL
		put 0 $SYS/$dir/teardown_inject/errno
		expect "writing 0 to that of $dir" "$err" 0
	done
	remove_instances
	end_case
}

modes() {
	begin_case "modes of the files"
	should=$({
		echo "444 log"
		echo "200 reset"
		for s in $STATES; do
			echo "644 $s/installed"
			for f in state cpus_up startups teardowns failures; do
				echo "444 $s/$f"
			done
			for c in startup teardown; do
				for f in errno cpus times; do
					echo "644 $s/${c}_inject/$f"
				done
				echo "444 $s/${c}_inject/hits"
			done
		done
	} | sort)
	is=$(cd $SYS && echo "$should" | cut -d ' ' -f 2 | xargs stat -c '%a %n' 2>&1 | sort)
	expect "modes" "$is" "$should"
	end_case
}

# Also for root.
read_only() {
	begin_case "read-only files cannot be opened for writing, nor reset for reading"
	for file in log online/state online/cpus_up prepare/startups prepare/failures \
		    online/startup_inject/hits; do
		put 1 "$SYS/$file"
		expect "writing 1 to $file" "$err" EACCES
	done
	! cat $SYS/reset >/dev/null 2>&1 || not_so "reset can be read"
	end_case
}

# Systems differ in which program can run a command as another user.
as_nobody() {
	case $nobody in
	setpriv)
		setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "$1"
		;;
	su)
		su nobody -s /bin/sh -c "$1"
		;;
	esac 2>/dev/null
}

not_root() {
	begin_case "a user who is not root cannot write"
	for nobody in setpriv su ""; do
		[ ! "$nobody" ] || [ "$(as_nobody 'id -u')" != 65534 ] || break
	done
	if [ ! "$nobody" ]; then
		skip_case "$case_name" "neither setpriv nor su gives up root here"
		return
	fi
	fresh
	# Writes to every file that root can write to. If a write does succeed, its value does no
	# harm.
	can=$(as_nobody "
		cd $SYS
		for file in reset \$(find . -type f); do
			if (echo 0 >\$file); then
				echo \$file
			fi
		done")
	expect "what nobody can write" "$can" ""
	get $SYS/online/installed
	expect "online/installed" "$value" 1
	can=$(as_nobody "cat $SYS/online/installed $SYS/log >/dev/null && echo yes")
	expect "whether nobody can read" "$can" yes
	end_case
}

# More than a page, which is what sysfs takes in one write.
long_value() {
	begin_case "a very long value is refused"
	fresh
	long=$(printf '%5000s' '' | tr ' ' 1)
	for file in online/startup_inject/errno online/startup_inject/times \
		    online/startup_inject/cpus online/installed; do
		get "$SYS/$file"
		before=$value
		put "$long" "$SYS/$file"
		[ "$err" != 0 ] || not_so "$file accepts it"
		expect_file $file "$before"
	done
	end_case
}

first=${online%% *}
get $CPU/possible
expand "$value"
last=${list##* }
begin 19

all=all
for dir in online/startup_inject online/teardown_inject prepare/startup_inject; do
	bad_errno $dir $all
	bad_cpus $dir $all
	bad_times $dir $all
	all=
done
numbers
nameless
for state in $STATES; do
	bad_installed "$state"
done
bad_reset
prepare_teardown
modes
read_only
not_root
long_value
finish
