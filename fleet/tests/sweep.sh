#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tmt runs this on each machine: the part SHARD=K/N of a sweep of the kernel's states or of DRIVERS=, with OPTIONS= for the
# sweep. Each fault is a case of one result. What it found is in sweep.json, which is put together with that of the others.

release=$(uname -r)
dir=../kselftest/$release
output=$TMT_TEST_DATA/output.txt
results=$TMT_TEST_DATA/results.yaml

if [ ! -x "$dir/sweep/sweep" ]; then
	echo "There is no sweep for kernel $release here: make fleet-files, with its KERNEL= and FLAVOUR=, makes it." | tee "$output" >&2
	printf -- '- name: /\n  result: error\n  note: ["no sweep for kernel %s"]\n  log: [output.txt]\n' "$release" >"$results"
	exit 1
fi
# shellcheck disable=SC2086 # a list
"$dir/sweep/sweep" --drivers "${DRIVERS:-kernel}" --shard "${SHARD:-1/1}" --json "$TMT_TEST_DATA/sweep.json" \
	--journal "$TMT_TEST_DATA/journal" ${OPTIONS:-} 2>&1 | tee "$output"
status=${PIPESTATUS[0]}
not=
[ "$status" -eq 0 ] || not='not '
# As kselftest prints a test and its cases.
{ sed 's/^/# /' "$output" && echo "${not}ok 1 selftests: rust_hotplug: sweep"; } | awk -f ./results.awk >"$results"
exit "$status"
