#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The examples of README.md: the commands of each block that begins with ```console are run by bash word
# for word, one block after the other, and have to print what the block says. Bash prints the commands as
# it reads them (-v), so what comes out has to be the block, without the prompts.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

README=$top/README.md

# block N: prints the lines of the Nth such block.
block() {
	awk -v n="$1" '
	/^```console$/	{ inside = ++blocks == n; next }
	/^```/		{ inside = 0 }
	inside' $README
}

# run_block N DIR: runs its commands in DIR, and compares.
run_block() {
	block "$1" | sed -n 's/^# //p' >"$tmp/commands"
	[ -s "$tmp/commands" ] || not_so "README.md has no commands in block $1"
	# Where bash runs a script, it says so and in which line before it names the error.
	value=$(cd "$2" && bash -v "$tmp/commands" 2>&1 | sed 's/^[^ ]*: line [0-9]*: //')
	expect "what is printed" "$value" "$(block "$1" | sed 's/^# //')"
}

setup_that_fails() {
	begin_case "the first example: a setup that fails"
	run_block 1 "${KO%/*}"
	expect_file online/installed 0
	end_case
}

veto_and_online_that_fails() {
	begin_case "the second example: a veto and an online that fails"
	run_block 2 $SYS
	expect_file online/installed 1
	expect_cpu 3 online 1
	value=$(echo $SYS/*/instances/*/)
	expect "the instances" "$value" "$SYS/*/instances/*/"
	end_case
}

# shellcheck disable=SC2317 # cleanup() calls it
remove_driver() {
	[ ! -d /sys/module/cpuid ] || rmmod cpuid
}

driver_that_fails() {
	name="the third example: a driver that is not ours"
	if [ -d /sys/module/cpuid ] || ! modprobe -n cpuid 2>/dev/null; then
		skip_case "$name" "no driver cpuid that could be loaded"
		return
	fi
	begin_case "$name"
	undo=remove_driver
	run_block 3 $SYS
	[ ! -d /sys/module/cpuid ] || not_so "cpuid is loaded"
	end_case
}

[ -r $README ] || skip_all "there is no README.md"
command -v bash >/dev/null || skip_all "no bash, for which these commands are written"
# The examples begin where the module is.
{ [ "${KO##*/}" = rust_hotplug.ko ] && [ -r "$KO" ]; } || skip_all "the module is no file rust_hotplug.ko"
# shellcheck disable=SC2086 # lists
{ list_has 2 $online && list_has 3 $hotpluggable; } ||
	skip_all "no CPU 2 that is online, or no CPU 3 that can go offline"

begin 3 unloaded
tmp=$(mktemp -d) || exit 1
setup_that_fails
if module_loaded; then
	veto_and_online_that_fails
	driver_that_fails
else
	skip_case "the second example" "the first has not loaded the module"
	skip_case "the third example" "the first has not loaded the module"
fi
finish
