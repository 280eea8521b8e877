// SPDX-License-Identifier: GPL-2.0
/*
 * Makes ftrace give up on itself, as it does when it finds the text of the kernel other than it
 * left it: for the tests of what the module does then. Until the machine is restarted, ftrace
 * neither begins to call anybody nor stops calling whom it calls.
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/static_call.h>

static void nothing(void)
{
}

/* As bindings/hook.c calls what is not exported: the function may not take an indirect call. */
DEFINE_STATIC_CALL(kill_ftrace, nothing);

static int __init dead_ftrace_init(void)
{
	/* A kprobe tells where it is, on some architectures behind the landing pad. */
	struct kprobe probe = { .symbol_name = "ftrace_kill", .flags = KPROBE_FLAG_DISABLED };
	char symbol[KSYM_SYMBOL_LEN];
	unsigned long offset;
	int ret;

	ret = register_kprobe(&probe);
	if (ret)
		return ret;
	unregister_kprobe(&probe);
	sprint_symbol(symbol, (unsigned long)probe.addr);
	if (sscanf(symbol, "ftrace_kill+0x%lx", &offset) != 1)
		return -ENOENT;
	static_call_update(kill_ftrace, (void (*)(void))((unsigned long)probe.addr - offset));
	static_call(kill_ftrace)();
	return 0;
}

static void __exit dead_ftrace_exit(void)
{
}

module_init(dead_ftrace_init);
module_exit(dead_ftrace_exit);
MODULE_DESCRIPTION("Makes ftrace give up on itself, for the selftests of rust_hotplug");
MODULE_LICENSE("GPL");
