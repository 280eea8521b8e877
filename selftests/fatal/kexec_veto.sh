#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# case: a kexec takes CPUs down that an instance would not let go
# copes: Bye!
# needs: CONFIG_KEXEC
#
# On arm64 a kexec takes all CPUs but one offline, and a callback that says no is BUG()
# (smp_shutdown_nonboot_cpus()). The kernel that is started is four instructions, which switch the machine off.

# shellcheck source=../rust_hotplug/lib.sh
. "$(dirname "$0")/../rust_hotplug/lib.sh"

throwaway || skip_all "it ends the kernel: not on a machine that is kept"
[ "$(uname -m)" = aarch64 ] || skip_all "a kexec calls no callbacks on $(uname -m)"
command -v perl >/dev/null || skip_all "no perl"
ko=${RUST_HOTPLUG_SAMPLES:-$top/samples}/cpu_quorum/cpu_quorum.ko
[ -e "$ko" ] || skip_all "no module cpu_quorum: not built"

# At least two CPUs are to stay online.
insmod "$ko"
expect "insmod" $? 0
cpu_down 1
cpu_down 2
expect "the write of 0 to online of CPU 2" "$err" 0
cpu_down 3
expect "the write of 0 to online of CPU 3" "$err" EPERM
cpu_up 1
cpu_up 2
[ ! "$outside_failed" ] || exit 1

# In pages that are memory.
memory=$(awk -F '[- ]' '/ : System RAM$/ { print $1; exit }' /proc/iomem)
echo "rust_hotplug-selftest: kexec" >/dev/kmsg
perl -e '
	use strict;
	# Of <linux/kexec.h>, <linux/reboot.h> and the table of system calls of arm64.
	my ($KEXEC_LOAD, $REBOOT) = (104, 142);
	# mov w0, #PSCI_0_2_FN_SYSTEM_OFF; hvc #0; b .
	my $code = pack "V*", 0x52800100, 0x72b08000, 0xd4000002, 0x14000000;
	my $at = hex($ARGV[0]) + 0x10000000;
	my $segment = pack "PQQQ", $code, length $code, $at, 4096;
	syscall($KEXEC_LOAD, $at, 1, $segment, 0) == 0 or die "kexec_load: $!\n";
	syscall $REBOOT, 0xfee1dead, 0x28121969, 0x45584543, 0;
	die "kexec: $!\n"' "$memory"
exit 1
