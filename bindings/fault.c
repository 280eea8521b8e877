// SPDX-License-Identifier: GPL-2.0

#include <linux/jump_label.h>

/* Enabled while some fault is armed. The macro for Rust wants one made by C. */
DEFINE_STATIC_KEY_FALSE(rust_hotplug_fault_armed);

void rust_helper_static_key_slow_inc(struct static_key *key)
{
	static_key_slow_inc(key);
}

void rust_helper_static_key_slow_dec(struct static_key *key)
{
	static_key_slow_dec(key);
}
