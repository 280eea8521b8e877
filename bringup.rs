// SPDX-License-Identifier: GPL-2.0

//! How often each CPU was brought up, and whether its device was told.
//!
//! [`Context::may_fail`] tells an operation from its rollback by the CPU's device. Who writes to a
//! CPU's `hotplug/target` brings it up or down behind the back of that. This is what is left to
//! go by then: a CPU that comes up begins at the bottom of the ladder, so no state gets a second
//! startup in the same bring-up but to undo something, and a bring-up that the device does not
//! know of is noticed where it begins.

use crate::cpuhp::{
    Callbacks,
    Context,
    OwnerRef,
    Prepare,
    Registrar,
    Setup,
    SingleCallbacks,
    SingleState,
    Slot,
    SlotRef, //
};
use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

/// The bring-ups of every CPU since the module was loaded.
///
/// What writes them is a callback, and what reads them is one or holds `cpus_read_lock()`. Of
/// callbacks the kernel runs one at a time, so no ordering is needed.
pub struct Bringups(KVVec<OfCpu>);

struct OfCpu {
    count: Atomic<u64>,
    device_knows: Atomic<bool>,
}

impl Bringups {
    /// Makes those of CPUs that were not brought up yet since. May sleep.
    pub fn new() -> Result<Self> {
        let mut cpus = KVVec::with_capacity(nr_cpu_ids() as usize, GFP_KERNEL)?;
        for _ in 0..nr_cpu_ids() {
            cpus.push(
                OfCpu {
                    count: Atomic::new(0),
                    device_knows: Atomic::new(true),
                },
                GFP_KERNEL,
            )?;
        }
        Ok(Self(cpus))
    }

    /// Starts to count, for as long as the returned state is there.
    ///
    /// # Errors
    ///
    /// Those of [`SingleState::new`].
    pub fn watch(
        self: Arc<Self>,
        registrar: &mut Registrar,
        owner: &OwnerRef,
    ) -> Result<SingleState<Watch>> {
        let watch = Arc::new(Watch(self), GFP_KERNEL)?;
        SingleState::new(registrar, Setup::new(owner).nocalls(), watch)
    }

    /// Returns how often a CPU has begun to come up.
    pub fn count(&self, cpu: CpuId) -> u64 {
        self.0[cpu.as_u32() as usize].count.load(Relaxed)
    }

    /// Tells whether the CPU's device was told of the last time.
    pub fn device_knows(&self, cpu: CpuId) -> bool {
        self.0[cpu.as_u32() as usize].device_knows.load(Relaxed)
    }
}

/// The callback that counts.
pub struct Watch(Arc<Bringups>);

#[vtable]
impl Callbacks for Watch {
    type Section = Prepare;

    // Not one of those that the module is there for.
    const NAME: &'static CStr = c"cpu/bringup:prepare";

    fn startup(&self, cx: &Context<'_, Prepare>) -> Result {
        let of_cpu = &self.0 .0[cx.cpu().as_u32() as usize];
        of_cpu.count.add(1u64, Relaxed);
        of_cpu.device_knows.store(cx.device_knows(), Relaxed);
        Ok(())
    }
}

impl SingleCallbacks for Watch {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<Watch> = Slot::new();
        SlotRef::new(&SLOT)
    };
}
