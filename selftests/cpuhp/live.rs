// SPDX-License-Identifier: GPL-2.0

//! Instances that stay for as long as the module. A script takes CPUs offline and online meanwhile.

use super::module_parameters;
use cpuhp::{
    Callbacks,
    Cpu,
    Instance,
    InstanceCallbacks,
    MultiState,
    Online,
    State, //
};
use kernel::{
    prelude::*,
    sync::Arc,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

/// An instance that says what is called.
struct Saying(char);

#[vtable]
impl InstanceCallbacks for Saying {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/live:online";

    fn startup(&self, cpu: Cpu<'_, Online>) -> Result {
        pr_info!("call: {} startup {}\n", self.0, cpu.id().as_u32());
        Ok(())
    }

    fn may_go_down(&self, cpu: Cpu<'_, Online>) -> Result {
        pr_info!("call: {} asked {}\n", self.0, cpu.id().as_u32());
        if self.0 == 'a' && *module_parameters::refused_cpu.value_ref() == cpu.id().as_u32() as i32
        {
            return Err(ERANGE);
        }
        Ok(())
    }

    fn teardown(&self, cpu: Cpu<'_, Online>) {
        pr_info!("call: {} teardown {}\n", self.0, cpu.id().as_u32());
    }
}

/// An instance that is asked and nothing else.
struct AskedAlone;

#[vtable]
impl InstanceCallbacks for AskedAlone {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/asked:online";

    fn may_go_down(&self, cpu: Cpu<'_, Online>) -> Result {
        pr_info!("call: alone asked {}\n", cpu.id().as_u32());
        Ok(())
    }
}

/// A teardown that takes its time on one CPU.
struct Slow;

#[vtable]
impl Callbacks for Slow {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/slow:online";

    fn teardown(cpu: Cpu<'_, Online>) {
        if *module_parameters::slow_cpu.value_ref() == cpu.id().as_u32() as i32 {
            pr_info!("call: slow teardown {}\n", cpu.id().as_u32());
            fsleep(Delta::from_secs(5));
        }
    }
}

/// What stays.
pub(crate) struct Live {
    _first: Pin<KBox<Instance<Saying>>>,
    _second: Pin<KBox<Instance<Saying>>>,
    _alone: Pin<KBox<Instance<AskedAlone>>>,
    _slow: State<Slow>,
}

impl Live {
    /// Sets it up.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: The states live in the instances alone, and these in the module's data. These are
        // dropped in the module's exit function, or before its init function returns an error.
        let (saying, alone) = unsafe { (MultiState::new()?, MultiState::new()?) };
        let saying = Arc::new(saying, GFP_KERNEL)?;
        let alone = Arc::new(alone, GFP_KERNEL)?;
        let add =
            |name| KBox::pin_init(Instance::new(saying.clone(), Ok(Saying(name))), GFP_KERNEL);
        Ok(Self {
            _first: add('a')?,
            _second: add('b')?,
            _alone: KBox::pin_init(Instance::new(alone, Ok(AskedAlone)), GFP_KERNEL)?,
            // SAFETY: It is in the module's data as well.
            //
            // It is the last that is set up, so its number is the highest, and it is the first that
            // is called when a CPU goes offline.
            _slow: unsafe { State::new() }?,
        })
    }
}
