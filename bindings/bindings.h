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
				const char *callback, int ret, bool injected);
void rust_helper_kobject_put_now(struct kobject *kobj);
void rust_helper_kobject_flush_release(struct kobject *kobj);
struct kernfs_node *rust_helper_sysfs_get_file(struct kobject *kobj, const char *name);
void rust_helper_sysfs_notify_open(struct kernfs_node *node);
bool rust_helper_may_sleep(void);
bool rust_helper_is_kernel_thread(void);
