// SPDX-License-Identifier: GPL-2.0
/*
 * Lets QEMU count the instructions of what the modules beside this one do.
 *
 * /sys/kernel/debug/rust_hotplug_bench takes "TEST MODULE N SAMPLES", and does the test so often
 * between two marks, and some times before that to warm up. The counts are in the file that count.c
 * writes, in the same order.
 */
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <trace/events/cpuhp.h>

#include "bench.h"
#include "mark.h"

/* That many are counted before those that are asked for: who reads the counts leaves them out. */
#define WARM_UP 3

#define MAX_N 1000000

static __always_inline void mark_begin(void)
{
	asm volatile("nopl %c0(%%rax)" : : "i" (MARK_BEGIN) : "memory");
}

static __always_inline void mark_end(void)
{
	asm volatile("nopl %c0(%%rax)" : : "i" (MARK_END) : "memory");
}

static DEFINE_MUTEX(lock);
static LIST_HEAD(modules);
static struct dentry *file;

void bench_register(struct bench_ops *ops)
{
	guard(mutex)(&lock);
	list_add(&ops->list, &modules);
}
EXPORT_SYMBOL_GPL(bench_register);

void bench_unregister(struct bench_ops *ops)
{
	guard(mutex)(&lock);
	list_del(&ops->list);
}
EXPORT_SYMBOL_GPL(bench_unregister);

/* What the tests themselves cost. */

static int test_empty(struct bench_ops *ops, unsigned int n, int samples)
{
	int i;

	for (i = 0; i < samples + WARM_UP; i++) {
		mark_begin();
		mark_end();
	}
	return 0;
}

/* 2 * n instructions and one, to see whether the count is right. */
static int test_loop(struct bench_ops *ops, unsigned int n, int samples)
{
	int i;

	if (n == 0)
		return -EINVAL;
	for (i = 0; i < samples + WARM_UP; i++) {
		unsigned long left = n;

		mark_begin();
		asm volatile("1: dec %0; jnz 1b" : "+r" (left) : : "cc");
		mark_end();
	}
	return 0;
}

/*
 * A call of a callback. The kernel's own trace events tell what it calls; the test then calls that.
 * They tell of whatever is called, so nothing else may come, go, or be set up meanwhile.
 */

static bool is_dynamic(int idx)
{
	return idx >= CPUHP_AP_ONLINE_DYN && idx <= CPUHP_AP_ONLINE_DYN_END;
}

struct callbacks {
	int (*startup)(unsigned int cpu);
	int (*teardown)(unsigned int cpu);
	int (*multi_startup)(unsigned int cpu, struct hlist_node *node);
	int (*multi_teardown)(unsigned int cpu, struct hlist_node *node);
	struct hlist_node *node;
	bool down;
};

static void see_enter(void *data, unsigned int cpu, int target, int idx,
		      int (*fun)(unsigned int cpu))
{
	struct callbacks *callbacks = data;

	if (is_dynamic(idx))
		*(callbacks->down ? &callbacks->teardown : &callbacks->startup) = fun;
}

static void see_multi_enter(void *data, unsigned int cpu, int target, int idx,
			    int (*fun)(unsigned int cpu, struct hlist_node *node),
			    struct hlist_node *node)
{
	struct callbacks *callbacks = data;

	if (!is_dynamic(idx))
		return;
	*(callbacks->down ? &callbacks->multi_teardown : &callbacks->multi_startup) = fun;
	callbacks->node = node;
}

static struct tracepoint *enter, *multi_enter;

static void find_tracepoint(struct tracepoint *tp, void *data)
{
	if (!strcmp(tp->name, "cpuhp_enter"))
		enter = tp;
	else if (!strcmp(tp->name, "cpuhp_multi_enter"))
		multi_enter = tp;
}

static int see(struct callbacks *callbacks)
{
	int ret;

	for_each_kernel_tracepoint(find_tracepoint, NULL);
	if (!enter || !multi_enter)
		return -ENOENT;
	ret = tracepoint_probe_register(enter, see_enter, callbacks);
	if (ret)
		return ret;
	ret = tracepoint_probe_register(multi_enter, see_multi_enter, callbacks);
	if (ret) {
		tracepoint_probe_unregister(enter, see_enter, callbacks);
		tracepoint_synchronize_unregister();
	}
	return ret;
}

static void see_no_more(struct callbacks *callbacks)
{
	tracepoint_probe_unregister(enter, see_enter, callbacks);
	tracepoint_probe_unregister(multi_enter, see_multi_enter, callbacks);
	tracepoint_synchronize_unregister();
}

/* As kernel/cpu.c does, but for the CPU that this runs on: nothing waits for another task. */
static void call(struct callbacks *callbacks, bool down, int samples)
{
	int (*fun)(unsigned int cpu) = down ? callbacks->teardown : callbacks->startup;
	int (*multi)(unsigned int cpu, struct hlist_node *node) =
		down ? callbacks->multi_teardown : callbacks->multi_startup;
	int i;

	/* While no CPU comes or goes nobody else makes calls. */
	cpus_read_lock();
	migrate_disable();
	for (i = 0; i < samples + WARM_UP; i++) {
		unsigned int cpu = smp_processor_id();

		mark_begin();
		if (multi)
			multi(cpu, callbacks->node);
		else
			fun(cpu);
		mark_end();
	}
	migrate_enable();
	cpus_read_unlock();
}

static int test_call_state(struct bench_state *state, bool down, int samples)
{
	struct callbacks callbacks = {};
	int ret;

	ret = see(&callbacks);
	if (ret)
		return ret;
	ret = state->setup();
	if (!ret) {
		callbacks.down = true;
		state->remove();
	}
	see_no_more(&callbacks);
	if (ret)
		return ret;
	if (!callbacks.startup || !callbacks.teardown)
		return -ENODATA;
	ret = state->setup();
	if (ret)
		return ret;
	call(&callbacks, down, samples);
	state->remove();
	return 0;
}

static int test_call_nothing(struct bench_ops *ops, unsigned int n, int samples)
{
	return test_call_state(&ops->nothing, n, samples);
}

static int test_call_counting(struct bench_ops *ops, unsigned int n, int samples)
{
	return test_call_state(&ops->counting, n, samples);
}

static int test_call_multi(struct bench_ops *ops, unsigned int n, int samples)
{
	struct callbacks callbacks = {};
	void *instance;
	int ret;

	ret = ops->shared.setup();
	if (ret)
		return ret;
	ret = see(&callbacks);
	if (!ret) {
		ret = ops->add(&instance);
		if (!ret) {
			callbacks.down = true;
			ops->del(instance);
		}
		callbacks.down = false;
		if (!ret)
			ret = ops->add(&instance);
		see_no_more(&callbacks);
	}
	if (!ret) {
		if (callbacks.multi_startup && callbacks.multi_teardown)
			call(&callbacks, n, samples);
		else
			ret = -ENODATA;
		ops->del(instance);
	}
	ops->shared.remove();
	return ret;
}

/* What callbacks that count do, by itself, and called by address as they are. */
static int test_count(struct bench_ops *ops, unsigned int n, int samples)
{
	int (*count)(void) = ops->count;
	int i;

	for (i = 0; i < samples + WARM_UP; i++) {
		mark_begin();
		count();
		mark_end();
	}
	return 0;
}

/* Setup and removal. */
static int setup_and_remove(struct bench_state *state, int samples)
{
	int i, ret;

	for (i = 0; i < samples + WARM_UP; i++) {
		mark_begin();
		ret = state->setup();
		if (!ret)
			state->remove();
		mark_end();
		if (ret)
			return ret;
	}
	return 0;
}

static int test_setup(struct bench_ops *ops, unsigned int n, int samples)
{
	return setup_and_remove(&ops->counting, samples);
}

static int test_setup_multi(struct bench_ops *ops, unsigned int n, int samples)
{
	return setup_and_remove(&ops->multi, samples);
}

static int test_setup_shared(struct bench_ops *ops, unsigned int n, int samples)
{
	return setup_and_remove(&ops->shared, samples);
}

/* A setup that fails on the last CPU. */
static int test_rollback(struct bench_ops *ops, unsigned int n, int samples)
{
	int i, ret;

	for (i = 0; i < samples + WARM_UP; i++) {
		mark_begin();
		ret = ops->failing.setup();
		mark_end();
		if (ret == -ENOMEM)
			continue;
		if (ret)
			return ret;
		ops->failing.remove();
		return -EINVAL;
	}
	return 0;
}

/* Adds as many instances. Returns an error, and then there are none. */
static int add_all(struct bench_ops *ops, void **instances, unsigned int n)
{
	unsigned int i;
	int ret;

	for (i = 0; i < n; i++) {
		ret = signal_pending(current) ? -EINTR : ops->add(&instances[i]);
		if (ret) {
			while (i--)
				ops->del(instances[i]);
			return ret;
		}
	}
	return 0;
}

static void del_all(struct bench_ops *ops, void **instances, unsigned int n)
{
	while (n--)
		ops->del(instances[n]);
}

/* Calls a test while there are n instances; that may make one more. */
static int with_instances(struct bench_ops *ops, unsigned int n,
			  int (*test)(struct bench_ops *ops, void **instance, int samples),
			  int samples)
{
	void **instances = vcalloc(n + 1, sizeof(*instances));
	int ret;

	if (!instances)
		return -ENOMEM;
	ret = ops->shared.setup();
	if (!ret) {
		ret = add_all(ops, instances, n);
		if (!ret) {
			ret = test(ops, &instances[n], samples);
			del_all(ops, instances, n);
		}
		ops->shared.remove();
	}
	vfree(instances);
	return ret;
}

static int add_and_del(struct bench_ops *ops, void **instance, int samples)
{
	int i, ret;

	for (i = 0; i < samples + WARM_UP; i++) {
		mark_begin();
		ret = ops->add(instance);
		if (!ret)
			ops->del(*instance);
		mark_end();
		if (ret)
			return ret;
	}
	return 0;
}

/* Adds and removes one instance, with which there are n. */
static int test_instance(struct bench_ops *ops, unsigned int n, int samples)
{
	if (n == 0)
		return -EINVAL;
	return with_instances(ops, n - 1, add_and_del, samples);
}

/* Takes the last CPU offline, and online again. */
static int cycle(struct bench_ops *ops, void **instance, int samples)
{
	unsigned int cpu = cpumask_last(cpu_online_mask);
	int i, ret;

	for (i = 0; i < samples + WARM_UP; i++) {
		if (signal_pending(current))
			return -EINTR;
		mark_begin();
		ret = remove_cpu(cpu);
		if (!ret)
			ret = add_cpu(cpu);
		mark_end();
		if (ret)
			return ret;
	}
	return 0;
}

static int test_cycle(struct bench_ops *ops, unsigned int n, int samples)
{
	int ret;

	if (!ops)
		return cycle(NULL, NULL, samples);
	if (n)
		return with_instances(ops, n, cycle, samples);
	ret = ops->counting.setup();
	if (ret)
		return ret;
	ret = cycle(ops, NULL, samples);
	ops->counting.remove();
	return ret;
}

/*
 * Setup and removal of a state of section PREPARE: with n, with a call for each CPU that is online
 * of both its callbacks. These run in the task that sets up, so nothing waits.
 */
static int nothing(unsigned int cpu)
{
	return 0;
}

static int test_steps(struct bench_ops *ops, unsigned int n, int samples)
{
	int i, state;

	for (i = 0; i < samples + WARM_UP; i++) {
		mark_begin();
		state = __cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "bench/nothing:prepare", n,
					    nothing, nothing, false);
		if (state > 0)
			__cpuhp_remove_state(state, n);
		mark_end();
		if (state < 0)
			return state;
	}
	return 0;
}

/* The log. */

static int repeat(void (*fun)(void), int samples)
{
	int i;

	if (!fun)
		return -EOPNOTSUPP;
	for (i = 0; i < samples + WARM_UP; i++) {
		mark_begin();
		fun();
		mark_end();
	}
	return 0;
}

static int test_record(struct bench_ops *ops, unsigned int n, int samples)
{
	return repeat(ops->record, samples);
}

static int test_event(struct bench_ops *ops, unsigned int n, int samples)
{
	return repeat(ops->event, samples);
}

static const struct test {
	const char *name;
	int (*run)(struct bench_ops *ops, unsigned int n, int samples);
	/* Of a module. */
	bool of_module;
} tests[] = {
	{ "empty", test_empty },
	{ "loop", test_loop },
	{ "cycle", test_cycle },
	{ "steps", test_steps },
	{ "call_nothing", test_call_nothing, true },
	{ "call_counting", test_call_counting, true },
	{ "call_multi", test_call_multi, true },
	{ "count", test_count, true },
	{ "setup", test_setup, true },
	{ "setup_multi", test_setup_multi, true },
	{ "setup_shared", test_setup_shared, true },
	{ "rollback", test_rollback, true },
	{ "instance", test_instance, true },
	{ "record", test_record, true },
	{ "event", test_event, true },
};

static int run(const char *test, const char *module, unsigned int n, int samples)
{
	struct bench_ops *ops, *found = NULL;
	int i;

	guard(mutex)(&lock);
	list_for_each_entry(ops, &modules, list)
		if (!strcmp(ops->name, module))
			found = ops;
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (strcmp(tests[i].name, test))
			continue;
		if (!found && (tests[i].of_module || strcmp(module, "-")))
			return -ENODEV;
		/* A module has states, or a log. */
		if (found && !found->multi.setup && tests[i].run != test_record &&
		    tests[i].run != test_event)
			return -EOPNOTSUPP;
		return tests[i].run(found, n, samples);
	}
	return -ENOENT;
}

static ssize_t bench_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	char text[64], test[16], module[16];
	unsigned int n;
	int samples, ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = '\0';
	if (sscanf(text, "%15s %15s %u %d", test, module, &n, &samples) != 4 || samples < 1 ||
	    n > MAX_N)
		return -EINVAL;
	ret = run(test, module, n, samples);
	return ret ? ret : count;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = bench_write,
};

static int __init bench_init(void)
{
	file = debugfs_create_file("rust_hotplug_bench", 0200, NULL, NULL, &bench_fops);
	return PTR_ERR_OR_ZERO(file);
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	debugfs_remove(file);
}
module_exit(bench_exit);

MODULE_AUTHOR("The rust_hotplug developers");
MODULE_DESCRIPTION("Counts the instructions of hotplug states");
MODULE_LICENSE("GPL");
