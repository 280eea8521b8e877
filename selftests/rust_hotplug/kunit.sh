#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What KUnit found when the kernel booted, if it is one with the patches that scripts/series makes: the tests of cpuhp in
# the kernel crate, and the examples in its documentation. Each of them is a case here.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

debugfs=/sys/kernel/debug
kunit=$debugfs/kunit
suites="rust_cpuhp rust_doctests_kernel"

# In the kernel that is made for them, none at all is a failure.
case $(uname -r) in
*+kunit-*) ;;
*) [ -d $kunit/rust_cpuhp ] || skip_all "no KUnit tests of cpuhp in this kernel: see make test KERNEL=kunit" ;;
esac

# results: prints a line for each test that was run: "ok" or "not", the suite, and its name.
results() {
	for _suite in $suites; do
		sed -n "s/^ *\(ok\|not\) \(ok \)\{0,1\}[0-9]* \([a-z_0-9]*cpuhp[a-z_0-9]*\).*/\1 $_suite \3/p" \
			"$kunit/$_suite/results" 2>/dev/null | grep -v " $_suite $_suite\$"
	done
}

tests=$(results)
count=$(printf '%s\n' "$tests" | grep -c .)
begin $((count + 1))
begin_case "both suites were run"
for suite in $suites; do
	printf '%s\n' "$tests" | grep -q " $suite " || not_so "no test of the suite $suite was run"
done
end_case
while read -r result suite name; do
	[ "$result" ] || continue
	begin_case "$suite: $name"
	[ "$result" = ok ] || not_so "it has failed: see the kernel log"
	end_case
done <<END
$tests
END
finish
