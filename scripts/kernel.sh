# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is for those that source this
#
# Which kernel KERNEL=, ARCH= and FLAVOUR= mean, where its tree is in the cache, and all that differs by
# the architecture or the flavour. Sourced after lib.sh.

default_series=7.3
# Of these the distribution no longer has header packages, or they are of a compiler that it no longer has.
built_series="6.18 6.19 7.0 7.1"

case ${ARCH:-x86_64} in
x86_64 | amd64 | x86)
	arch=x86_64 deb_arch=amd64 gnu=x86_64-linux-gnu
	image=arch/x86/boot/bzImage
	qemu_system=qemu-system-x86_64 qemu_machine=() qemu_tcg_cpu=max
	kernel_console=ttyS0
	panic_by=nmi
	max_cpus=255
	tolerated=
	;;
arm64 | aarch64)
	arch=arm64 deb_arch=arm64 gnu=aarch64-linux-gnu
	image=arch/arm64/boot/Image
	# The architected way to sign pointers takes most of the time where it is emulated.
	qemu_system=qemu-system-aarch64 qemu_machine=(-M "virt,gic-version=3") qemu_tcg_cpu=max,pauth-impdef=on
	kernel_console=ttyAMA0
	# The machine has no NMI.
	panic_by=sysrq
	max_cpus=512
	# Options that the packaged configuration has and a tree without compilers for user space does not: they
	# are about the vDSO of 32-bit programs, and nothing that a module sees.
	tolerated='CC_CAN_LINK|COMPAT_VDSO|THUMB2_COMPAT_VDSO'
	;;
*) die "ARCH=$ARCH: unknown architecture. Known: x86_64, arm64." ;;
esac

case ${FLAVOUR:-} in
'') flavour= ;;
rt | cloud) flavour=$FLAVOUR- ;;
*) die "FLAVOUR=$FLAVOUR: unknown flavour. Known: rt, cloud." ;;
esac

is_release() { [[ $1 =~ ^[0-9]+\.[0-9]+(\.[0-9]+)?[+-] ]]; }
series_of() { [[ $1 =~ ^[0-9]+\.[0-9]+ ]] && echo "${BASH_REMATCH[0]}"; }

# Matches the releases that the distribution has of a series, for this architecture and in this flavour.
release_pattern() { echo "^${1//./\\.}(\.[0-9]+)?[+-][^-]*-?$flavour$deb_arch\$"; }

# Whether a release is for this architecture and, where one is asked for, of this flavour.
is_meant() { [[ $1 =~ ^[0-9.]+[+-](.*-)?$flavour$deb_arch$ ]]; }

# config_text FILE NAME: the value of a string option in that .config, or auto.conf, where it has no quotes.
config_text() { sed -n "/^CONFIG_$2=/ { s/[^=]*=//; s/^\"\(.*\)\"\$/\1/; p; q }" "$1"; }

# The running kernel, if it is one that the distribution built with Rust support.
running_kernel() {
	local release
	release=$(uname -r)
	is_meant "$release" || return 1
	grep -qs '^CONFIG_RUST=y' "/boot/config-$release" || return 1
	echo "$release"
}

kernel=${KERNEL:-$(running_kernel || echo "$default_series")}

# Under this name the cache has what the series was last resolved to.
link=$kernel-$flavour$deb_arch
# Those that are built from source: the series of that, and the parts of the configuration.
built='' config=()
if [[ $kernel =~ ^(debug|failslab|fixed|kunit)$ ]]; then
	built=$default_series config=(small "$kernel" "$arch")
elif [ "$kernel" = fixed-debug ]; then
	built=$default_series config=(drivers small debug fixed-debug "$arch")
	[ "$arch" != x86_64 ] || config=(plug drivers-x86_64 "${config[@]}")
elif [ "$kernel" = coverage ]; then
	# With failslab, as some of the tests need what that has.
	built=$default_series config=(small failslab coverage "$arch")
	# CPUs can be plugged in on this architecture only.
	[ "$arch" != x86_64 ] || config=(small failslab plug coverage "$arch")
elif [[ " $built_series " == *" $kernel "* ]]; then
	built=$kernel config=(small "$arch")
elif is_release "$kernel"; then
	link=$kernel
	is_meant "$kernel" || die "KERNEL=$kernel: not a release for ARCH=$arch${FLAVOUR:+ and FLAVOUR=$FLAVOUR}."
elif ! [[ $kernel =~ ^[0-9]+\.[0-9]+$ ]]; then
	die "KERNEL=$kernel: not a kernel series such as 7.3 or 7.2, nor a release such as 7.3.4+deb13-amd64, nor one of debug, failslab, fixed, fixed-debug, kunit, coverage."
fi
[ -z "$built" ] || [ -z "$flavour" ] ||
	die "FLAVOUR=$FLAVOUR goes with the distribution's own kernels, and KERNEL=$kernel is built from source."

# Whether the kernel has what watches it from within: KASAN, lockdep and their like.
watched=
case $kernel in debug | fixed-debug) watched=yes ;; esac

# What a guest needs, in megabytes.
default_memory=1024
[ -z "$watched" ] || default_memory=2048

# What the command line of a kernel needs that is emulated. Its CPUs get no time while the host is busy elsewhere. That is no
# lockup, nor a timer that does not work, for which the kernel would panic.
emulated_append="watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"
[ "$arch" != x86_64 ] || emulated_append+=" no_timer_check"

# Which release of the distribution has the toolchain that built the kernel, which archives to look in, and the compiler. The
# name of a packaged kernel has the number of that release. Testing and unstable, which are to become 14, have one toolchain.
case $kernel in
*+deb14-*) suite=forky archives="forky sid" gcc=gcc-16 ;;
*) suite=trixie archives="trixie trixie-backports" gcc=gcc-14 ;;
esac

# What the kernel is built with, and so what a module for it is.
make_variables=("CC=$gnu-$gcc")
[ "$arch" = "$(uname -m)" ] || make_variables+=("ARCH=$arch" "CROSS_COMPILE=$gnu-")
# KASAN and Rust go together with one compiler for both only.
[ -z "$watched" ] || make_variables=("ARCH=$arch" LLVM=1)

# What is changed in the source before it is built. For KERNEL=kunit it is what scripts/series makes of these.
patches=() series_parts=()
case $kernel in fixed | fixed-debug) patches=("$top"/selftests/reports/fixes/*.patch) ;; esac
[ "$kernel" != coverage ] || patches=("$scripts"/coverage.d/*.patch)
[ "$kernel" != kunit ] ||
	series_parts=("$top"/cpuhp/*.rs "$top"/samples/cpu_*/*.rs "$scripts"/{series,in-kernel.sh} "$scripts"/series.d/*)

# What the parts of the configuration ask for, and a name for that and the patches.
config_lines() { sed -nE '/^(# )?CONFIG_/p' "${config[@]/#/$scripts/config/}"; }
config_id() {
	{
		config_lines
		# Of a patch, what it changes: its text does not matter.
		[ ${#patches[@]} -eq 0 ] || sed -s '/^diff --git/,$!d' "${patches[@]}"
		[ ${#series_parts[@]} -eq 0 ] || cat "${series_parts[@]}"
	} | sha256sum | cut -c1-12
}

kernel_dir() { realpath "$CACHE/kernels/$link"; }
# Where its modules are. Those of a kernel that was built from source are where they were built.
modules_dir() {
	local dir
	dir=$(kernel_dir)
	if [ -d "$dir/modules" ]; then echo "$dir/modules"; else echo "$dir/build"; fi
}
# kernel_has OPTION: whether the kernel was built with that option, as CONFIG_KEXEC.
kernel_has() { grep -q "^$1=" "$(kernel_dir)/build/.config"; }
have_kernel_tree() {
	[ -e "$CACHE/kernels/$link/done" ] || return 1
	[ -z "$built" ] || [ "$(cut -d' ' -f2 "$CACHE/kernels/$link/done")" = "$(config_id)" ]
}
