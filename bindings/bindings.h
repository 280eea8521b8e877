/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads. Inline functions and macros come in through the helpers
 * in this folder, as in the kernel's rust/helpers/.
 */
#include <linux/bitmap.h>
#include <linux/cpu.h>
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/sysfs.h>

bool rust_helper_dev_offline(const struct device *dev);
void rust_helper_get_task_comm(char *buf, struct task_struct *task);
bool rust_helper_fault_armed(void);
void rust_helper_fault_armed_inc(void);
void rust_helper_fault_armed_dec(void);
bool rust_helper_trace_callback_enabled(void);
void rust_helper_trace_callback(u64 seq, const char *state, int id, const char *instance,
				unsigned int cpu, unsigned int on, const char *op,
				const char *callback, int ret, bool injected, u64 took,
				bool frozen);
bool rust_helper_cpuhp_is_atomic(int state);
void rust_helper_hook_refuse(const char *name, size_t length, const char *reason);
int rust_helper_hook(void);
void rust_helper_unhook(void);
void rust_helper_unhook_callbacks(void);
void rust_helper_unhook_calls(void);
void *rust_helper_running_step(void);
bool rust_helper_step_is_nested(const void *issued_by);
int rust_helper_original_step(unsigned int cpu, int state, bool bringup, struct hlist_node *node,
			      struct hlist_node **lastp);
int rust_helper_original_step_seen(unsigned int cpu, int state, bool bringup,
				   struct hlist_node *node, struct hlist_node **lastp,
				   void *running, bool expects_callback);
int rust_helper_original_issue(int cpu, int state, bool bringup, struct hlist_node *node);
int rust_helper_original_add(int state, struct hlist_node *node, bool invoke);
int rust_helper_original_setup(int state, const char *name, bool invoke,
			       int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu),
			       bool multi_instance);
void rust_helper_original_remove(int state, bool invoke);
int rust_helper_original_del(int state, struct hlist_node *node, bool invoke);
void rust_helper_hook_anchor(void);
int rust_helper_original_callback(void *function, unsigned int cpu, struct hlist_node *node);
void rust_helper_hook_synchronize(void);
void rust_helper_hook_callbacks_later(void);
void rust_helper_hook_aim(int state, bool aim);
void rust_helper_hook_watch(bool watch);
int rust_helper_hook_callback(void *function, bool hook);
void rust_helper_describe(void *function, char *buf, size_t size);
void *rust_helper_caller(void);
bool rust_helper_is_of_module(struct module *module, void *address);
bool rust_helper_is_ours(void *address);
ssize_t rust_helper_cpuhp_states(char *page);
void rust_helper_kobject_put_now(struct kobject *kobj);
void rust_helper_kobject_flush_release(struct kobject *kobj);
struct kernfs_node *rust_helper_sysfs_get_file(struct kobject *kobj, const char *name);
void rust_helper_sysfs_notify_open(struct kernfs_node *node);
bool rust_helper_may_sleep(void);
void rust_helper_sleep(u64 ns);
bool rust_helper_is_kernel_thread(void);
void rust_helper_hash_pointer(void *address, char *buf, size_t size);
