# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Whether KVM runs a kernel on this host: for scripts/vm and scripts/machine, after kernel.sh. It wants run, a directory
# for files of this run. kvm_failed is yes when it has been seen that KVM cannot, and that took time.
#
# /dev/kvm may exist, and open, and still not run a guest. It may also run a boot sector and still not the kernel. It
# takes seconds to find that out, so the cache keeps in which boot of the host it was.
# shellcheck disable=SC2034,SC2154 # kvm_patience is for who sources this; the others are of kernel.sh and of who does

kvm_failed='' no_kvm=$CACHE/no-kvm
# As many seconds until the kernel has printed its first line. Even in emulation that takes only 3 s.
kvm_patience=30
boot_id=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null) || boot_id=

kvm_is_to_be_tried() {
	[ -z "${NO_KVM:-}" ] || return 1
	[ -n "${RETRY_KVM:-}" ] || [ -z "$boot_id" ] || [ "$(cat "$no_kvm" 2>/dev/null)" != "$boot_id" ]
}

# Runs a guest: a boot sector that writes to the port that makes QEMU exit.
kvm_works() {
	local status=0
	[ "$arch" = x86_64 ] && [ "$arch" = "$(uname -m)" ] || return 1
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
	# mov $0x21, %al; out %al, $0xf4; hlt
	{ printf '\xb0\x21\xe6\xf4\xf4' && head -c 505 /dev/zero && printf '\x55\xaa'; } >"$run/probe"
	timeout --foreground 10 "$scripts/toolchain" run-vm --dir "$run" "$qemu_system" -nodefaults -no-user-config \
		-display none -accel kvm -cpu host -m 16M -device isa-debug-exit,iobase=0xf4,iosize=1 \
		-drive "file=$run/probe,format=raw,if=ide,snapshot=on" </dev/null >"$run/probe.log" 2>&1 || status=$?
	# One that fails at once costs nothing the next time, and one that stands still costs as much as a kernel that does.
	[ "$status" -ne 124 ] || kvm_failed=yes
	[ "$status" -eq $((0x21 * 2 + 1)) ]
}

# The guest has booted with KVM, or without it where KVM has failed: one that boots neither way says nothing about KVM.
kvm_booted() { rm -f "$no_kvm"; }
emulation_booted() {
	[ -n "$kvm_failed" ] && [ -n "$boot_id" ] || return 0
	# By renaming, for other VMs may start at the same time and read or write it.
	echo "$boot_id" >"$run/no-kvm" && mv -f "$run/no-kvm" "$no_kvm"
}

say_kvm_failed() {
	say "KVM does not run the kernel on this host: the VM is emulated. If that boots, KVM is left alone until this"
	say "host is booted again; RETRY_KVM=1 tries it before that."
}
