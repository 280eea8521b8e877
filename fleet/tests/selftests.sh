#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tmt runs this on each machine: the selftests for the kernel that is running there, all of them or those in TESTS=. Their
# results are tmt's: one for each test, with its cases in it.

release=$(uname -r)
dir=../kselftest/$release
output=$TMT_TEST_DATA/output.txt
results=$TMT_TEST_DATA/results.yaml

if [ ! -x "$dir/rust_hotplug-selftests" ]; then
	echo "There are no tests for kernel $release here: make fleet-files, with its KERNEL= and FLAVOUR=, makes them." | tee "$output" >&2
	printf -- '- name: /\n  result: error\n  note: ["no tests for kernel %s"]\n  log: [output.txt]\n' "$release" >"$results"
	exit 1
fi
# shellcheck disable=SC2086 # a list
RUST_HOTPLUG_OUT=$TMT_TEST_DATA "$dir/rust_hotplug-selftests" ${TESTS:-} 2>&1 | tee "$output"
status=${PIPESTATUS[0]}
awk -f ./results.awk "$output" >"$results"
# Where no test was run, there is nothing that could have failed: that is an error.
if [ ! -s "$results" ]; then
	printf -- '- name: /\n  result: error\n  note: ["no test was run, status %s"]\n  log: [output.txt]\n' "$status" >"$results"
fi
exit "$status"
