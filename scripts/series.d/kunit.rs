// SPDX-License-Identifier: GPL-2.0

//! KUnit tests: which calls the kernel makes for a state, and what is left when one fails.
//!
//! The callbacks count. Tests run one after the other, and each begins with [`begin`].

use super::*;
use crate::{
    bindings,
    cpu::CpuId,
    error::to_result,
    macros::{
        kunit_tests,
        vtable, //
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

static STARTUPS: Atomic<i32> = Atomic::new(0);
static TEARDOWNS: Atomic<i32> = Atomic::new(0);
/// The CPU on which the next startup fails, or a CPU is not let go; -1 for none.
static FAILS_ON: Atomic<i32> = Atomic::new(-1);
/// The task that sets up a state.
static TASK: Atomic<i32> = Atomic::new(0);

fn begin(fails_on: Option<CpuId>) {
    STARTUPS.store(0, Relaxed);
    TEARDOWNS.store(0, Relaxed);
    FAILS_ON.store(fails_on.map_or(-1, |cpu| cpu.as_u32() as i32), Relaxed);
    TASK.store(crate::current!().pid(), Relaxed);
}

fn fails_on(cpu: CpuId) -> Result {
    if FAILS_ON.load(Relaxed) == cpu.as_u32() as i32 {
        return Err(ENOSPC);
    }
    Ok(())
}

/// Returns how often callbacks have been called since the last time: startups that have succeeded,
/// and teardowns.
fn counted() -> (i32, i32) {
    let counts = (STARTUPS.load(Relaxed), TEARDOWNS.load(Relaxed));
    STARTUPS.store(0, Relaxed);
    TEARDOWNS.store(0, Relaxed);
    counts
}

/// Returns how many CPUs are online, and the last of them.
fn online() -> (i32, Option<CpuId>) {
    let guard = cpus_read_lock();
    let count = guard.online_cpus().count();
    let last = guard.online_cpus().last();
    (count as i32, last)
}

/// A state whose callbacks run on their CPU.
struct OnItsCpu;

#[vtable]
impl Callbacks for OnItsCpu {
    type Section = Online;
    const NAME: &'static CStr = c"rust/kunit:online";

    fn startup(cpu: Cpu<'_, Online>) -> Result {
        if CpuId::current() != cpu.id() {
            return Err(EXDEV);
        }
        fails_on(cpu.id())?;
        STARTUPS.add(1, Relaxed);
        Ok(())
    }

    fn teardown(_cpu: Cpu<'_, Online>) {
        TEARDOWNS.add(1, Relaxed);
    }
}

/// A state whose callbacks run in the task that sets it up.
struct InTheTask;

#[vtable]
impl Callbacks for InTheTask {
    type Section = Prepare;
    const NAME: &'static CStr = c"rust/kunit:prepare";

    fn startup(cpu: Cpu<'_, Prepare>) -> Result {
        if crate::current!().pid() != TASK.load(Relaxed) {
            return Err(EXDEV);
        }
        fails_on(cpu.id())?;
        STARTUPS.add(1, Relaxed);
        Ok(())
    }

    fn teardown(_cpu: Cpu<'_, Prepare>) {
        TEARDOWNS.add(1, Relaxed);
    }
}

/// Data of an instance: on how many CPUs it is up.
struct Counter(Atomic<i32>);

#[vtable]
impl InstanceCallbacks for Counter {
    type Section = Online;
    const NAME: &'static CStr = c"rust/kunit_multi:online";

    fn startup(&self, cpu: Cpu<'_, Online>) -> Result {
        fails_on(cpu.id())?;
        self.0.add(1, Relaxed);
        STARTUPS.add(1, Relaxed);
        Ok(())
    }

    fn may_go_down(&self, cpu: Cpu<'_, Online>) -> Result {
        fails_on(cpu.id())
    }

    fn teardown(&self, _cpu: Cpu<'_, Online>) {
        self.0.add(-1, Relaxed);
        TEARDOWNS.add(1, Relaxed);
    }
}

/// Sets up a state with instances, and adds one.
fn instance() -> Result<Pin<KBox<Instance<Counter>>>> {
    // SAFETY: The code of the kernel stays, also when a test fails, which drops nothing.
    instance_of(unsafe { MultiState::new() }?)
}

/// Adds an instance to a state.
fn instance_of(state: MultiState<Counter>) -> Result<Pin<KBox<Instance<Counter>>>> {
    let state = Arc::new(state, GFP_KERNEL)?;
    let data = Counter(Atomic::new(0));
    KBox::pin_init(Instance::new(state, Ok(data)), GFP_KERNEL)
}

/// Takes a CPU offline. C: `remove_cpu()`.
///
/// # Safety
///
/// The CPU has a device, as every CPU has that is or was online when the tests run.
#[cfg(CONFIG_HOTPLUG_CPU)]
unsafe fn remove_cpu(cpu: CpuId) -> Result {
    // SAFETY: This function's own requirement: C does not look whether there is a device.
    to_result(unsafe { bindings::remove_cpu(cpu.as_u32()) })
}

/// Brings a CPU online. C: `add_cpu()`.
///
/// # Safety
///
/// As for [`remove_cpu`].
#[cfg(CONFIG_HOTPLUG_CPU)]
unsafe fn add_cpu(cpu: CpuId) -> Result {
    // SAFETY: This function's own requirement.
    to_result(unsafe { bindings::add_cpu(cpu.as_u32()) })
}

#[kunit_tests(rust_cpuhp)]
mod tests {
    use super::*;

    #[test]
    fn cpuhp_setup_calls_each_online_cpu() -> Result {
        let (cpus, _) = online();
        begin(None);
        // SAFETY: The code of the kernel stays, also when a test fails, which drops nothing.
        let state = unsafe { State::<OnItsCpu>::new() }?;
        assert_eq!(counted(), (cpus, 0));
        drop(state);
        assert_eq!(counted(), (0, cpus));
        Ok(())
    }

    #[test]
    fn cpuhp_setup_that_fails_is_rolled_back() {
        let (cpus, last) = online();
        begin(last);
        // SAFETY: As in the first test.
        let state = unsafe { State::<OnItsCpu>::new() };
        assert_eq!(state.err(), Some(ENOSPC));
        assert_eq!(counted(), (cpus - 1, cpus - 1));
    }

    #[test]
    fn cpuhp_prepare_runs_in_the_task() -> Result {
        let (cpus, last) = online();
        begin(None);
        // SAFETY: As in the first test.
        let state = unsafe { State::<InTheTask>::new() }?;
        assert_eq!(counted(), (cpus, 0));
        drop(state);
        assert_eq!(counted(), (0, cpus));
        begin(last);
        // SAFETY: As in the first test.
        let state = unsafe { State::<InTheTask>::new() };
        assert_eq!(state.err(), Some(ENOSPC));
        assert_eq!(counted(), (cpus - 1, cpus - 1));
        Ok(())
    }

    #[test]
    fn cpuhp_nocalls_makes_no_calls() -> Result {
        begin(None);
        // SAFETY: As in the first test.
        let state = unsafe { State::<OnItsCpu>::new_nocalls() }?;
        state.remove_nocalls();
        assert_eq!(counted(), (0, 0));
        Ok(())
    }

    #[test]
    fn cpuhp_cpuslocked_takes_a_lock_that_is_held() -> Result {
        let (cpus, _) = online();
        begin(None);
        let guard = cpus_read_lock();
        // SAFETY: As in the first test.
        let state = unsafe { State::<OnItsCpu>::new_cpuslocked(&guard) }?;
        state.remove_nocalls_cpuslocked(&guard);
        // A test that fails drops nothing, and nor would it the lock.
        drop(guard);
        assert_eq!(counted(), (cpus, 0));
        Ok(())
    }

    #[test]
    fn cpuhp_nocalls_cpuslocked_makes_no_calls() -> Result {
        begin(None);
        let guard = cpus_read_lock();
        // SAFETY: As in the first test.
        let state = unsafe { State::<OnItsCpu>::new_nocalls_cpuslocked(&guard) }?;
        state.remove_nocalls_cpuslocked(&guard);
        drop(guard);
        assert_eq!(counted(), (0, 0));
        Ok(())
    }

    #[test]
    fn cpuhp_assume_held_is_a_guard() -> Result {
        let (cpus, last) = online();
        begin(None);
        let guard = cpus_read_lock();
        // SAFETY: This task has the lock, and `held` is not used once it is released.
        let held = unsafe { CpusReadGuard::assume_held() };
        let seen = held.online_cpus().last();
        // SAFETY: As in the first test.
        let state = unsafe { State::<OnItsCpu>::new_cpuslocked(held) };
        drop(guard);
        // It is removed with the lock released, and takes it.
        drop(state?);
        assert_eq!(seen, last);
        assert_eq!(counted(), (cpus, cpus));
        Ok(())
    }

    #[test]
    fn cpuhp_number_is_a_dynamic_one() -> Result {
        // SAFETY: As in the first test.
        let prepare = unsafe { State::<InTheTask>::new_nocalls() }?;
        // SAFETY: As in the first test.
        let online = unsafe { State::<OnItsCpu>::new_nocalls() }?;
        let numbers = (prepare.number(), online.number());
        drop((prepare, online));
        assert!(numbers.0 >= bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN);
        assert!(numbers.0 <= bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN_END);
        assert!(numbers.1 >= bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN);
        assert!(numbers.1 <= bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN_END);
        Ok(())
    }

    #[test]
    fn cpuhp_instance_is_called_and_rolled_back() -> Result {
        let (cpus, last) = online();
        begin(None);
        let up = instance()?;
        assert_eq!(counted(), (cpus, 0));
        drop(up);
        assert_eq!(counted(), (0, cpus));
        begin(last);
        assert_eq!(instance().err(), Some(ENOSPC));
        assert_eq!(counted(), (cpus - 1, cpus - 1));
        Ok(())
    }

    #[test]
    fn cpuhp_instance_nocalls_makes_no_calls() -> Result {
        begin(None);
        // SAFETY: As in the first test.
        let state = Arc::new(unsafe { MultiState::new() }?, GFP_KERNEL)?;
        let data = Counter(Atomic::new(0));
        let up = KBox::pin_init(Instance::new_nocalls(state, Ok(data)), GFP_KERNEL)?;
        drop(up);
        assert_eq!(counted(), (0, 0));
        Ok(())
    }

    #[test]
    fn cpuhp_instance_may_go_without_calls() -> Result {
        let (cpus, _) = online();
        begin(None);
        let mut up = instance()?;
        up.as_mut().set_nocalls();
        drop(up);
        assert_eq!(counted(), (cpus, 0));
        Ok(())
    }

    #[test]
    fn cpuhp_multi_cpuslocked_takes_instances() -> Result {
        let (cpus, _) = online();
        begin(None);
        let guard = cpus_read_lock();
        // SAFETY: As in the first test.
        let state = unsafe { MultiState::new_cpuslocked(&guard) };
        drop(guard);
        let up = instance_of(state?)?;
        assert_eq!(counted(), (cpus, 0));
        drop(up);
        assert_eq!(counted(), (0, cpus));
        Ok(())
    }

    #[test]
    #[cfg(CONFIG_HOTPLUG_CPU)]
    fn cpuhp_operation_calls_that_cpu() -> Result {
        let (cpus, Some(last)) = online() else {
            return Err(ENODEV);
        };
        if cpus == 1 {
            return Ok(());
        }
        begin(None);
        // SAFETY: As in the first test.
        let state = unsafe { State::<OnItsCpu>::new() }?;
        counted();
        // SAFETY: The CPU was online, so it has a device.
        unsafe { remove_cpu(last) }?;
        assert_eq!(counted(), (0, 1));
        begin(Some(last));
        // SAFETY: As above.
        let ret = unsafe { add_cpu(last) };
        assert_eq!(ret, Err(ENOSPC));
        assert_eq!(counted(), (0, 0));
        begin(None);
        // SAFETY: As above.
        unsafe { add_cpu(last) }?;
        assert_eq!(counted(), (1, 0));
        drop(state);
        assert_eq!(counted(), (0, cpus));
        Ok(())
    }

    #[test]
    #[cfg(CONFIG_HOTPLUG_CPU)]
    fn cpuhp_instance_may_refuse() -> Result {
        let (cpus, Some(last)) = online() else {
            return Err(ENODEV);
        };
        if cpus == 1 {
            return Ok(());
        }
        begin(None);
        let up = instance()?;
        counted();
        begin(Some(last));
        // SAFETY: The CPU was online, so it has a device.
        let ret = unsafe { remove_cpu(last) };
        assert_eq!(ret, Err(ENOSPC));
        assert_eq!(counted(), (0, 0));
        // It is not asked when it is removed, and all of its CPUs are torn down.
        drop(up);
        assert_eq!(counted(), (0, cpus));
        Ok(())
    }
}
