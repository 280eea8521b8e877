/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindings/hook.c calls of exerciser/hook/.
 */
#ifndef _RUST_HOTPLUG_HOOK_H
#define _RUST_HOTPLUG_HOOK_H

#include <linux/cpuhotplug.h>
#include <linux/list.h>
#include <linux/module.h>

/* The detours. Each has the type of the function it stands in for. */
int rust_hotplug_step(unsigned int cpu, enum cpuhp_state state, bool bringup,
		      struct hlist_node *node, struct hlist_node **lastp);
int rust_hotplug_issue(int cpu, enum cpuhp_state state, bool bringup, struct hlist_node *node);
int rust_hotplug_setup(enum cpuhp_state state, const char *name, bool invoke,
		       int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu),
		       bool multi_instance);
void rust_hotplug_remove(enum cpuhp_state state, bool invoke);
int rust_hotplug_add(enum cpuhp_state state, struct hlist_node *node, bool invoke);
int rust_hotplug_del(enum cpuhp_state state, struct hlist_node *node, bool invoke);
int rust_hotplug_callback(unsigned int cpu, struct hlist_node *node);

/* What the tracepoints and module loading tell. */
void rust_hotplug_called(void *running, struct hlist_node *node, void *function);
void rust_hotplug_returned(void *running, int ret);
void rust_hotplug_module_going(struct module *module);
void rust_hotplug_hook_callbacks(void);

#endif /* _RUST_HOTPLUG_HOOK_H */
