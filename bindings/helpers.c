// SPDX-License-Identifier: GPL-2.0
/*
 * Inline functions and macros of the kernel's headers, made callable from Rust,
 * as in the kernel's rust/helpers/: nothing is decided here.
 */
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/sched.h>

#include "bindings.h"

bool rust_helper_dev_offline(const struct device *dev)
{
	return dev_offline(dev);
}

/* @buf has room for TASK_COMM_LEN bytes and is NUL-terminated and padded. */
void rust_helper_get_task_comm(char *buf, struct task_struct *task)
{
	strscpy_pad(buf, task->comm, TASK_COMM_LEN);
}

/*
 * Waits until a worker that releases @kobj is through with it. Without
 * CONFIG_DEBUG_KOBJECT_RELEASE the last kobject_put() releases it itself.
 */
void rust_helper_kobject_flush_release(struct kobject *kobj)
{
#ifdef CONFIG_DEBUG_KOBJECT_RELEASE
	flush_delayed_work(&kobj->release);
#endif
}
