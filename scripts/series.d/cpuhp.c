// SPDX-License-Identifier: GPL-2.0

#include <linux/cpuhplock.h>

__rust_helper void rust_helper_cpus_read_lock(void)
{
	cpus_read_lock();
}

__rust_helper void rust_helper_cpus_read_unlock(void)
{
	cpus_read_unlock();
}

__rust_helper void rust_helper_lockdep_assert_cpus_held(void)
{
	lockdep_assert_cpus_held();
}
