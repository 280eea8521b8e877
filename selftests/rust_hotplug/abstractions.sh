#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The abstractions in cpuhp, used rightly and wrongly by a test module, rust_cpuhp_test. What it
# does wrongly leaves something registered, so that it cannot be unloaded any more. That part is
# only for a machine that is thrown away, which has selftests.throwaway on its kernel command line.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

TEST_KO=${RUST_CPUHP_TEST_KO:-../../rust_cpuhp_test.ko}

# reports: prints the results that the test module has written to the kernel log since the last
# mark_log.
reports() {
	dmesg | sed -n "/$mark/,\$ s/.*rust_cpuhp_test: \(\(not \)\{0,1\}ok .*\)/\1/p"
}

# expect_said TEXT: checks that TEXT is in the kernel log since the last mark_log.
expect_said() {
	dmesg | sed -n "/$mark/,\$p" | grep -qF "$1" || not_so "the kernel log does not say: $1"
}

mark_log() {
	mark="abstractions $$ $1"
	echo "$mark" >/dev/kmsg
}

clean_use() {
	begin_case "setup, removal, locks, per-CPU values, leaks"
	mark_log clean
	load_file "$TEST_KO"
	expect "insmod" "$err" 0
	value=$(reports)
	expect "what failed" "$(printf '%s\n' "$value" | grep -v '^ok ')" ""
	[ "$(printf '%s\n' "$value" | grep -c '^ok ')" -ge 13 ] || not_so "only: $value"
	expect_said "was leaked: removed"
	unload_module rust_cpuhp_test
	expect "rmmod" "$err" 0
	value=$(grep rust_cpuhp_test $CPU/hotplug/states)
	expect "states left" "$value" ""
	end_case
}

refused() {
	begin_case "dropped in a callback, under the lock and by an own attribute"
	mark_log refused
	load_file "$TEST_KO" pin=1
	expect "insmod" "$err" 0
	value=$(reports | grep -v '^ok ')
	expect "what failed" "$value" ""
	value=$(dmesg | sed -n "/$mark/,\$p" | grep -c 'nothing:online (state .* it stays')
	expect "instances refused, under the lock and in two callbacks" "$value" 3
	expect_said "counting:online (state "
	put 1 /sys/kernel/rust_cpuhp_test/drop
	expect "the attribute that drops its directory" "$err" 0
	expect_said "sysfs directory dropped by an attribute not above it"
	unload_module rust_cpuhp_test
	[ "$err" != 0 ] || not_so "the module could be unloaded"
	# What is still registered has to go on working.
	for i in $hotpluggable; do
		cpu_down "$i"
		expect "offlining CPU $i" "$err" 0
		cpu_up "$i"
		expect "onlining CPU $i" "$err" 0
	done
	end_case
}

[ -r "$TEST_KO" ] || skip_all "no rust_cpuhp_test.ko: not built (RUST_HOTPLUG_TESTS=1)"
begin 2
clean_use
if grep -qw selftests.throwaway /proc/cmdline; then
	refused
else
	skip_case "what is refused" "it pins its module: not on a machine that is kept"
fi
finish
