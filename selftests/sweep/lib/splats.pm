# SPDX-License-Identifier: GPL-2.0
#
# How the kernel complains in its log.
package splats;
use strict;
use warnings;

our $SPLAT = qr/BUG: |kernel\ BUG\ at|WARNING: |Oops|Kernel\ panic|[Gg]eneral\ protection\ fault|
	[Uu]nable\ to\ handle|
	possible\ (?:circular|recursive|irq\ lock)|inconsistent\ lock\ state|suspicious\ RCU|
	INFO:\ rcu|rcu:.*(?:stall|starved)|detected\ stall|lock\ held\ when\ returning|
	KASAN: |UBSAN: |KCSAN: |KFENCE: |ODEBUG: |refcount_t: |list_(?:add|del)\ corruption|
	soft\ lockup|hard\ LOCKUP|workqueue\ lockup|blocked\ for\ more\ than|
	scheduling\ while\ atomic|sleeping\ function\ called|Bad\ page\ state|
	page\ allocation\ failure|kmemleak:.*new\ suspected|
	kobject_add|duplicate\ filename|already\ registered|callback\ error|No\ more\ dynamic|DEBUG_LOCKS_WARN_ON/x;

1;
