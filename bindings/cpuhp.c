// SPDX-License-Identifier: GPL-2.0

#include <linux/device.h>
#include <linux/version.h>

/* What is new in 7.0. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define dev_offline(dev)	((dev)->offline)
#endif

bool rust_helper_dev_offline(const struct device *dev)
{
	return dev_offline(dev);
}
