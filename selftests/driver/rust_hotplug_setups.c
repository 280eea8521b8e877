// SPDX-License-Identifier: GPL-2.0
/*
 * Sets up what drivers seldom do: a state of section STARTING, and what the kernel has to refuse.
 * What came of it is in the parameters.
 */
#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/smp.h>

/* A state that has a number of its own, of a driver that these machines do not have. */
#define STARTING CPUHP_AP_MIPS_GIC_TIMER_STARTING

static int number = STARTING;
module_param(number, int, 0);
MODULE_PARM_DESC(number, "a number that a state has, by default of the one of section STARTING");

static int fail_cpu = -1;
module_param(fail_cpu, int, 0644);
MODULE_PARM_DESC(fail_cpu, "the startup fails on this CPU");

static int offline;
module_param(offline, int, 0444);
MODULE_PARM_DESC(offline, "what the setup with the number of a CPU that is offline returned");

static int taken;
module_param(taken, int, 0444);
MODULE_PARM_DESC(taken, "what the setup with that number returned");

static int added;
module_param(added, int, 0444);
MODULE_PARM_DESC(added, "what adding an instance to a state without instances returned");

static int removed;
module_param(removed, int, 0444);
MODULE_PARM_DESC(removed, "what removing an instance from a state without instances returned");

/* No two CPUs go online or offline at the same time once the machine has booted. */
static int startups;
module_param(startups, int, 0444);
MODULE_PARM_DESC(startups, "how often the startup was called");

static int teardowns;
module_param(teardowns, int, 0444);
MODULE_PARM_DESC(teardowns, "how often the teardown was called");

static int wrong;
module_param(wrong, int, 0444);
MODULE_PARM_DESC(wrong, "how often one of them was called on another CPU, or with interrupts enabled");

static int single;
static struct hlist_node node;

static void check_context(unsigned int cpu)
{
	if (cpu != smp_processor_id() || !irqs_disabled())
		wrong++;
}

static int starting_startup(unsigned int cpu)
{
	startups++;
	check_context(cpu);
	return cpu == fail_cpu ? -EIO : 0;
}

static int starting_teardown(unsigned int cpu)
{
	teardowns++;
	check_context(cpu);
	return 0;
}

static int single_startup(unsigned int cpu)
{
	return 0;
}

static int __init setups_init(void)
{
	int ret;

	offline = cpuhp_setup_state(CPUHP_OFFLINE, "selftest/setups:offline", single_startup, NULL);
	single = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "selftest/setups:online", single_startup,
				   NULL);
	if (single < 0)
		return single;
	added = cpuhp_state_add_instance(single, &node);
	removed = cpuhp_state_remove_instance(single, &node);
	ret = cpuhp_setup_state(STARTING, "selftest/setups:starting", starting_startup,
				starting_teardown);
	if (ret) {
		cpuhp_remove_state(single);
		return ret;
	}
	taken = cpuhp_setup_state(number, "selftest/setups:taken", single_startup, NULL);
	if (taken >= 0)
		cpuhp_remove_state(taken ?: number);
	return 0;
}

static void __exit setups_exit(void)
{
	cpuhp_remove_state(STARTING);
	cpuhp_remove_state(single);
}

module_init(setups_init);
module_exit(setups_exit);
MODULE_DESCRIPTION("Setups that drivers seldom do, for the selftests of rust_hotplug");
MODULE_LICENSE("GPL");
