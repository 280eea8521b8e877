// SPDX-License-Identifier: GPL-2.0

#include <linux/kobject.h>

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
