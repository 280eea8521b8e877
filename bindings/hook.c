// SPDX-License-Identifier: GPL-2.0
/*
 * The hook into kernel/cpu.c: functions of the kernel that lead into functions of exerciser/hook/
 * instead, which call the originals in turn. What is decided there is not decided here.
 */
/* KBUILD_MODNAME names all modules that are built with this file. */
#define pr_fmt(fmt) "rust_hotplug: " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/device.h>
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/kernfs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/stacktrace.h>
#include <linux/static_call.h>
#include <linux/tracepoint.h>

#include "bindings.h"
#include "hook.h"

/* As STARTING: these run with interrupts off, or on a CPU that is not whole, and must not fail. */
bool rust_helper_cpuhp_is_atomic(int state)
{
	return state >= CPUHP_AP_IDLE_DEAD && state < CPUHP_AP_ONLINE;
}

/* Whoever writes a name gets nothing but an errno, and may do so as often as he likes. */
void rust_helper_hook_refuse(const char *name, size_t length, const char *reason)
{
	pr_err_ratelimited("states/add: %*pE %s\n", (int)length, name, reason);
}

int rust_helper_original_setup(int state, const char *name, bool invoke,
			       int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu),
			       bool multi_instance)
{
	return __cpuhp_setup_state_cpuslocked(state, name, invoke, startup, teardown,
					      multi_instance);
}

void rust_helper_original_remove(int state, bool invoke)
{
	__cpuhp_remove_state_cpuslocked(state, invoke);
}

int rust_helper_original_del(int state, struct hlist_node *node, bool invoke)
{
	return __cpuhp_state_remove_instance(state, node, invoke);
}

/*
 * On PREEMPT_RT, probes of tracepoints may take the locks of the book since 7.0 only. Where the
 * compiler checks indirect calls, the originals may only be called directly: nobody else takes
 * their addresses. WITHOUT_HOOK is for make check, to see that the other branch builds.
 */
#if !defined(WITHOUT_HOOK) && \
	defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS) && defined(CONFIG_KPROBES) && \
	defined(CONFIG_KALLSYMS) && defined(CONFIG_TASKS_RCU) && defined(CONFIG_TRACEPOINTS) && \
	!(defined(CONFIG_PREEMPT_RT) && defined(BEFORE_7_2)) && \
	(defined(CONFIG_HAVE_STATIC_CALL) || !(defined(CONFIG_CFI) || defined(CONFIG_CFI_CLANG)))

/*
 * Originals that are not exported. On x86 a static call is a direct one, which is patched in: where
 * the CPU tracks indirect branches, the kernel has made it impossible to call a function indirectly
 * that it never so calls. Where there are no static calls, as on arm64, these are indirect ones.
 */
DEFINE_STATIC_CALL_NULL(original_step, rust_hotplug_step);
DEFINE_STATIC_CALL_NULL(original_issue, rust_hotplug_issue);
DEFINE_STATIC_CALL_NULL(original_add, rust_hotplug_add);

/*
 * The steps that go into the log, and the task that each runs in. A task finds its own without a
 * lock: nobody else writes its name here or takes it out. Who looks for the step of another task
 * only compares, and that task waits for it. There are three at a time at most: in a task that
 * hotplugs a CPU, in the thread of that CPU, and, if a callback there sets up a state, in the
 * thread of another CPU. The first waits for the second, and that for the third, so that the third
 * is taken only while the others are.
 */
static struct step {
	struct task_struct *task;
	void *running;
	int state;
	/* The callback that the kernel has told of last; NULL if that is not one of this step. */
	void *function;
	/* Whether the callbacks that it calls are to lead to their detour. */
	bool expects_callback;
	/* Whether it is part of what a callback of another step of this task does. */
	bool nested;
} steps[3];

static __always_inline struct step *step_of(const void *task)
{
	struct step *step;

	for (step = steps; step < steps + ARRAY_SIZE(steps); step++)
		if (READ_ONCE(step->task) == task)
			return step;
	return NULL;
}

static __always_inline struct step *own_step(void)
{
	return step_of(current);
}

/* What the step of the calling task was begun with; NULL if there is none. */
void *rust_helper_running_step(void)
{
	struct step *step = own_step();

	return step ? step->running : NULL;
}

/*
 * Whether the step of the calling task is part of what a callback does: of its own task, or of the
 * task that has issued the call, which waits for it. NULL stands for none.
 */
bool rust_helper_step_is_nested(const void *issued_by)
{
	struct step *step = own_step();

	return (step && step->nested) ||
	       (issued_by && issued_by != current && step_of(issued_by));
}

/* The original for a step that does not go into the log. redirect() knows it by this function. */
noinline int rust_helper_original_step(unsigned int cpu, int state, bool bringup,
				       struct hlist_node *node, struct hlist_node **lastp)
{
	return static_call(original_step)(cpu, state, bringup, node, lastp);
}

/*
 * Where another step is under way. It may be one of this task: a callback may set up or remove a
 * state whose callbacks run in its own task, and waits for these.
 */
static noinline int another_step(unsigned int cpu, int state, bool bringup,
				 struct hlist_node *node, struct hlist_node **lastp,
				 void *running, bool expects_callback)
{
	struct step *step = own_step();
	struct step outer = {};
	int ret;

	if (step) {
		outer = *step;
	} else {
		for (step = steps; cmpxchg(&step->task, NULL, current); )
			if (++step == steps + ARRAY_SIZE(steps))
				goto unseen;
	}
	step->running = running;
	step->state = state;
	step->function = NULL;
	step->expects_callback = expects_callback;
	step->nested = outer.task;
	ret = rust_helper_original_step(cpu, state, bringup, node, lastp);
	step->running = outer.running;
	step->state = outer.state;
	step->function = NULL;
	step->expects_callback = outer.expects_callback;
	step->nested = outer.nested;
	/* If it is nobody's now, whoever has it next finds the pointer not in use. */
	smp_store_release(&step->task, outer.task);
	return ret;
unseen:
	pr_warn_once("more steps of cpuhp at a time than it has; some are not in the log\n");
	return rust_helper_original_step(cpu, state, bringup, node, lastp);
}

/*
 * For one that does: the probes of the tracepoints find @running, and if @expects_callback, the
 * callbacks lead to their detour.
 */
int rust_helper_original_step_seen(unsigned int cpu, int state, bool bringup,
				   struct hlist_node *node, struct hlist_node **lastp,
				   void *running, bool expects_callback)
{
	int ret;

	/*
	 * Mostly there is no other one, and it takes the first place. Whoever had that before is
	 * through with it: cmpxchg() pairs with the releases.
	 */
	if (READ_ONCE(steps[0].task) || READ_ONCE(steps[1].task) ||
	    cmpxchg(&steps[0].task, NULL, current))
		return another_step(cpu, state, bringup, node, lastp, running, expects_callback);
	steps[0].running = running;
	steps[0].state = state;
	steps[0].function = NULL;
	steps[0].expects_callback = expects_callback;
	ret = rust_helper_original_step(cpu, state, bringup, node, lastp);
	/* Whoever has it next finds the pointer not in use. */
	smp_store_release(&steps[0].task, NULL);
	return ret;
}

int rust_helper_original_issue(int cpu, int state, bool bringup, struct hlist_node *node)
{
	return static_call(original_issue)(cpu, state, bringup, node);
}

int rust_helper_original_add(int state, struct hlist_node *node, bool invoke)
{
	return static_call(original_add)(state, node, invoke);
}

int rust_helper_original_callback(void *function, unsigned int cpu, struct hlist_node *node)
{
	int (*callback)(unsigned int cpu, struct hlist_node *node) = function;

	return callback(cpu, node);
}

/* Where cpuhp_invoke_callback() is, and how long. */
static unsigned long step_entry, step_size;

struct hook {
	struct ftrace_ops ops;
	char *name;
	void *detour;
	/* What the detour calls the function through. */
	void *original;
};

/*
 * Of the functions that call originals none is longer, and what comes behind one in the text calls
 * another original. That they are neither traced nor left by a jump is in Kbuild: either would make
 * their address not be that which the original returns to.
 */
#define ORIGINAL_SIZE 256

/* The call of an original by its detour goes to the original. */
static void notrace redirect(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			     struct ftrace_regs *fregs)
{
	struct hook *hook = container_of(ops, struct hook, ops);

	if (parent_ip - (unsigned long)hook->original >= ORIGINAL_SIZE)
		ftrace_regs_set_instruction_pointer(fregs, (unsigned long)hook->detour);
}

/* Which states are to fail, and whether all are watched. Steps of others go their way at once. */
static bool aimed_at[CPUHP_ONLINE + 1];
static bool watching;

void rust_helper_hook_aim(int state, bool aim)
{
	WRITE_ONCE(aimed_at[state], aim);
}

void rust_helper_hook_watch(bool watch)
{
	WRITE_ONCE(watching, watch);
}

static void notrace redirect_step(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	unsigned int state = ftrace_regs_get_argument(fregs, 1);

	if (state < ARRAY_SIZE(aimed_at) && !rust_helper_cpuhp_is_atomic(state) &&
	    (READ_ONCE(watching) || READ_ONCE(aimed_at[state])))
		redirect(ip, parent_ip, ops, fregs);
}

/* How far behind the entry of a function ftrace may have its call: behind a landing pad. */
#define ENTRY_SIZE 16

/*
 * Drivers call their callbacks by themselves, too; this is about cpuhp's calls only, and of these
 * about those of the step that expects it: a callback may set up another state.
 */
static void notrace redirect_callback(unsigned long ip, unsigned long parent_ip,
				      struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct step *step;

	if (parent_ip - step_entry >= step_size)
		return;
	step = own_step();
	if (step && step->expects_callback && ip - (unsigned long)step->function < ENTRY_SIZE)
		ftrace_regs_set_instruction_pointer(fregs, (unsigned long)rust_hotplug_callback);
}

/* PERMANENT: not to be switched off by kernel.ftrace_enabled, behind the back of the book. */
#define HOOK_FLAGS (FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT)

#define HOOK(function, handler, which) {					\
	.ops = { .func = (handler), .flags = HOOK_FLAGS },			\
	.name = (function),							\
	.detour = rust_hotplug_##which,						\
	.original = rust_helper_original_##which,				\
}

/*
 * In this order: when the setup of a state is seen, so are all of its instances; and where it is
 * seen that something comes, it is seen that it goes.
 */
static struct hook hooks[] = {
	HOOK("cpuhp_invoke_callback", redirect_step, step),
	HOOK("cpuhp_issue_call", redirect, issue),
	HOOK("__cpuhp_remove_state_cpuslocked", redirect, remove),
	HOOK("__cpuhp_state_remove_instance", redirect, del),
	HOOK("__cpuhp_state_add_instance_cpuslocked", redirect, add),
	HOOK("__cpuhp_setup_state_cpuslocked", redirect, setup),
};

/*
 * The callbacks of instances. There is always one function in the filter: a filter without any
 * would be one that all functions pass, and ftrace refuses that for such a hook.
 */
static struct ftrace_ops callbacks = {
	.func = redirect_callback,
	.flags = HOOK_FLAGS,
};

static int register_callbacks(void)
{
	int ret = ftrace_set_filter_ip(&callbacks, (unsigned long)rust_helper_hook_anchor, 0, 1);

	return ret ?: register_ftrace_function(&callbacks);
}

/*
 * Where an original is called: on x86, behind the place where ftrace has its own call, as BPF's
 * trampolines do, so that it does not come by there a second time. Where calls are counted, they
 * have to go to the entry; and where they are indirect, to a landing pad, which is there.
 */
static unsigned long body(const struct kprobe *probe, unsigned long entry)
{
#if defined(CONFIG_X86_64) && defined(CONFIG_HAVE_STATIC_CALL)
	if ((probe->flags & KPROBE_FLAG_FTRACE) && !cpu_feature_enabled(X86_FEATURE_CALL_DEPTH))
		return (unsigned long)probe->addr + MCOUNT_INSN_SIZE;
#endif
	return entry;
}

/*
 * Finds a function of the kernel by its name: what to call, where it begins and how long it is. A
 * kprobe that is disabled from the start touches nothing, and knows the address; on some
 * architectures it is that behind the landing pad.
 */
static int resolve(const char *name, void **original, unsigned long *entry, unsigned long *size)
{
	static char symbol[KSYM_SYMBOL_LEN];
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	unsigned long offset;
	size_t length = strlen(name);
	int ret = register_kprobe(&probe);

	if (ret)
		goto none;
	*entry = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	sprint_symbol(symbol, *entry);
	/* A clone, such as one with .isra behind its name, has other arguments. */
	if (strncmp(symbol, name, length) ||
	    sscanf(symbol + length, "+0x%lx/0x%lx", &offset, size) != 2) {
		ret = -ENOENT;
		goto none;
	}
	*entry -= offset;
	*original = (void *)body(&probe, *entry);
	return 0;
none:
	pr_err("the kernel has no function %s() to hook: %d\n", name, ret);
	return ret;
}

static int resolve_originals(void)
{
	void *step, *issue, *add;
	unsigned long entry, size;
	int ret;

	ret = resolve("cpuhp_issue_call", &issue, &entry, &size) ?:
	      resolve("__cpuhp_state_add_instance_cpuslocked", &add, &entry, &size) ?:
	      resolve("cpuhp_invoke_callback", &step, &step_entry, &step_size);
	if (ret)
		return ret;
	static_call_update(original_step, step);
	static_call_update(original_issue, issue);
	static_call_update(original_add, add);
	return 0;
}

/*
 * The tracepoints of cpuhp, which tell what is really called. A callback of a step may set up a
 * state that nobody watches: its calls are not those of the step, which is of another state.
 */

static __always_inline void called(int state, struct hlist_node *node, void *function)
{
	struct step *step = own_step();

	if (!step)
		return;
	if (step->state != state) {
		step->function = NULL;
		return;
	}
	step->function = function;
	rust_hotplug_called(step->running, node, function);
}

static void enter_probe(void *data, unsigned int cpu, int target, int idx,
			int (*function)(unsigned int))
{
	called(idx, NULL, function);
}

static void multi_enter_probe(void *data, unsigned int cpu, int target, int idx,
			      int (*function)(unsigned int, struct hlist_node *),
			      struct hlist_node *node)
{
	called(idx, node, function);
}

static void exit_probe(void *data, unsigned int cpu, int state, int idx, int ret)
{
	struct step *step = own_step();

	if (step && step->state == idx)
		rust_hotplug_returned(step->running, ret);
}

static struct probe {
	const char *name;
	void *function;
	struct tracepoint *tracepoint;
	bool registered;
} probes[] = {
	{ "cpuhp_enter", enter_probe },
	{ "cpuhp_multi_enter", multi_enter_probe },
	{ "cpuhp_exit", exit_probe },
};

static void match_tracepoint(struct tracepoint *tracepoint, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strcmp(tracepoint->name, probes[i].name))
			probes[i].tracepoint = tracepoint;
}

static int register_probes(void)
{
	int i, ret;

	for_each_kernel_tracepoint(match_tracepoint, NULL);
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (probes[i].registered)
			continue;
		if (!probes[i].tracepoint) {
			pr_err("the kernel has no tracepoint %s\n", probes[i].name);
			return -ENOENT;
		}
		ret = tracepoint_probe_register(probes[i].tracepoint, probes[i].function, NULL);
		if (ret) {
			pr_err("tracepoint %s: %d\n", probes[i].name, ret);
			return ret;
		}
		probes[i].registered = true;
	}
	return 0;
}

static void unregister_probes(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!probes[i].registered)
			continue;
		tracepoint_probe_unregister(probes[i].tracepoint, probes[i].function, NULL);
		probes[i].registered = false;
	}
	tracepoint_synchronize_unregister();
}

/*
 * Callbacks are hooked by a work item: they become known where ftrace must not be touched, under
 * cpus_read_lock(). When a module has been loaded, its own are hooked before anybody can use it.
 */
static void hook_callbacks(struct work_struct *work)
{
	rust_hotplug_hook_callbacks();
}

static DECLARE_WORK(hook_work, hook_callbacks);

void rust_helper_hook_callbacks_later(void)
{
	schedule_work(&hook_work);
}

static int module_event(struct notifier_block *block, unsigned long event, void *module)
{
	switch (event) {
	case MODULE_STATE_LIVE:
		flush_work(&hook_work);
		break;
	case MODULE_STATE_GOING:
		rust_hotplug_module_going(module);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block module_notifier = { .notifier_call = module_event };

static bool notifier_registered;

/*
 * For a task that was on its way from a hook into a detour, or out of it. A detour may also have
 * asked for the work when the hook was being taken out.
 */
void rust_helper_hook_synchronize(void)
{
	cancel_work_sync(&hook_work);
	synchronize_rcu_tasks();
}

/*
 * ftrace has given up on itself, as it does for good when it finds the text of the kernel other
 * than it left it. It goes on calling what it called, so that the code has to stay: no rmmod
 * succeeds any more, and one that is under way, or an insmod, does not end.
 */
static bool dead, stays;

/* While the module is being loaded, a reference does not keep it if its init fails. */
static void keep_module(void)
{
	stays = READ_ONCE(THIS_MODULE->state) == MODULE_STATE_LIVE && try_module_get(THIS_MODULE);
}

static void note_dead(void)
{
	if (dead)
		return;
	dead = true;
	keep_module();
	if (stays)
		pr_crit("ftrace is dead, and goes on calling this module: it stays until the machine is restarted\n");
	else
		pr_crit("ftrace is dead, and goes on calling this module: it stays, and rmmod hangs, until the machine is restarted\n");
}

static void unregister_hook(struct ftrace_ops *ops)
{
	int ret = 0;

	if (ops->flags & FTRACE_OPS_FL_ENABLED)
		ret = unregister_ftrace_function(ops);
	if (!ret) {
		ftrace_free_filter(ops);
		return;
	}
	/* When it died, it has said so itself. */
	WARN_ON_ONCE(ret != -ENODEV);
	note_dead();
}

/*
 * Takes out the callbacks' detour, if it is there. ftrace frees the list of its functions without a
 * lock: who calls this keeps away whoever calls rust_helper_hook_callback().
 */
void rust_helper_unhook_callbacks(void)
{
	unregister_hook(&callbacks);
}

/*
 * Takes out the hooks, in any case. No step begins any more that is seen, but those that have begun
 * are still running: what tells of their calls stays until rust_helper_unhook_calls().
 */
void rust_helper_unhook(void)
{
	int i;

	for (i = ARRAY_SIZE(hooks) - 1; i >= 0; i--)
		unregister_hook(&hooks[i].ops);
	rust_helper_hook_synchronize();
}

/*
 * Takes out the rest, when no step is running that is seen. The callbacks' detour has gone before,
 * as the tracepoints tell it what to call instead, and the notifier lets go of what is hooked of a
 * module when that goes.
 */
void rust_helper_unhook_calls(void)
{
	/* The callbacks' detour of a dead ftrace is still there. */
	if (!dead)
		unregister_probes();
	if (notifier_registered)
		unregister_module_notifier(&module_notifier);
	notifier_registered = false;
	/*
	 * Who loads or unloads a module does not come by any more, so nobody waits for this but
	 * who writes to files of this module. If that was while it was being loaded, it can stay as
	 * soon as it is loaded.
	 */
	while (dead && !stays) {
		schedule_timeout_idle(HZ);
		keep_module();
	}
}

int rust_helper_hook(void)
{
	int i, ret;

	ret = resolve_originals();
	if (ret)
		return ret;
	ret = register_probes();
	if (ret)
		goto unhook;
	ret = register_module_notifier(&module_notifier);
	if (ret)
		goto unhook;
	notifier_registered = true;
	ret = register_callbacks();
	if (ret)
		goto unhook;
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct hook *hook = &hooks[i];

		ret = ftrace_set_filter(&hook->ops, hook->name, strlen(hook->name), 1);
		if (!ret)
			ret = register_ftrace_function(&hook->ops);
		if (ret) {
			if (ret == -EBUSY)
				pr_err("%s() cannot be hooked: a livepatch has, or kernel.ftrace_enabled is 0\n",
				       hook->name);
			else
				pr_err("%s() cannot be hooked: %d\n", hook->name, ret);
			goto unhook;
		}
	}
	return 0;
unhook:
	/* Nothing is watched or armed, so that no step is seen. */
	rust_helper_unhook();
	rust_helper_unhook_callbacks();
	rust_helper_unhook_calls();
	return ret;
}

/*
 * Fails with EINVAL for a function that cannot be hooked. The callbacks' detour may have been taken
 * out meanwhile, with all functions.
 */
int rust_helper_hook_callback(void *function, bool hook)
{
	int ret = 0;

	if (hook && !(callbacks.flags & FTRACE_OPS_FL_ENABLED))
		ret = register_callbacks();
	if (ret)
		return ret;
	return ftrace_set_filter_ip(&callbacks, (unsigned long)function, !hook, 0);
}

/* A function of a driver, and its module. */
void rust_helper_describe(void *function, char *buf, size_t size)
{
	snprintf(buf, size, "%ps", function);
}

/* The first caller that is not of kernel/cpu.c or of this module. */
void *rust_helper_caller(void)
{
	unsigned long entries[16];
	unsigned int i, n = stack_trace_save(entries, ARRAY_SIZE(entries), 1);
	char symbol[KSYM_SYMBOL_LEN];

	for (i = 0; i < n; i++) {
		if (within_module(entries[i], THIS_MODULE))
			continue;
		sprint_symbol(symbol, entries[i]);
		if (strncmp(symbol, "cpuhp_", 6) && strncmp(symbol, "__cpuhp_", 8))
			return (void *)entries[i];
	}
	return NULL;
}

bool rust_helper_is_of_module(struct module *module, void *address)
{
	return address && within_module((unsigned long)address, module);
}

bool rust_helper_is_ours(void *address)
{
	return rust_helper_is_of_module(THIS_MODULE, address);
}

/*
 * What /sys/devices/system/cpu/hotplug/states shows, in a page: that file's own function writes it.
 * The function waits for setups.
 */
ssize_t rust_helper_cpuhp_states(char *page)
{
	struct device *root = bus_get_dev_root(&cpu_subsys);
	struct kernfs_node *dir, *file = NULL;
	ssize_t ret = -ENOENT;

	if (!root)
		return ret;
	dir = kernfs_find_and_get(root->kobj.sd, "hotplug");
	if (dir)
		file = kernfs_find_and_get(dir, "states");
	if (file && kernfs_type(file) == KERNFS_FILE) {
		struct attribute *attr = file->priv;
		struct device_attribute *show = container_of(attr, struct device_attribute, attr);

		ret = show->show(root, show, page);
	}
	kernfs_put(file);
	kernfs_put(dir);
	put_device(root);
	return ret;
}

#else

void rust_helper_unhook_callbacks(void)
{
}

int rust_helper_hook(void)
{
	pr_err("any state but our own needs a kernel with CONFIG_DYNAMIC_FTRACE_WITH_ARGS, CONFIG_KPROBES, CONFIG_KALLSYMS, CONFIG_TASKS_RCU and CONFIG_TRACEPOINTS\n");
	return -EOPNOTSUPP;
}

void rust_helper_unhook(void)
{
}

void rust_helper_unhook_calls(void)
{
}

void *rust_helper_running_step(void)
{
	return NULL;
}

int rust_helper_original_step(unsigned int cpu, int state, bool bringup, struct hlist_node *node,
			      struct hlist_node **lastp)
{
	return 0;
}

int rust_helper_original_step_seen(unsigned int cpu, int state, bool bringup,
				   struct hlist_node *node, struct hlist_node **lastp,
				   void *running, bool expects_callback)
{
	return 0;
}

bool rust_helper_step_is_nested(const void *issued_by)
{
	return false;
}

int rust_helper_original_issue(int cpu, int state, bool bringup, struct hlist_node *node)
{
	return 0;
}

int rust_helper_original_add(int state, struct hlist_node *node, bool invoke)
{
	return 0;
}

int rust_helper_original_callback(void *function, unsigned int cpu, struct hlist_node *node)
{
	return 0;
}

void rust_helper_hook_synchronize(void)
{
}

void rust_helper_hook_callbacks_later(void)
{
}

void rust_helper_hook_aim(int state, bool aim)
{
}

void rust_helper_hook_watch(bool watch)
{
}

int rust_helper_hook_callback(void *function, bool hook)
{
	return -EOPNOTSUPP;
}

void rust_helper_describe(void *function, char *buf, size_t size)
{
	snprintf(buf, size, "%p", function);
}

void *rust_helper_caller(void)
{
	return NULL;
}

bool rust_helper_is_of_module(struct module *module, void *address)
{
	return false;
}

bool rust_helper_is_ours(void *address)
{
	return false;
}

ssize_t rust_helper_cpuhp_states(char *page)
{
	return -EOPNOTSUPP;
}

#endif
