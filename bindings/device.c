// SPDX-License-Identifier: GPL-2.0

#include <linux/device.h>

/* What is new in 7.2. */
#ifdef BEFORE_7_2
#define dev_offline(dev)	((dev)->offline)
#endif

bool rust_helper_dev_offline(const struct device *dev)
{
	return dev_offline(dev);
}
