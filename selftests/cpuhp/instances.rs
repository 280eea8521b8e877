// SPDX-License-Identifier: GPL-2.0

//! States with instances.

use super::{
    calls::{
        self,
        expect,
        failing_on,
        online_cpus,
        some_of,
        Part,
        ERROR, //
    },
    report, //
};
use cpuhp::{
    cpus_read_lock,
    Cpu,
    Instance,
    InstanceCallbacks,
    MultiState,
    Online,
    Prepare, //
};
use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::Arc, //
};

/// Both callbacks in section `Online`. It refuses to let any CPU go offline, which nothing here may
/// ask for.
struct InOnline(char);

#[vtable]
impl InstanceCallbacks for InOnline {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/instance:online";

    fn startup(&self, cpu: Cpu<'_, Online>) -> Result {
        if CpuId::current() != cpu.id() {
            return Err(EXDEV);
        }
        calls::startup(self.0, cpu.id())
    }

    fn may_go_down(&self, cpu: Cpu<'_, Online>) -> Result {
        calls::asked(self.0, cpu.id());
        Err(EPERM)
    }

    fn teardown(&self, cpu: Cpu<'_, Online>) {
        calls::teardown(self.0, cpu.id());
    }
}

impl Drop for InOnline {
    fn drop(&mut self) {
        calls::dropped(self.0);
    }
}

/// Both callbacks in section `Prepare`.
struct InPrepare(char);

#[vtable]
impl InstanceCallbacks for InPrepare {
    type Section = Prepare;
    const NAME: &'static CStr = c"rust_cpuhp_test/instance:prepare";

    fn startup(&self, cpu: Cpu<'_, Prepare>) -> Result {
        calls::startup(self.0, cpu.id())
    }

    fn teardown(&self, cpu: Cpu<'_, Prepare>) {
        calls::teardown(self.0, cpu.id());
    }
}

impl Drop for InPrepare {
    fn drop(&mut self) {
        calls::dropped(self.0);
    }
}

/// Startup alone.
struct StartupAlone;

#[vtable]
impl InstanceCallbacks for StartupAlone {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/instance-startup:online";

    fn startup(&self, cpu: Cpu<'_, Online>) -> Result {
        calls::startup('s', cpu.id())
    }
}

/// Teardown alone.
struct TeardownAlone;

#[vtable]
impl InstanceCallbacks for TeardownAlone {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/instance-teardown:online";

    fn teardown(&self, cpu: Cpu<'_, Online>) {
        calls::teardown('t', cpu.id());
    }
}

fn new_state<T: InstanceCallbacks>() -> Result<Arc<MultiState<T>>> {
    // SAFETY: All tests here drop what they get, and none leaks an instance.
    Ok(Arc::new(unsafe { MultiState::new() }?, GFP_KERNEL)?)
}

fn add<T: InstanceCallbacks>(
    state: &Arc<MultiState<T>>,
    data: T,
) -> Result<Pin<KBox<Instance<T>>>> {
    KBox::pin_init(Instance::new(state.clone(), Ok(data)), GFP_KERNEL)
}

fn add_nocalls<T: InstanceCallbacks>(
    state: &Arc<MultiState<T>>,
    data: T,
) -> Result<Pin<KBox<Instance<T>>>> {
    KBox::pin_init(Instance::new_nocalls(state.clone(), Ok(data)), GFP_KERNEL)
}

/// Returns the number that the kernel would give to the next state: the lowest that is free.
fn next_number<T: InstanceCallbacks>() -> Result<i32> {
    Ok(new_state::<T>()?.number())
}

pub(crate) fn test() -> Result {
    let cpus = online_cpus()?;
    variants(&cpus)?;
    one_callback(&cpus)?;
    last_instance(&cpus)?;
    failing_data()?;
    failing(&cpus, InOnline)?;
    failing(&cpus, InPrepare)
}

fn variants(cpus: &[u32]) -> Result {
    let state = new_state()?;
    expect("MultiState::new", &[]);

    let instance = add(&state, InOnline('i'))?;
    expect("Instance::new", &[Part::startups('i', cpus)]);
    report("Instance: its data", instance.0 == 'i');
    drop(instance);
    expect(
        "Instance: drop",
        &[Part::teardowns('i', cpus), Part::dropped('i')],
    );

    drop(add_nocalls(&state, InOnline('n'))?);
    expect("Instance::new_nocalls, drop", &[Part::dropped('n')]);

    let mut instance = add(&state, InOnline('s'))?;
    instance.as_mut().set_nocalls();
    drop(instance);
    expect(
        "Instance::set_nocalls",
        &[Part::startups('s', cpus), Part::dropped('s')],
    );

    let first = add(&state, InOnline('1'))?;
    let second = add(&state, InOnline('2'))?;
    drop(first);
    drop(second);
    expect(
        "Instance: two, each with its own calls",
        &[
            Part::startups('1', cpus),
            Part::startups('2', cpus),
            Part::teardowns('1', cpus),
            Part::dropped('1'),
            Part::teardowns('2', cpus),
            Part::dropped('2'),
        ],
    );

    let guard = cpus_read_lock();
    // SAFETY: It is dropped at the end of the function, as is the instance.
    let locked = unsafe { MultiState::new_cpuslocked(&guard) };
    drop(guard);
    drop(add(&Arc::new(locked?, GFP_KERNEL)?, InOnline('l'))?);
    expect(
        "MultiState::new_cpuslocked",
        &[
            Part::startups('l', cpus),
            Part::teardowns('l', cpus),
            Part::dropped('l'),
        ],
    );

    drop(add(&new_state()?, InPrepare('p'))?);
    expect(
        "Instance, Prepare",
        &[
            Part::startups('p', cpus),
            Part::teardowns('p', cpus),
            Part::dropped('p'),
        ],
    );
    Ok(())
}

fn one_callback(cpus: &[u32]) -> Result {
    drop(add(&new_state()?, StartupAlone)?);
    expect("Instance: startup alone", &[Part::startups('s', cpus)]);

    let instance = add(&new_state()?, TeardownAlone)?;
    expect("Instance: teardown alone, added", &[]);
    drop(instance);
    expect(
        "Instance: teardown alone, removed",
        &[Part::teardowns('t', cpus)],
    );
    Ok(())
}

/// The state lives as long as an instance of it.
fn last_instance(cpus: &[u32]) -> Result {
    let number = next_number::<InOnline>()?;
    let state = new_state()?;
    let instance = add(&state, InOnline('l'))?;
    drop(state);
    report(
        "MultiState: kept by its last instance",
        next_number::<InOnline>()? != number,
    );
    drop(instance);
    expect(
        "MultiState: calls of its last instance",
        &[
            Part::startups('l', cpus),
            Part::teardowns('l', cpus),
            Part::dropped('l'),
        ],
    );
    report(
        "MultiState: gone with its last instance",
        next_number::<InOnline>()? == number,
    );
    Ok(())
}

/// Data that cannot be made.
fn failing_data() -> Result {
    let state = new_state::<InOnline>()?;
    let result = KBox::pin_init(Instance::new(state.clone(), Err(ERROR)), GFP_KERNEL);
    report(
        "Instance: the error of the data",
        result.err() == Some(ERROR),
    );
    expect("Instance: the data fail, calls", &[]);
    report(
        "Instance: the data fail, no reference to the state is left",
        Arc::into_unique_or_drop(state).is_some(),
    );
    Ok(())
}

/// A startup that fails, on one CPU after the other.
fn failing<T: InstanceCallbacks>(cpus: &[u32], data: fn(char) -> T) -> Result {
    for (i, cpu) in some_of(cpus) {
        let state = new_state::<T>()?;
        let other = add_nocalls(&state, data('o'))?;
        let result = failing_on(cpu, || add(&state, data('f')));
        report("Instance::new: the error", result.err() == Some(ERROR));
        expect(
            "Instance::new: rollback",
            &[
                Part::startups('f', &cpus[..=i]),
                Part::teardowns('f', &cpus[..i]),
                Part::dropped('f'),
            ],
        );
        drop(other);
        expect(
            "Instance::new fails: the other instance has no calls",
            &[Part::dropped('o')],
        );
        report(
            "Instance::new fails: no reference to the state is left",
            Arc::into_unique_or_drop(state).is_some(),
        );
    }
    Ok(())
}
