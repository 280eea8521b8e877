// SPDX-License-Identifier: GPL-2.0

//! Keeps some CPUs of each group online.
//!
//! For a machine on which something takes idle CPUs offline, and on which each group of CPUs has
//! work that only this group can do. CPU N belongs to group N modulo `groups`; that is how CPUs
//! are spread over the sockets of many servers. The last `least` CPUs of a group cannot go
//! offline for as long as this module is loaded. That includes a suspend, which takes every CPU
//! but one offline, and then fails.
//!
//! ```text
//! # insmod cpu_quorum.ko groups=2 least=1
//! # echo 0 > /sys/devices/system/cpu/cpu1/online
//! # echo 0 > /sys/devices/system/cpu/cpu3/online
//! echo: write error: Operation not permitted
//! ```
//!
//! Each group is an instance. The state is in section [`Online`], the only one in which an
//! instance can refuse to let a CPU go offline.

use core::num::NonZeroU32;
use cpuhp::{
    cpus_read_lock,
    Cpu,
    Instance,
    InstanceCallbacks,
    MultiState,
    Online, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

module! {
    type: Quorum,
    name: "cpu_quorum",
    authors: ["The rust_hotplug developers"],
    description: "Keeps some CPUs of each group online",
    license: "GPL",
    params: {
        groups: u32 {
            default: 1,
            description: "How many groups there are; CPU N is in group N modulo this",
        },
        least: u32 {
            default: 2,
            description: "How many CPUs of each group must stay online",
        },
    },
}

struct Group {
    index: u32,
    groups: NonZeroU32,
    least: u32,
    /// How many CPUs of the group are online.
    online: Atomic<u32>,
}

impl Group {
    fn has(&self, cpu: Cpu<'_, Online>) -> bool {
        cpu.id().as_u32() % self.groups == self.index
    }
}

#[vtable]
impl InstanceCallbacks for Group {
    type Section = Online;
    const NAME: &'static CStr = c"cpu_quorum:online";

    fn startup(&self, cpu: Cpu<'_, Online>) -> Result {
        if self.has(cpu) {
            // No two callbacks run at the same time, and so no ordering is needed.
            self.online.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    /// This is also asked when a CPU fails to come online, where a no makes the kernel warn.
    /// There it never says no: `Quorum::init()` has seen `least` CPUs online, which stay, and the
    /// CPU that fails to come online is one more.
    fn may_go_down(&self, cpu: Cpu<'_, Online>) -> Result {
        if self.has(cpu) && self.online.load(Relaxed) <= self.least {
            pr_info!(
                "CPU {} must stay online: it is one of the last {} of group {}\n",
                cpu.id().as_u32(),
                self.least,
                self.index
            );
            return Err(EPERM);
        }
        Ok(())
    }

    fn teardown(&self, cpu: Cpu<'_, Online>) {
        if self.has(cpu) {
            self.online.fetch_sub(1, Relaxed);
        }
    }
}

struct Quorum {
    _groups: KVec<Pin<KBox<Instance<Group>>>>,
}

impl kernel::Module for Quorum {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let Some(count) = NonZeroU32::new(*module_parameters::groups.value_ref()) else {
            pr_err!("groups=0: there has to be a group\n");
            return Err(EINVAL);
        };
        let least = *module_parameters::least.value_ref();

        // SAFETY: The only references to the state are this one, which is dropped when this
        // function returns, and those of the instances. If this function fails, it drops the
        // instances as well; else they are in the module's data, which are dropped in its exit
        // function.
        let state = Arc::new(unsafe { MultiState::new() }?, GFP_KERNEL)?;
        let mut groups = KVec::new();
        for index in 0..count.get() {
            let data = Group {
                index,
                groups: count,
                least,
                online: Atomic::new(0),
            };
            let group = KBox::pin_init(Instance::new(state.clone(), Ok(data)), GFP_KERNEL)?;
            // From here on the group refuses to shrink below `least`.
            let online = {
                // An operation that has begun before the group could refuse is over when the lock
                // is ours.
                let _guard = cpus_read_lock();
                group.online.load(Relaxed)
            };
            if online < least {
                pr_err!(
                    "group {} has {} CPU(s) online, fewer than least={}\n",
                    index,
                    online,
                    least
                );
                return Err(EINVAL);
            }
            groups.push(group, GFP_KERNEL)?;
        }
        Ok(Self { _groups: groups })
    }
}
