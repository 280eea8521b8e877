# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the conditions share. scripts/conditions runs each in a VM of its own, where it makes the machine as it says
# and then runs tests.

cd /rust_hotplug || exit 1
# shellcheck disable=SC2034 # for the conditions
CPU=/sys/devices/system/cpu

# tests [NAME...]: runs these tests, by default those that depend most on what CPUs there are.
tests() {
	[ $# -gt 0 ] || set -- setup_rollback insmod_rollback online_fail offline_veto setup_offline_cpus inject faults \
		trace instances smt unload torture any_state_hotplug
	make -s --no-print-directory -C selftests run_tests TEST="${TESTS:-$*}"
}

# cgroup2: sets $cgroups to where cgroups of v2 are, with these controllers for the groups in it.
cgroup2() {
	cgroups=/run/cgroup2
	mkdir -p $cgroups && mount -t cgroup2 none $cgroups || exit 1
	for controller; do
		echo "+$controller" >$cgroups/cgroup.subtree_control || exit 1
	done
}

# refused NUMBER WHAT REGEX [COMMAND...]: checks that no test begins, by default with the command that runs one, and
# that the output says why.
refused() {
	local n=$1 what=$2 regex=$3 out
	shift 3
	[ $# -gt 0 ] || set -- tests setup_rollback
	if out=$("$@" 2>&1) || ! grep -qE -- "$regex" <<<"$out" || grep -qE '^(not )?ok ' <<<"$out"; then
		printf '%s\n' "$out" | sed 's/^/# /; s/^# # /#   /'
		echo "not ok $n $what"
		return 1
	fi
	echo "ok $n $what"
}
