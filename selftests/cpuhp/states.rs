// SPDX-License-Identifier: GPL-2.0

//! States without instances.

use super::{
    calls::{
        self,
        expect,
        failing_on,
        online_cpus,
        some_of,
        Part,
        ERROR,
        STATE, //
    },
    report, //
};
use cpuhp::{
    cpus_read_lock,
    Callbacks,
    Cpu,
    Online,
    Prepare,
    State, //
};
use kernel::{
    bindings,
    cpu::CpuId,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// Both callbacks, in section `Online`.
struct InOnline;

#[vtable]
impl Callbacks for InOnline {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/state:online";

    fn startup(cpu: Cpu<'_, Online>) -> Result {
        if CpuId::current() != cpu.id() || !is_online(cpu.id()) {
            return Err(EXDEV);
        }
        calls::startup(STATE, cpu.id())
    }

    fn teardown(cpu: Cpu<'_, Online>) {
        calls::teardown(STATE, cpu.id());
    }
}

/// As `CpusReadGuard::is_online()`, which is for those that hold the lock for reading. A callback
/// of a hotplug operation does not.
fn is_online(cpu: CpuId) -> bool {
    // SAFETY: The mask is always there, and has a bit for each `CpuId`.
    unsafe { bindings::cpumask_test_cpu(cpu.into(), &raw mut bindings::__cpu_online_mask) }
}

/// The task that sets up the state of [`InPrepare`].
static TASK: Atomic<i32> = Atomic::new(0);

/// Both callbacks, in section `Prepare`.
struct InPrepare;

#[vtable]
impl Callbacks for InPrepare {
    type Section = Prepare;
    const NAME: &'static CStr = c"rust_cpuhp_test/state:prepare";

    fn startup(cpu: Cpu<'_, Prepare>) -> Result {
        if kernel::current!().pid() != TASK.load(Relaxed) {
            return Err(EXDEV);
        }
        calls::startup(STATE, cpu.id())
    }

    fn teardown(cpu: Cpu<'_, Prepare>) {
        calls::teardown(STATE, cpu.id());
    }
}

/// Startup alone.
struct StartupAlone;

#[vtable]
impl Callbacks for StartupAlone {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/startup:online";

    fn startup(cpu: Cpu<'_, Online>) -> Result {
        calls::startup(STATE, cpu.id())
    }
}

/// Teardown alone.
struct TeardownAlone;

#[vtable]
impl Callbacks for TeardownAlone {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/teardown:online";

    fn teardown(cpu: Cpu<'_, Online>) {
        calls::teardown(STATE, cpu.id());
    }
}

/// Returns the number that the kernel would give to the next state: the lowest that is free.
fn next_number<T: Callbacks>() -> Result<i32> {
    // SAFETY: It is dropped at the end of the function.
    Ok(unsafe { State::<T>::new_nocalls() }?.number())
}

pub(crate) fn test() -> Result {
    let cpus = online_cpus()?;
    TASK.store(kernel::current!().pid(), Relaxed);
    with_calls(&cpus)?;
    nocalls(&cpus)?;
    one_callback(&cpus)?;
    failing::<InOnline>(&cpus)?;
    failing::<InPrepare>(&cpus)
}

fn with_calls(cpus: &[u32]) -> Result {
    let number = next_number::<InOnline>()?;

    // SAFETY: It is dropped below.
    let state = unsafe { State::<InOnline>::new() }?;
    expect("State::new: calls", &[Part::startups(STATE, cpus)]);
    report(
        "State: is there",
        state.number() == number && next_number::<InOnline>()? != number,
    );
    drop(state);
    expect("State: drop", &[Part::teardowns(STATE, cpus)]);
    report("State: is gone", next_number::<InOnline>()? == number);

    // SAFETY: It is dropped below.
    let state = unsafe { State::<InPrepare>::new() }?;
    expect("State::new, Prepare", &[Part::startups(STATE, cpus)]);
    drop(state);
    expect("State: drop, Prepare", &[Part::teardowns(STATE, cpus)]);

    let guard = cpus_read_lock();
    // SAFETY: It is dropped below.
    let state = unsafe { State::<InOnline>::new_cpuslocked(&guard) }?;
    drop(guard);
    expect("State::new_cpuslocked", &[Part::startups(STATE, cpus)]);
    drop(state);
    expect("State: drop, cpuslocked", &[Part::teardowns(STATE, cpus)]);

    // SAFETY: It is removed.
    unsafe { State::<InOnline>::new() }?.remove_nocalls();
    expect(
        "State::remove_nocalls after new",
        &[Part::startups(STATE, cpus)],
    );
    report(
        "State::remove_nocalls: is gone",
        next_number::<InOnline>()? == number,
    );

    let guard = cpus_read_lock();
    // SAFETY: It is removed below.
    let state = unsafe { State::<InOnline>::new_cpuslocked(&guard) }?;
    state.remove_nocalls_cpuslocked(&guard);
    drop(guard);
    expect(
        "State::remove_nocalls_cpuslocked after new_cpuslocked",
        &[Part::startups(STATE, cpus)],
    );
    report(
        "State::remove_nocalls_cpuslocked: is gone",
        next_number::<InOnline>()? == number,
    );
    Ok(())
}

fn nocalls(_cpus: &[u32]) -> Result {
    let number = next_number::<InOnline>()?;

    // SAFETY: It is dropped below.
    let state = unsafe { State::<InOnline>::new_nocalls() }?;
    report("State::new_nocalls: is there", state.number() == number);
    drop(state);
    expect("State::new_nocalls, drop", &[]);
    report(
        "State::new_nocalls, drop: is gone",
        next_number::<InOnline>()? == number,
    );

    // SAFETY: It is removed.
    unsafe { State::<InOnline>::new_nocalls() }?.remove_nocalls();
    expect("State::remove_nocalls after new_nocalls", &[]);

    let guard = cpus_read_lock();
    // SAFETY: It is removed below.
    let state = unsafe { State::<InOnline>::new_nocalls_cpuslocked(&guard) }?;
    state.remove_nocalls_cpuslocked(&guard);
    drop(guard);
    expect("State::new_nocalls_cpuslocked", &[]);

    let guard = cpus_read_lock();
    // SAFETY: It is dropped below.
    let state = unsafe { State::<InOnline>::new_nocalls_cpuslocked(&guard) }?;
    drop(guard);
    drop(state);
    expect("State::new_nocalls_cpuslocked, drop", &[]);
    report(
        "State::new_nocalls_cpuslocked, drop: is gone",
        next_number::<InOnline>()? == number,
    );
    Ok(())
}

fn one_callback(cpus: &[u32]) -> Result {
    // SAFETY: It is dropped at once.
    drop(unsafe { State::<StartupAlone>::new() }?);
    expect("State: startup alone", &[Part::startups(STATE, cpus)]);

    // SAFETY: It is dropped below.
    let state = unsafe { State::<TeardownAlone>::new() }?;
    expect("State: teardown alone, setup", &[]);
    drop(state);
    expect(
        "State: teardown alone, removal",
        &[Part::teardowns(STATE, cpus)],
    );

    let [.., last] = *cpus else {
        return Err(EINVAL);
    };
    // SAFETY: If there is a state, it is dropped at once.
    let result = failing_on(last, || unsafe { State::<StartupAlone>::new() });
    report("State: startup alone fails", result.err() == Some(ERROR));
    expect(
        "State: startup alone fails, calls",
        &[Part::startups(STATE, cpus)],
    );
    Ok(())
}

/// A startup that fails, on one CPU after the other.
fn failing<T: Callbacks>(cpus: &[u32]) -> Result {
    let number = next_number::<T>()?;
    for (i, cpu) in some_of(cpus) {
        let rolled_back = [
            Part::startups(STATE, &cpus[..=i]),
            Part::teardowns(STATE, &cpus[..i]),
        ];
        // SAFETY: If there is a state, it is dropped at once.
        let result = failing_on(cpu, || unsafe { State::<T>::new() });
        report("State::new: the error", result.err() == Some(ERROR));
        expect("State::new: rollback", &rolled_back);

        let guard = cpus_read_lock();
        // SAFETY: As above.
        let result = failing_on(cpu, || unsafe { State::<T>::new_cpuslocked(&guard) });
        drop(guard);
        report(
            "State::new_cpuslocked: the error",
            result.err() == Some(ERROR),
        );
        expect("State::new_cpuslocked: rollback", &rolled_back);
    }
    report("State::new fails: is gone", next_number::<T>()? == number);
    Ok(())
}
