// SPDX-License-Identifier: GPL-2.0

//! Nothing is wrong here: what the other cases differ from.

// expect: none

include!("common.inc");

/// Callbacks.
pub struct Fine;

#[vtable]
impl Callbacks for Fine {
    type Section = Online;
    const NAME: &'static CStr = c"case:online";

    fn startup(&self, cx: &Context<'_, Online>) -> Result {
        let _ = cx.this_cpu();
        Ok(())
    }

    fn may_go_down(&self, _cx: &Context<'_, Online>) -> Result {
        Err(EBUSY)
    }

    fn teardown(&self, _cx: &Context<'_, Online>) {}
}

impl SingleCallbacks for Fine {
    const SLOT: SlotRef<Self> = {
        static SLOT: Slot<Fine> = Slot::new();
        SlotRef::new(&SLOT)
    };
}

/// Uses them.
pub fn control(registrar: &mut Registrar, setup: Setup, data: kernel::sync::Arc<Fine>) -> Result {
    let guard = registrar.cpus_read_lock();
    let state = SingleState::new_cpuslocked(&guard, setup.clone(), data.clone())?;
    state.remove_nocalls_cpuslocked(&guard);
    drop(guard);
    drop(SingleState::new(registrar, setup, data)?);
    Ok(())
}
