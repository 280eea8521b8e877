# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What turns the crate cpuhp into a part of the kernel crate, and a driver on the one into a driver on the
# other. Only paths change. Sourced by into-kernel and series.

# put_crate DIR: the crate as DIR/cpuhp.rs, with what is below it.
put_crate() {
	# shellcheck disable=SC2154 # lib.sh sets it
	mkdir -p "$1/cpuhp" && cp "$top"/cpuhp/*.rs "$1/cpuhp/" && mv "$1/cpuhp/lib.rs" "$1/cpuhp.rs" || return
	# The code, the macro and its documentation, and the examples, in this order.
	# shellcheck disable=SC2016 # the macro's $crate
	sed -i \
		-e 's/^use kernel::/use crate::/' \
		-e 's/\$crate::State/$crate::cpuhp::State/; s/(crate::\([A-Z]\)/(crate::cpuhp::\1/' \
		-e '/^ *\/\/[\/!]/ { s/\<use cpuhp::/use kernel::cpuhp::/; s/\<cpuhp::module_/kernel::module_/ }' \
		"$1/cpuhp.rs" "$1"/cpuhp/*.rs
}

# put_sample FROM TO
put_sample() { sed 's/^use cpuhp::/use kernel::cpuhp::/; s/^cpuhp::module_/kernel::module_/' "$1" >"$2"; }
