// SPDX-License-Identifier: GPL-2.0

//! Calls that the kernel did not make, for the test of the checker. Only in a build that asks for
//! it.

use super::inject::HasCallbacks;
use crate::exerciser::{
    call::Call,
    callback_pair::CallbackPair,
    operation::{
        Callback,
        Operation, //
    },
    sysfs::Attribute, //
};
use kernel::{
    cpu::CpuId,
    new_spinlock,
    prelude::*,
    sync::SpinLock, //
};

/// The file that makes them.
pub(super) const fn call<D: HasCallbacks<Callbacks = CallbackPair>>() -> Attribute<D> {
    Attribute::wo(c"call", |dir, input| {
        make_up(dir.callbacks(), input.text()?)
    })
}

/// Makes a call in the place of the kernel: `startup 2 hotplug`, or `teardown 2 remove atomic` to
/// make it where it may not sleep.
fn make_up(pair: &CallbackPair, text: &str) -> Result {
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or(EINVAL);
    let callback = match word()? {
        "startup" => Callback::Startup,
        "teardown" => Callback::Teardown,
        _ => return Err(EINVAL),
    };
    let cpu = word()?.parse().ok().and_then(CpuId::from_u32);
    let cpu = cpu.ok_or(EINVAL)?;
    let operation = match word()? {
        "setup" => Operation::Setup,
        "remove" => Operation::Remove,
        "hotplug" => Operation::Hotplug,
        _ => return Err(EINVAL),
    };
    let mut call = Call::by_hand(callback, cpu, operation);
    call.by_hand = false;
    let make = || {
        // Nobody asks what came of it.
        let _ = match callback {
            Callback::Startup => pair.startup(&call),
            Callback::Teardown => pair.teardown(&call),
        };
    };
    match word() {
        Err(_) => make(),
        Ok("atomic") => {
            let lock: Pin<KBox<SpinLock<()>>> = KBox::pin_init(new_spinlock!(()), GFP_KERNEL)?;
            let _guard = lock.lock();
            make();
        }
        Ok(_) => return Err(EINVAL),
    }
    Ok(())
}
