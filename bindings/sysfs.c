// SPDX-License-Identifier: GPL-2.0

#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

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

/*
 * As kobject_put(). With CONFIG_DEBUG_KOBJECT_RELEASE a worker releases @kobj seconds
 * after the last reference is gone: if that is the caller's, it is made to do so now,
 * as the caller waits for it, and may have a dozen to wait for. A kobject that is out
 * of sysfs and has but one reference does not get another.
 */
void rust_helper_kobject_put_now(struct kobject *kobj)
{
	bool last = kref_read(&kobj->kref) == 1;

	kobject_put(kobj);
	if (last)
		rust_helper_kobject_flush_release(kobj);
}

/* NULL if there is no such file; what is a directory is none. */
struct kernfs_node *rust_helper_sysfs_get_file(struct kobject *kobj, const char *name)
{
	struct kernfs_node *node = sysfs_get_dirent(kobj->sd, name);

	if (node && kernfs_type(node) != KERNFS_FILE) {
		kernfs_put(node);
		return NULL;
	}
	return node;
}

/*
 * As sysfs_notify_dirent(), which queues work whether there is somebody to wake
 * or not. @node is a file's.
 */
void rust_helper_sysfs_notify_open(struct kernfs_node *node)
{
	/* Who opens the file after this sees what changed; pairs with the locks of open(). */
	smp_mb();
	if (rcu_access_pointer(node->attr.open))
		sysfs_notify_dirent(node);
}
