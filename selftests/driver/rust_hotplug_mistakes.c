// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that has what drivers have, and if it is told to, makes a mistake with it, mostly where
 * a callback has failed: for the test of the sweep, in which each check has to find its own.
 * Without a mistake it is a good one.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/ioport.h>
#include <linux/irq_sim.h>
#include <linux/irqdomain.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

static char *mistake = "none";
module_param(mistake, charp, 0);
MODULE_PARM_DESC(mistake,
		 "when loaded: removed_twice; when its setup fails: error_ignored, wrong_error, warning, slot_kept, percpu_kept, memory_kept, pages_kept, worker_kept, queue_kept, irq_kept, directory_kept, link_kept, region_kept, cpu_kept, cpu_inactive, panic, hang; when CPUs go off and on: listed_twice, not_set_up_again, preemption_kept, waiting, reference_kept, kept_online");

static int first, second;
static bool unloading, is_set_up;

/* What it has, and gives back when it is unloaded or its setup fails. */
static struct dentry *directory;
static struct kthread_worker *worker;
static struct task_struct *sleeper;
static int __percpu *values;

/* How often each CPU is in the list that it shows, which is once for one that is online. */
static unsigned int listed[NR_CPUS];

/* Whether the second state of a CPU has been torn down, and not yet the first. */
static bool between[NR_CPUS];

static bool makes(const char *what)
{
	return !strcmp(mistake, what);
}

static int list_show(struct seq_file *file, void *unused)
{
	unsigned int cpu, i;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		for (i = 0; i < listed[cpu]; i++)
			seq_printf(file, "%u\n", cpu);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(list);

/* The callbacks that are made to fail. */
static int first_online(unsigned int cpu)
{
	between[cpu] = false;
	/* Nobody has its address. */
	if (makes("kept_online") && !kmalloc(3000, GFP_KERNEL))
		return -ENOMEM;
	return 0;
}

static int first_offline(unsigned int cpu)
{
	return 0;
}

/* Those of a state above: when the first one says no, it is torn down, and set up again. */
static int second_online(unsigned int cpu)
{
	static bool was_listed[NR_CPUS];

	/* In the rollback, what is called next finds that it may not sleep. */
	if (makes("preemption_kept") && between[cpu])
		get_cpu();
	if (!makes("not_set_up_again") || !was_listed[cpu])
		listed[cpu]++;
	was_listed[cpu] = true;
	return 0;
}

static int second_offline(unsigned int cpu)
{
	if (listed[cpu] && (unloading || !makes("listed_twice")))
		listed[cpu]--;
	if (unloading)
		return 0;
	between[cpu] = true;
	if (makes("waiting") && !sleeper) {
		/* It waits, in a state that nobody but a waker ends, until it is unloaded. */
		sleeper = kthread_create(kthread_worker_fn, NULL, "selftest_waits");
		if (IS_ERR(sleeper))
			sleeper = NULL;
	}
	if (makes("reference_kept"))
		__module_get(THIS_MODULE);
	return 0;
}

static int __init get_resources(void)
{
	values = alloc_percpu(int);
	if (!values)
		return -ENOMEM;
	worker = kthread_run_worker(0, "selftest_worker");
	if (IS_ERR(worker)) {
		free_percpu(values);
		return PTR_ERR(worker);
	}
	directory = debugfs_create_dir("rust_hotplug_mistakes", NULL);
	debugfs_create_file("list", 0400, directory, NULL, &list_fops);
	return 0;
}

static void put_resources(void)
{
	debugfs_remove(directory);
	kthread_destroy_worker(worker);
	free_percpu(values);
	if (sleeper)
		kthread_stop(sleeper);
}

/* Nothing that is kept here is in the memory of this module, which goes. */
static void __init keep_something(void)
{
	static const char name[] = "selftest_kept";

	if (makes("slot_kept")) {
		const char *copy = kstrdup("selftest/kept:online", GFP_KERNEL);

		if (copy)
			cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, copy, NULL, NULL);
	} else if (makes("percpu_kept")) {
		values = alloc_percpu(int);
	} else if (makes("memory_kept")) {
		/* Nobody has its address. */
		if (!kmalloc(3000, GFP_KERNEL))
			pr_info("there is no memory to keep\n");
	} else if (makes("pages_kept")) {
		/* Too much for a slab cache, which keeps addresses for kmemleak to find. */
		if (!kmalloc(5 * PAGE_SIZE, GFP_KERNEL))
			pr_info("there is no memory to keep\n");
	} else if (makes("worker_kept")) {
		kthread_run_worker(0, name);
	} else if (makes("queue_kept")) {
		alloc_workqueue(name, WQ_SYSFS | WQ_UNBOUND, 0);
	} else if (makes("directory_kept")) {
		debugfs_create_dir(name, NULL);
	} else if (makes("link_kept")) {
		struct device *cpu = get_cpu_device(0);

		if (sysfs_create_link(&cpu->kobj, &cpu->kobj, name))
			pr_info("there is that link already\n");
	} else if (makes("region_kept")) {
		const char *copy = kstrdup(name, GFP_KERNEL);

		/* The last addresses that there are, where no device is. */
		if (!request_mem_region(iomem_resource.end - PAGE_SIZE + 1, PAGE_SIZE, copy))
			pr_info("there is no region to keep\n");
	} else if (makes("cpu_kept")) {
		remove_cpu(cpumask_last(cpu_online_mask));
	} else if (makes("cpu_inactive")) {
		/* As in the midst of an offline: no task can be put there. */
		set_cpu_active(cpumask_last(cpu_online_mask), false);
	}
#if IS_ENABLED(CONFIG_IRQ_SIM)
	if (makes("irq_kept")) {
		struct irq_domain *domain = irq_domain_create_sim(NULL, 1);
		const char *copy = kstrdup(name, GFP_KERNEL);
		unsigned int irq = IS_ERR(domain) ? 0 : irq_create_mapping(domain, 0);

		if (!irq || request_irq(irq, no_action, 0, copy, NULL))
			pr_info("there is no interrupt to keep\n");
	}
#endif
	WARN_ON(makes("warning"));
	if (makes("panic"))
		panic("a mistake of a driver for the selftests");
	while (makes("hang"))
		ssleep(1);
}

static void __init remove_twice(void)
{
	int number = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "selftest/gone:online",
					       first_online, first_offline);

	cpuhp_remove_state_nocalls(number);
	cpuhp_remove_state_nocalls(number);
}

static int __init set_up(void)
{
	first = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "selftest/first:online", first_online,
				  first_offline);
	if (first < 0)
		return first;
	second = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "selftest/second:online", second_online,
				   second_offline);
	if (second < 0) {
		cpuhp_remove_state(first);
		return second;
	}
	return 0;
}

static int __init load_driver(void)
{
	int ret = get_resources();

	/* Made good the next time, as no CPU that is so can go offline. */
	if (makes("cpu_inactive"))
		set_cpu_active(cpumask_last(cpu_online_mask), true);
	if (ret)
		return ret;
	ret = set_up();
	is_set_up = !ret;
	if (makes("removed_twice"))
		remove_twice();
	if (!ret || makes("error_ignored"))
		return 0;
	unloading = true;
	put_resources();
	keep_something();
	return makes("wrong_error") ? -EDOM : ret;
}

static void __exit unload_driver(void)
{
	unloading = true;
	if (is_set_up) {
		cpuhp_remove_state(second);
		cpuhp_remove_state(first);
	}
	put_resources();
}

module_init(load_driver);
module_exit(unload_driver);
MODULE_DESCRIPTION("A driver that makes mistakes, for the test of the sweep of rust_hotplug");
MODULE_LICENSE("GPL");
