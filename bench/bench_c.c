// SPDX-License-Identifier: GPL-2.0
/* Hotplug states in C: what bench_rust.rs does in Rust. */
#include <linux/atomic.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "bench.h"

/* Callbacks that do nothing. */

static int nothing_state;

static int nothing_startup(unsigned int cpu)
{
	return 0;
}

static int nothing_teardown(unsigned int cpu)
{
	return 0;
}

static int nothing_setup(void)
{
	int ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "bench_c/nothing:online", nothing_startup,
				    nothing_teardown);

	if (ret < 0)
		return ret;
	nothing_state = ret;
	return 0;
}

static void nothing_remove(void)
{
	cpuhp_remove_state(nothing_state);
}

/* Callbacks that count. */

static int counting_state;
static atomic64_t startups, teardowns;

static int counting_startup(unsigned int cpu)
{
	atomic64_inc(&startups);
	return 0;
}

static int counting_teardown(unsigned int cpu)
{
	atomic64_inc(&teardowns);
	return 0;
}

static int counting_setup(void)
{
	int ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "bench_c/counting:online",
				    counting_startup, counting_teardown);

	if (ret < 0)
		return ret;
	counting_state = ret;
	return 0;
}

static void counting_remove(void)
{
	cpuhp_remove_state(counting_state);
}

/* A startup that fails on the last CPU. */

static int failing_state;
static unsigned int last_cpu;

static int failing_startup(unsigned int cpu)
{
	if (cpu == last_cpu)
		return -ENOMEM;
	atomic64_inc(&startups);
	return 0;
}

static int failing_setup(void)
{
	int ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "bench_c/failing:online", failing_startup,
				    counting_teardown);

	if (ret < 0)
		return ret;
	failing_state = ret;
	return 0;
}

static void failing_remove(void)
{
	cpuhp_remove_state(failing_state);
}

/* Instances. */

struct instance {
	struct hlist_node node;
	atomic64_t startups;
	atomic64_t teardowns;
};

static int multi_state;

static int multi_startup(unsigned int cpu, struct hlist_node *node)
{
	struct instance *instance = hlist_entry(node, struct instance, node);

	atomic64_inc(&instance->startups);
	return 0;
}

static int multi_teardown(unsigned int cpu, struct hlist_node *node)
{
	struct instance *instance = hlist_entry(node, struct instance, node);

	atomic64_inc(&instance->teardowns);
	return 0;
}

static int multi_setup(void)
{
	int ret = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, "bench_c/multi:online",
					  multi_startup, multi_teardown);

	if (ret < 0)
		return ret;
	multi_state = ret;
	return 0;
}

static void multi_remove(void)
{
	cpuhp_remove_multi_state(multi_state);
}

static int add(void **place)
{
	struct instance *instance = kzalloc(sizeof(*instance), GFP_KERNEL);
	int ret;

	if (!instance)
		return -ENOMEM;
	ret = cpuhp_state_add_instance(multi_state, &instance->node);
	if (ret) {
		kfree(instance);
		return ret;
	}
	*place = instance;
	return 0;
}

static void del(void *place)
{
	struct instance *instance = place;

	cpuhp_state_remove_instance(multi_state, &instance->node);
	kfree(instance);
}

/* By itself what the callbacks that count do. */
static int count(void)
{
	atomic64_inc(&startups);
	return 0;
}

static struct bench_ops ops = {
	.name = "c",
	.nothing = { nothing_setup, nothing_remove },
	.counting = { counting_setup, counting_remove },
	.failing = { failing_setup, failing_remove },
	.multi = { multi_setup, multi_remove },
	/* A driver in C has nothing to share but the number. */
	.shared = { multi_setup, multi_remove },
	.add = add,
	.del = del,
	.count = count,
};

static int __init bench_c_init(void)
{
	last_cpu = cpumask_last(cpu_possible_mask);
	bench_register(&ops);
	return 0;
}
module_init(bench_c_init);

static void __exit bench_c_exit(void)
{
	bench_unregister(&ops);
}
module_exit(bench_c_exit);

MODULE_AUTHOR("The rust_hotplug developers");
MODULE_DESCRIPTION("Hotplug states in C, to compare with");
MODULE_LICENSE("GPL");
