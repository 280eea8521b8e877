// SPDX-License-Identifier: GPL-2.0

//! Why the kernel makes a call, and what becomes of it if the call fails.
//!
//! The kernel tells its callbacks neither. But this module sets its states up and removes them
//! itself, so it can note when it does so ([`Phase`]); for the rest it looks at what the kernel has
//! in the open: which CPUs are active and which devices are offline, and who holds
//! `cpus_read_lock()`.

use crate::exerciser::{
    bindings,
    cpus::is_active,
    operation::{
        Callback,
        Operation,
        Reason, //
    },
    state_name::StateName,
    task, //
};
use cpuhp::{
    Cpu,
    Section, //
};
use kernel::{
    cpu::CpuId,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    time::{
        ClockSource,
        Monotonic, //
    }, //
};

/// What this module is having the kernel do with a state or an instance.
pub struct Phase {
    /// An [`Operation`]: `Setup` or `Remove` while the kernel is busy with that, else `Hotplug`.
    operation: Atomic<i32>,
    /// The task that sets up or removes, as [`task::current`] gives it.
    task: Atomic<usize>,
    /// The number of the state, or -1 where it is not known.
    number: Atomic<i32>,
}

impl Default for Phase {
    /// The phase of something that is not set up.
    fn default() -> Self {
        Self {
            operation: Atomic::new(Operation::Hotplug as i32),
            task: Atomic::new(0),
            number: Atomic::new(-1),
        }
    }
}

impl Phase {
    /// Notes the number of the state, or -1 when it has none any more.
    pub fn set_number(&self, number: i32) {
        self.number.store(number, Relaxed);
    }

    /// Has the kernel set something up or remove it, which is what `f` does.
    pub fn during<R>(&self, operation: Operation, f: impl FnOnce() -> R) -> R {
        self.task.store(task::current(), Relaxed);
        // Whoever sees the operation sees the task.
        self.operation.store(operation as i32, Release);
        let result = f();
        self.operation.store(Operation::Hotplug as i32, Relaxed);
        result
    }

    /// Returns what was noted last.
    ///
    /// The callbacks that [`Phase::during`] is meant for see it, because the kernel takes and gives
    /// up locks in between. But so may a callback that belongs to a hotplug operation, if that runs
    /// before the setup gets the locks, or after it has given them up.
    fn noted(&self) -> Operation {
        const SETUP: i32 = Operation::Setup as i32;
        const REMOVE: i32 = Operation::Remove as i32;

        match self.operation.load(Acquire) {
            SETUP => Operation::Setup,
            REMOVE => Operation::Remove,
            _ => Operation::Hotplug,
        }
    }

    /// Returns why a callback of the state `name` is being called for `cpu`, given what was noted.
    fn reason(&self, noted: Operation, name: StateName, cpu: CpuId) -> Reason {
        let certainly = |operation| Reason {
            operation,
            certain: true,
        };
        if noted == Operation::Hotplug {
            certainly(noted)
        } else if !name.is_online() {
            // The callback runs in the task that asked for the operation. A task that is busy
            // setting up cannot hotplug a CPU as well.
            certainly(if self.task.load(Relaxed) == task::current() {
                noted
            } else {
                Operation::Hotplug
            })
        } else if is_active(cpu) || hotplug_is_held_off() {
            // The step at which a CPU becomes active is the last one going up and the first one
            // going down. So an active CPU is not being hotplugged. A CPU that is not active may be
            // parked half-way (CONFIG_CPU_HOTPLUG_STATE_CONTROL).
            certainly(noted)
        } else {
            // The CPU may be the one that is hotplugged, or one that is parked half-way while
            // somebody waits for his turn to hotplug another.
            Reason {
                operation: Operation::Hotplug,
                certain: false,
            }
        }
    }
}

/// What becomes of a call that fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The kernel recovers.
    Clean,
    /// The kernel warns and leaves a CPU half-way, or worse.
    Unsafe,
    /// Nobody may want it.
    Never,
}

/// A call of a callback.
#[derive(Clone, Copy)]
pub struct Call {
    /// The CPU it is for.
    pub cpu: CpuId,
    /// What is called.
    pub callback: Callback,
    /// The number of the state. The kernel tells it when the setup is done, and so not yet to the
    /// calls that the setup makes.
    pub id: Option<i32>,
    /// Why it is called.
    pub reason: Reason,
    /// What becomes of it if it fails.
    pub failure: Failure,
    /// Whether this module makes the call itself.
    pub by_hand: bool,
    /// Whether it is part of a suspend or a resume.
    pub frozen: bool,
    /// When it began, in nanoseconds.
    began: i64,
}

impl Call {
    /// A call that the kernel makes for the state `name`.
    pub fn by_kernel<S: Section>(
        callback: Callback,
        cpu: Cpu<'_, S>,
        phase: &Phase,
        name: StateName,
    ) -> Self {
        let cpu = cpu.id();
        let noted = phase.noted();
        let reason = phase.reason(noted, name, cpu);
        let number = phase.number.load(Relaxed);
        Self {
            cpu,
            callback,
            id: (number >= 0).then_some(number),
            reason,
            failure: if may_fail(callback, cpu, name.is_online(), noted, reason.operation) {
                Failure::Clean
            } else if noted == Operation::Remove || !system_is_running() {
                // A teardown that fails in a removal, or on the way to a kexec, is `BUG()`. So is
                // one in the rollback of a setup; but there, a startup was made to fail as well.
                Failure::Never
            } else {
                Failure::Unsafe
            },
            by_hand: false,
            // The variable keeps what the last operation on a CPU has left.
            frozen: reason.operation == Operation::Hotplug && tasks_frozen(),
            began: Monotonic::ktime_get(),
        }
    }

    /// A call that this module makes, to initialise a CPU by hand or to undo that.
    pub fn by_hand(callback: Callback, cpu: CpuId, operation: Operation) -> Self {
        Self {
            cpu,
            callback,
            id: None,
            reason: Reason {
                operation,
                certain: true,
            },
            // Nothing undoes what has not been undone.
            failure: match callback {
                Callback::Startup => Failure::Clean,
                Callback::Teardown => Failure::Never,
            },
            by_hand: true,
            frozen: false,
            began: Monotonic::ktime_get(),
        }
    }

    /// A call that the kernel is going to make for a state that is not ours, and of which it is
    /// known what it is part of. [`Call::restart`] tells when it begins. What becomes of it if it
    /// fails is found out for one that is `armed` only; nobody asks for others.
    #[inline]
    pub fn by_kernel_for_others(
        callback: Callback,
        cpu: CpuId,
        number: i32,
        is_online: bool,
        operation: Operation,
        armed: bool,
    ) -> Self {
        Self {
            cpu,
            callback,
            id: Some(number),
            reason: Reason {
                operation,
                certain: true,
            },
            failure: match (operation, callback) {
                _ if !armed || !system_is_running() => Failure::Never,
                // `BUG()`.
                (Operation::Setup | Operation::Remove, Callback::Teardown) => Failure::Never,
                (Operation::Remove, Callback::Startup) => Failure::Never,
                _ if may_fail(callback, cpu, is_online, operation, operation) => Failure::Clean,
                _ => Failure::Unsafe,
            },
            by_hand: false,
            // The variable keeps what the last operation on a CPU has left.
            frozen: operation == Operation::Hotplug && tasks_frozen(),
            // See `restart()`.
            began: 0,
        }
    }

    /// Makes it the call that undoes another, which the kernel does not recover from if it fails.
    pub fn set_rollback(&mut self) {
        self.callback = match self.callback {
            Callback::Startup => Callback::Teardown,
            Callback::Teardown => Callback::Startup,
        };
        self.set_unrecovered();
    }

    /// Notes that it begins now.
    pub fn restart(&mut self) {
        self.began = Monotonic::ktime_get();
    }

    /// Returns the time, and how long ago the call began, both in nanoseconds.
    pub fn time_and_took(&self) -> (i64, u64) {
        let now = Monotonic::ktime_get();
        (now, u64::try_from(now - self.began).unwrap_or(0))
    }

    /// Notes that the kernel does not recover from this call if it fails.
    pub fn set_unrecovered(&mut self) {
        if self.failure == Failure::Clean {
            self.failure = Failure::Unsafe;
        }
    }
}

/// Tells whether the kernel recovers cleanly if a call fails.
///
/// It does not where the call is itself part of undoing something: a teardown that fails in a
/// removal, or in the rollback of a setup, is `BUG()`; a teardown or a startup that fails in the
/// rollback of a hotplug operation is a `WARN()` and leaves the CPU half-way.
///
/// The kernel does not tell its callbacks whether it is going forwards or back. The CPU's device
/// does: its `offline` flag is changed only after an operation has succeeded. So a startup for a
/// CPU whose device is online is the rollback of an offline operation, and a teardown for a CPU
/// whose device is offline is the rollback of an online operation. Suspend and resume do not change
/// that flag, so there the answer is no. Writing `hotplug/target` does not update the flag either;
/// until `online` is written, the answer describes the device, not the CPU.
fn may_fail(
    callback: Callback,
    cpu: CpuId,
    is_online: bool,
    noted: Operation,
    operation: Operation,
) -> bool {
    if !system_is_running() {
        return false;
    }
    match callback {
        Callback::Startup => match operation {
            Operation::Setup => true,
            Operation::Hotplug => !tasks_frozen() && device_is_online(cpu) == Some(false),
            Operation::Remove => false,
        },
        Callback::Teardown => {
            // What was noted and not what is so: where in doubt, better not.
            is_online
                && noted == Operation::Hotplug
                && !tasks_frozen()
                && device_is_online(cpu) == Some(true)
        }
    }
}

/// Whether somebody holds `cpus_read_lock()`, so that the calling callback does not belong to a
/// hotplug operation. While somebody waits to hotplug a CPU, the answer is no.
pub fn hotplug_is_held_off() -> bool {
    // SAFETY: This does not wait. Where the calling callback belongs to a hotplug operation, that
    // has the lock for writing until the callback has returned, and so this fails; else it is one
    // more reader beside whoever sets up or removes, who keeps the lock for as long. Lockdep does
    // not look for a recursion in what is only tried.
    let locked = unsafe { bindings::cpus_read_trylock() };
    if locked != 0 {
        // SAFETY: It was taken just now.
        unsafe { bindings::cpus_read_unlock() };
    }
    locked != 0
}

/// Whether the system is neither booting nor going down.
fn system_is_running() -> bool {
    // SAFETY: The variable is always there. It is written without a lock, so the read is volatile,
    // as `READ_ONCE()` is.
    let state = unsafe { (&raw const bindings::system_state).read_volatile() };
    state == bindings::system_states_SYSTEM_RUNNING
}

/// Whether the running hotplug operation is part of a suspend or a resume.
fn tasks_frozen() -> bool {
    // SAFETY: The variable is always there. A callback runs under the lock that it is written
    // under, so it does not change. For any other caller the read is volatile, as `READ_ONCE()` is.
    unsafe { (&raw const bindings::cpuhp_tasks_frozen).read_volatile() }
}

/// Whether the device of `cpu` is online, if it has one.
fn device_is_online(cpu: CpuId) -> Option<bool> {
    // SAFETY: Any CPU number will do.
    let device = unsafe { bindings::get_cpu_device(cpu.as_u32()) };
    if device.is_null() {
        return None;
    }
    // SAFETY: `struct cpu` and the device in it are never freed, see `drivers/base/cpu.c`. The flag
    // is written by whoever runs the hotplug operation, before or after it, and read in one access.
    Some(!unsafe { bindings::dev_offline(device) })
}
