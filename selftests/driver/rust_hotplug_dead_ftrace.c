// SPDX-License-Identifier: GPL-2.0
/*
 * Makes ftrace give up on itself, as it does when it finds the text of the kernel other than it
 * left it: for the tests of what the module does then. Until the machine is restarted, ftrace
 * neither begins to call anybody nor stops calling whom it calls.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static int __init dead_ftrace_init(void)
{
	/* The function is not exported. A kprobe tells where it is. */
	struct kprobe probe = { .symbol_name = "ftrace_kill" };
	void (*ftrace_kill)(void);
	int ret;

	ret = register_kprobe(&probe);
	if (ret)
		return ret;
	ftrace_kill = (void (*)(void))probe.addr;
	unregister_kprobe(&probe);
	ftrace_kill();
	return 0;
}

static void __exit dead_ftrace_exit(void)
{
}

module_init(dead_ftrace_init);
module_exit(dead_ftrace_exit);
MODULE_DESCRIPTION("Makes ftrace give up on itself, for the selftests of rust_hotplug");
MODULE_LICENSE("GPL");
