#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The ABI file, compared with the files of the module: every file and directory is described,
# everything that is described exists, and each has the mode that its description begins with.
# RUST_HOTPLUG_ABI=FILE is the ABI file, by default the one in Documentation.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

abi=${RUST_HOTPLUG_ABI:-$top/Documentation/ABI/testing/sysfs-kernel-rust_hotplug}

# described: prints each path that the ABI file has an entry for, with the names of the states for
# STATE and "i" for NAME, and its mode: d (directory), RO, RW or WO.
described() {
	awk -v states="$STATES $MULTI" -v multi="$MULTI" -v names=i '
	function entry_ends(  i, mode) {
		if (!paths)
			return
		for (i = 1; i <= paths; i++) {
			mode = path[i] ~ /\/$/ ? "d" : text
			sub(/\/$/, "", path[i])
			expand(path[i], mode)
		}
		paths = 0
	}
	function expand(p, mode,  i, n, list, at) {
		at = index(p, "STATE")
		if (!at) {
			sub(/NAME/, names, p)
			print p, mode
			return
		}
		n = split(p ~ /STATE\/instances/ ? multi : states, list, " ")
		for (i = 1; i <= n; i++)
			expand(substr(p, 1, at - 1) list[i] substr(p, at + 5), mode)
	}
	/^What:/ {
		entry_ends()
		in_what = 1
		text = ""
	}
	/^[A-Z][A-Za-z]*:/ && !/^What:/ {
		in_what = 0
	}
	in_what {
		path[++paths] = $NF
	}
	/^Description:/ {
		wait = 1
		next
	}
	wait && NF {
		text = match($1, /^\((RO|RW|WO)\)$/) ? substr($1, 2, 2) : "none"
		wait = 0
	}
	END {
		entry_ends()
	}' "$abi" | sort
}

# present: prints the files that exist, in the same form.
present() {
	{
		find $SYS -type d | sed 's/$/ d/'
		for mode in 444=RO 644=RW 200=WO; do
			find $SYS -type f -perm ${mode%=*} | sed "s/\$/ ${mode#*=}/"
		done
		find $SYS ! -type d ! -perm 444 ! -perm 644 ! -perm 200 | sed 's/$/ other/'
	} | sort
}

form() {
	begin_case "every entry has its parts, in the form of the kernel's own"
	wrong=$(awk '
	function wrong(why) {
		print NR ": " why ": " $0
	}
	function entry_ends() {
		if (entries && parts != "What Date KernelVersion Contact Description " &&
		    parts != "What Date KernelVersion Contact Description Users ")
			print "before line " NR ": the parts are " parts
	}
	/^What:/ {
		entry_ends()
		parts = ""
		entries++
	}
	/^[A-Z][A-Za-z]*:/ {
		part = $1
		sub(/:.*/, "", part)
		parts = parts part " "
		next
	}
	/[ \t]$/	{ wrong("blanks at the end") }
	/./ && !/^\t\t/	{ wrong("not indented with two tabs") }
	length($0) > 80	{ wrong("longer than 80 characters") }
	END {
		entry_ends()
		if (!entries)
			print "no entries"
	}' "$abi")
	expect "what is wrong" "$wrong" ""
	twice=$(described | cut -d ' ' -f 1 | uniq -d)
	expect "what is described twice" "$twice" ""
	end_case
}

tree() {
	begin_case "the tree is what is described"
	for s in $MULTI; do
		set_to i "$SYS/$s/instances/add"
	done
	described >"$tmp/described"
	# A name waits for a state that is set up under it.
	put i $SYS/states/add
	if [ "$err" != 0 ]; then
		expect "the error of a kernel that cannot be hooked" "$err" EOPNOTSUPP
		grep -v "^$SYS/states/i[/ ]" "$tmp/described" >"$tmp/rest"
		mv "$tmp/rest" "$tmp/described"
	fi
	present >"$tmp/present"
	wrong=$(awk '
	NR == FNR	{ mode[$1] = $2; next }
	!($1 in mode)	{ print $1 " is not described"; next }
	mode[$1] != $2	{ print $1 " is " $2 ", described as " mode[$1] }
			{ delete mode[$1] }
	END {
		for (path in mode)
			print path " is described and not there"
	}' "$tmp/described" "$tmp/present")
	expect "what is wrong" "$wrong" ""
	[ -s "$tmp/present" ] || not_so "nothing is there"
	end_case
}

# Root may open files whatever their mode is, but sysfs keeps to what a file can do.
opens() {
	begin_case "what the modes promise: it can be read, or written, or not"
	while read -r path mode; do
		if [ ! -f "$path" ]; then
			continue
		elif true <"$path"; then
			[ "$mode" != WO ] || not_so "$path can be read"
		else
			[ "$mode" = WO ] || not_so "$path cannot be read"
		fi
		if true >>"$path"; then
			[ "$mode" != RO ] || not_so "$path can be written"
		else
			[ "$mode" = RO ] || not_so "$path cannot be written"
		fi
	done 2>/dev/null <"$tmp/described"
	remove_instances
	[ ! -d $SYS/states/i ] || set_to i $SYS/states/remove
	end_case
}

[ -r "$abi" ] || skip_all "no $abi"
begin 3
tmp=$(mktemp -d) || exit 1
form
tree
opens
finish
