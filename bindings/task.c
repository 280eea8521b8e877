// SPDX-License-Identifier: GPL-2.0

#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/sched.h>

/*
 * @buf has room for TASK_COMM_LEN bytes and is NUL-terminated and padded. The kernel keeps the name
 * padded, so all of it is copied at once: that is done for each call of a callback.
 */
void rust_helper_get_task_comm(char *buf, struct task_struct *task)
{
	memcpy(buf, task->comm, TASK_COMM_LEN);
	buf[TASK_COMM_LEN - 1] = '\0';
}

/* preemptible() is 0 where preemption is not counted; the rest is counted always. */
bool rust_helper_may_sleep(void)
{
	return !preempt_count() && !irqs_disabled();
}

/*
 * Sleeps for @ns nanoseconds. The timer is a hard one: on PREEMPT_RT the others are served by a
 * thread of the CPU, which is parked while callbacks of low states run.
 */
void rust_helper_sleep(u64 ns)
{
	ktime_t until = ktime_add_ns(ktime_get(), ns);

	do {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_hrtimeout(&until, HRTIMER_MODE_ABS_HARD);
	} while (ktime_before(ktime_get(), until));
}

bool rust_helper_is_kernel_thread(void)
{
	return current->flags & PF_KTHREAD;
}

/* As %p: the same for the same address, and a secret of the kernel otherwise. */
void rust_helper_hash_pointer(void *address, char *buf, size_t size)
{
	snprintf(buf, size, "%p", address);
}

/* A function that can be traced, and that nobody calls: see bindings/hook.c. */
void rust_helper_hook_anchor(void)
{
	barrier();
}
