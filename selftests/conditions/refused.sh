#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# case: no test begins where the machine does not let it, and it is said why
# vm: KEPT=1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
echo 1..6
status=0

other=/run/other.ko
sed "s/vermagic=[0-9]/vermagic=1/" rust_hotplug.ko >$other
RUST_HOTPLUG_KO=$other refused 1 "a module for another kernel" "is for the kernel 1" || status=1

cgroup2 cpuset
mkdir $cgroups/some && echo 1 >$cgroups/some/cpuset.cpus || exit 1
# shellcheck disable=SC2317 # refused() calls it
in_cpuset() {
	echo "$BASHPID" >"$cgroups/some/cgroup.procs"
	tests setup_rollback
}
refused 2 "the runner is in a cpuset" "the cpuset of this shell .* allows only the CPUs 1" in_cpuset || status=1

# Not refused for a task in a cpuset, but for one that has bound itself.
(
	echo "$BASHPID" >"$cgroups/some/cgroup.procs"
	exec sleep 1000
) &
if selftests/check-machine; then
	echo "ok 3 a task in a cpuset is not disturbed"
else
	echo "not ok 3 a task in a cpuset is not disturbed"
	status=1
fi
taskset -c 2 sleep 1000 &
until [ "$(taskset -pc $! 2>/dev/null | sed "s/.*: //")" = 2 ] && [ "$(cat /proc/$!/comm)" = sleep ]; do :; done
refused 4 "a task is bound to a CPU" "tasks are bound to some of the CPUs, .*: sleep \(2\)" || status=1
kill %1 %2

# shellcheck disable=SC2317
read_only() { unshare -m sh -c "mount -o remount,ro,bind /sys && make -s -C selftests run_tests TEST=setup_rollback"; }
refused 5 "sysfs is read-only" "/sys is read-only" read_only || status=1

echo 1 >/proc/sys/kernel/modules_disabled
refused 6 "the kernel takes no more modules" "takes no more modules" || status=1
exit $status
