// SPDX-License-Identifier: GPL-2.0

#include <linux/device.h>

bool rust_helper_dev_offline(const struct device *dev)
{
	return dev_offline(dev);
}
