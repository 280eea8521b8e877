// SPDX-License-Identifier: GPL-2.0
/*
 * A driver as others are, in C, whose states the module reaches although they are not its own: one
 * of section PREPARE with a DEAD callback only, one of section ONLINE, and one with instances, of
 * section ONLINE unless it is told otherwise. If it is told to, it makes a mistake, for the test of
 * `misuses`.
 */
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <linux/string.h>

#define MAX_INSTANCES 16

static unsigned int instances = 3;
module_param(instances, uint, 0);
MODULE_PARM_DESC(instances, "how many instances it adds, at most 16");

static char *callbacks = "both";
module_param(callbacks, charp, 0);
MODULE_PARM_DESC(callbacks,
		 "what the state with instances has: both, startup or teardown");

static bool prepares;
module_param(prepares, bool, 0);
MODULE_PARM_DESC(prepares, "have the state with instances in section PREPARE, as selftest/multi:prepare");

static char *mistake = "none";
module_param(mistake, charp, 0);
MODULE_PARM_DESC(mistake,
		 "when loaded: positive, by_constant, not_set_up, two_states, added_twice, not_added; when a CPU goes offline: failing_dead; when unloaded: failing_teardown, state_left, multi_left, instance_left");

static bool fill;
module_param(fill, bool, 0);
MODULE_PARM_DESC(fill,
		 "take each number that is left for dynamic states; the kernel warns that there are no more");

static char *nested = "none";
module_param(nested, charp, 0);
MODULE_PARM_DESC(nested,
		 "in which callback it sets up a state with calls and removes it: dead, when a CPU goes offline; online or prepare, when one comes online");

#define MAX_FILLERS 64

static int prepare, online, multi;
static int fillers[MAX_FILLERS], nr_fillers;
static struct hlist_node nodes[MAX_INSTANCES], stranger;
static bool loaded, unloading;

static bool makes(const char *what)
{
	return !strcmp(mistake, what);
}

static int nested_startup(unsigned int cpu)
{
	return 0;
}

static int nested_teardown(unsigned int cpu)
{
	return 0;
}

/* cpus_write_lock() is held, by this task or by one that waits for it, which is enough. */
static int set_up(enum cpuhp_state section, const char *name, bool calls)
{
	return __cpuhp_setup_state_cpuslocked(section, name, calls, nested_startup,
					      nested_teardown, false);
}

/* The callbacks run in this task, which waits. */
static void nest_prepare(void)
{
	int number = set_up(CPUHP_BP_PREPARE_DYN, "selftest/nested:prepare", true);

	if (number >= 0)
		__cpuhp_remove_state_cpuslocked(number, true);
}

/*
 * The callbacks run in the threads of the other CPUs. The thread of this CPU, which is here, cannot
 * wait for itself: the kernel does not call it for a state that this CPU has not come to yet.
 */
static void nest_online(void)
{
	int number = set_up(CPUHP_AP_ONLINE_DYN, "selftest/nested:online", false);

	if (number < 0)
		return;
	__cpuhp_remove_state_cpuslocked(number, false);
	if (number < online)
		return;
	number = set_up(CPUHP_AP_ONLINE_DYN, "selftest/nested:online", true);
	if (number >= 0)
		__cpuhp_remove_state_cpuslocked(number, true);
}

static int driver_dead(unsigned int cpu)
{
	if (!unloading && !strcmp(nested, "dead"))
		nest_prepare();
	return !unloading && makes("failing_dead") ? -EIO : 0;
}

/* What a callback returns by mistake. It is no number of a dynamic state. */
#define POSITIVE 1

static int driver_online(unsigned int cpu)
{
	if (loaded && !strcmp(nested, "online"))
		nest_online();
	if (loaded && !strcmp(nested, "prepare"))
		nest_prepare();
	return cpu && makes("positive") ? POSITIVE : 0;
}

static int driver_offline(unsigned int cpu)
{
	return unloading && makes("failing_teardown") ? -EIO : 0;
}

static int instance_online(unsigned int cpu, struct hlist_node *node)
{
	return 0;
}

static int instance_offline(unsigned int cpu, struct hlist_node *node)
{
	return 0;
}

/*
 * The mistakes are real, and what the kernel's lists would not survive is put right after it: a
 * node that is alone in its list, and first, is held by `*node->pprev`.
 */
static void make_mistake(void)
{
	int number;

	if (makes("by_constant")) {
		cpuhp_remove_state_nocalls(CPUHP_AP_ONLINE_DYN);
	} else if (makes("not_set_up")) {
		number = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "selftest/gone:online",
						   driver_online, driver_offline);
		cpuhp_remove_state_nocalls(number);
		cpuhp_remove_state_nocalls(number);
	} else if (makes("two_states")) {
		struct hlist_node **first;

		number = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, "selftest/other:online",
						 instance_online, instance_offline);
		cpuhp_state_add_instance_nocalls(number, &stranger);
		first = stranger.pprev;
		cpuhp_state_add_instance_nocalls(multi, &stranger);
		cpuhp_state_remove_instance_nocalls(multi, &stranger);
		*first = NULL;
		cpuhp_remove_multi_state(number);
	} else if (makes("added_twice")) {
		number = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, "selftest/other:online",
						 instance_online, instance_offline);
		cpuhp_state_add_instance_nocalls(number, &stranger);
		cpuhp_state_add_instance_nocalls(number, &stranger);
		/* It comes after itself. */
		stranger.next = NULL;
		cpuhp_state_remove_instance_nocalls(number, &stranger);
		cpuhp_remove_multi_state(number);
	} else if (makes("not_added")) {
		struct hlist_node *first = &stranger;

		stranger.pprev = &first;
		cpuhp_state_remove_instance_nocalls(multi, &stranger);
	}
}

static void fill_section(enum cpuhp_state section)
{
	int number = 0;

	while (nr_fillers < MAX_FILLERS && number >= 0) {
		number = cpuhp_setup_state_nocalls(section, "selftest/filler", driver_online, NULL);
		if (number >= 0)
			fillers[nr_fillers++] = number;
	}
}

static void remove_instances(unsigned int n)
{
	while (n > 0)
		cpuhp_state_remove_instance(multi, &nodes[--n]);
}

static int set_up_multi(void)
{
	enum cpuhp_state section = prepares ? CPUHP_BP_PREPARE_DYN : CPUHP_AP_ONLINE_DYN;
	const char *name = prepares ? "selftest/multi:prepare" : "selftest/multi:online";

	return cpuhp_setup_state_multi(section, name,
				       strcmp(callbacks, "teardown") ? instance_online : NULL,
				       strcmp(callbacks, "startup") ? instance_offline : NULL);
}

static int __init driver_init(void)
{
	unsigned int i;
	int ret;

	if (instances > MAX_INSTANCES)
		return -EINVAL;
	prepare = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "selftest/single:dead", NULL,
				    driver_dead);
	if (prepare < 0)
		return prepare;
	online = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "selftest/single:online", driver_online,
				   driver_offline);
	if (online < 0 || online == POSITIVE) {
		/* The kernel has removed the state, although that looks like the number of one. */
		ret = online < 0 ? online : -EIO;
		goto remove_prepare;
	}
	multi = set_up_multi();
	if (multi < 0) {
		ret = multi;
		goto remove_online;
	}
	for (i = 0; i < instances; i++) {
		ret = cpuhp_state_add_instance(multi, &nodes[i]);
		if (ret)
			goto remove_instances;
	}
	make_mistake();
	if (fill) {
		fill_section(CPUHP_BP_PREPARE_DYN);
		fill_section(CPUHP_AP_ONLINE_DYN);
	}
	loaded = true;
	return 0;

remove_instances:
	remove_instances(i);
	cpuhp_remove_multi_state(multi);
remove_online:
	cpuhp_remove_state(online);
remove_prepare:
	cpuhp_remove_state(prepare);
	return ret;
}

static void __exit driver_exit(void)
{
	unloading = true;
	while (nr_fillers > 0)
		cpuhp_remove_state_nocalls(fillers[--nr_fillers]);
	if (makes("instance_left"))
		instances--;
	if (!makes("multi_left")) {
		remove_instances(instances);
		if (!makes("instance_left"))
			cpuhp_remove_multi_state(multi);
	}
	if (!makes("state_left"))
		cpuhp_remove_state(online);
	cpuhp_remove_state(prepare);
	/* At the end of a function the compiler may make a jump of a call. */
	if (makes("instance_left"))
		cpuhp_remove_multi_state(multi);
}

module_init(driver_init);
module_exit(driver_exit);
MODULE_DESCRIPTION("A driver that uses cpuhp, for the selftests of rust_hotplug");
MODULE_LICENSE("GPL");
