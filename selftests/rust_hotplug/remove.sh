#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Setup and removal that succeed: the callback is called on every CPU that is online, in ascending
# order. Writing the value that a file already has does nothing.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

removes() { # STATE
	begin_case "$1: removal and setup call every CPU online"
	fresh
	expect_installed "$1"
	slot=$id
	put 0 "$SYS/$1/installed"
	expect "the write of 0" "$err" 0
	for cpu in $online; do
		call remove "$1" teardown "$cpu"
	done
	expect_calls
	expect_not_installed "$1" "$slot"
	expect_file "$1/teardowns" $nr_online
	put 0 "$SYS/$1/installed"
	expect "another write of 0" "$err" 0
	expect_file "$1/teardowns" $nr_online

	reset
	put 1 "$SYS/$1/installed"
	expect "the write of 1" "$err" 0
	for cpu in $online; do
		call setup "$1" startup "$cpu"
	done
	expect_calls
	expect_installed "$1"
	expect "the state's number" "$id" "$slot"
	put 1 "$SYS/$1/installed"
	expect "another write of 1" "$err" 0
	expect_file "$1/startups" $nr_online
	expect_file "$1/failures" 0
	end_case
}

# shellcheck disable=SC2086 # a list
set -- $online
nr_online=$#
begin 2

for state in $STATES; do
	removes "$state"
done
finish
