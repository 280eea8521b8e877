// SPDX-License-Identifier: GPL-2.0

#include <linux/device.h>
#include <linux/sched/task_stack.h>

/* What is new in 7.0. */
#ifdef BEFORE_7_0
#define dev_offline(dev)	((dev)->offline)
#endif

bool rust_helper_dev_offline(const struct device *dev)
{
	return dev_offline(dev);
}

/* Whether that is on the stack of the calling task. */
bool rust_helper_is_on_stack(const void *address)
{
	return address && object_is_on_stack(address);
}
