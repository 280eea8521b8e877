// SPDX-License-Identifier: GPL-2.0

#include <linux/preempt.h>
#include <linux/sched.h>

/* @buf has room for TASK_COMM_LEN bytes and is NUL-terminated and padded. */
void rust_helper_get_task_comm(char *buf, struct task_struct *task)
{
	strscpy_pad(buf, task->comm, TASK_COMM_LEN);
}

/* preemptible() is 0 where preemption is not counted; the rest is counted always. */
bool rust_helper_may_sleep(void)
{
	return !preempt_count() && !irqs_disabled();
}

bool rust_helper_is_kernel_thread(void)
{
	return current->flags & PF_KTHREAD;
}
