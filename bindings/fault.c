// SPDX-License-Identifier: GPL-2.0

#include <linux/jump_label.h>

/*
 * Enabled while some fault is armed. It is tested here and not in Rust: the kernel's macro for that
 * includes a file that header packages lack.
 */
static DEFINE_STATIC_KEY_FALSE(fault_armed);

bool rust_helper_fault_armed(void)
{
	return static_branch_unlikely(&fault_armed);
}

void rust_helper_fault_armed_inc(void)
{
	static_branch_inc(&fault_armed);
}

void rust_helper_fault_armed_dec(void)
{
	static_branch_dec(&fault_armed);
}
