# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Which kernel KERNEL=, ARCH= and FLAVOUR= mean, and where its tree is in the cache. Sourced after lib.sh.

default_series=7.3
# shellcheck disable=SC2034 # for those that source this
gnu=x86_64-linux-gnu
deb_arch=amd64

is_release() { [[ $1 =~ ^[0-9]+\.[0-9]+(\.[0-9]+)?[+-] ]]; }
series_of() { [[ $1 =~ ^[0-9]+\.[0-9]+ ]] && echo "${BASH_REMATCH[0]}"; }

# config_text KDIR NAME: the value of a string option of that tree, with the quotes taken off.
config_text() { sed -n "/^CONFIG_$2=\"/ { s/[^\"]*\"\(.*\)\"/\1/p; q }" "$1/.config"; }

has_rust_artifacts() { [ -e "$1/rust/libkernel.rmeta" ] || [ -e "$1/rust/kernel.o" ]; }

# The running kernel, if it is one that the distribution built with Rust support.
running_kernel() {
	local release
	release=$(uname -r)
	[[ $release =~ ^[0-9.]+[+-].*-?$deb_arch$ ]] || return 1
	grep -qs '^CONFIG_RUST=y' "/boot/config-$release" || return 1
	echo "$release"
}

case ${ARCH:-x86_64} in
x86_64 | amd64 | x86) ;;
arm64) die "ARCH=arm64 is not implemented yet. Known: x86_64." ;;
*) die "ARCH=$ARCH: unknown architecture. Known: x86_64." ;;
esac
case ${FLAVOUR:-} in
'') ;;
rt) die "FLAVOUR=rt is not implemented yet." ;;
*) die "FLAVOUR=$FLAVOUR: unknown flavour." ;;
esac
kernel=${KERNEL:-$(running_kernel || echo "$default_series")}
case $kernel in
debug | 6.18) die "KERNEL=$kernel is not implemented yet. Known: a series such as 7.3 or 7.2." ;;
esac
[[ $kernel =~ ^[0-9]+\.[0-9]+$ ]] || is_release "$kernel" ||
	die "KERNEL=$kernel: not a kernel series such as 7.3 or 7.2, nor a release such as 7.3.4+deb13-amd64."

# Under this name the cache has what the series was last resolved to.
link=$kernel-$deb_arch
is_release "$kernel" && link=$kernel

kernel_dir() { realpath "$CACHE/kernels/$link"; }
have_kernel_tree() { [ -e "$CACHE/kernels/$link/done" ]; }
