// SPDX-License-Identifier: GPL-2.0

//! What a callback is told about the call it is in.

use super::{
    Online,
    Section, //
};
use crate::bindings;
use core::{
    cell::{
        Cell,
        UnsafeCell, //
    },
    marker::PhantomData,
    mem::MaybeUninit,
    ptr, //
};
use kernel::{
    cpu::CpuId,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    task::Task,
    types::NotThreadSafe, //
};

/// Why the kernel calls a callback.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Operation {
    /// The state is being set up, or the instance added: startup on the CPUs that are up, and the
    /// rollback of that.
    Setup,
    /// The CPU goes online or offline, or an attempt at that is being rolled back.
    Hotplug,
    /// The state or the instance is being removed: teardown on the CPUs that are up.
    Remove,
}

/// Which of the two callbacks a call is.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum Direction {
    Startup,
    Teardown,
}

/// How far along a state or an instance is, for its callbacks to tell why they are called.
pub(super) struct Phase {
    /// An [`Operation`]: `Setup` or `Remove` while that is going on, and `Hotplug` in between.
    operation: Atomic<i32>,
    /// The task that sets up or removes.
    task: Atomic<*mut kernel::bindings::task_struct>,
    /// Whether it is the owner that removes, because nobody else did.
    by_owner: Atomic<bool>,
    /// The number of the state, or -1 where it is not known.
    state: Atomic<bindings::cpuhp_state>,
}

impl Phase {
    pub(super) const fn new(state: bindings::cpuhp_state) -> Self {
        Self {
            operation: Atomic::new(Operation::Hotplug as i32),
            task: Atomic::new(ptr::null_mut()),
            by_owner: Atomic::new(false),
            state: Atomic::new(state),
        }
    }

    /// Returns the number of the state, or -1.
    pub(super) fn state(&self) -> bindings::cpuhp_state {
        self.state.load(Relaxed)
    }

    /// Notes the number of the state.
    pub(super) fn set_state(&self, state: bindings::cpuhp_state) {
        self.state.store(state, Relaxed);
    }

    /// Says that the calling task is about to set up or remove.
    pub(super) fn begin(&self, operation: Operation) {
        self.begin_by(operation, false);
    }

    fn begin_by(&self, operation: Operation, by_owner: bool) {
        self.by_owner.store(by_owner, Relaxed);
        self.task.store(Task::current_raw(), Relaxed);
        // Whoever sees this sees the task.
        self.operation.store(operation as i32, Release);
    }

    /// Says that the owner is about to remove what has been leaked.
    pub(super) fn begin_by_owner(&self) {
        self.begin_by(Operation::Remove, true);
    }

    /// Says that it is through with that.
    pub(super) fn end(&self) {
        self.operation.store(Operation::Hotplug as i32, Relaxed);
    }

    /// Returns what was said last.
    ///
    /// The callbacks that [`Phase::begin`] is meant for see it: between the two are locks of the
    /// kernel. But so may a callback that belongs to a hotplug operation, if that runs between
    /// `begin()` and the moment at which the setup gets the locks, or after it has released them.
    fn said(&self) -> Operation {
        const SETUP: i32 = Operation::Setup as i32;
        const REMOVE: i32 = Operation::Remove as i32;

        match self.operation.load(Acquire) {
            SETUP => Operation::Setup,
            REMOVE => Operation::Remove,
            _ => Operation::Hotplug,
        }
    }

    /// Returns why a callback of section `S` is being called for `cpu`, given what was said, and
    /// whether that is certain.
    fn operation<S: Section>(&self, said: Operation, cpu: CpuId) -> (Operation, bool) {
        if said == Operation::Hotplug {
            (said, true)
        } else if !S::ON_HOTPLUGGED_CPU {
            // The task that is busy setting up cannot hotplug a CPU as well.
            if ptr::eq(self.task.load(Relaxed), Task::current_raw()) {
                (said, true)
            } else {
                (Operation::Hotplug, true)
            }
        } else if is_active(cpu) || hotplug_is_held_off() {
            // The step at which a CPU becomes active is the last one going up and the first going
            // down. So an active CPU is not being hotplugged. One that is not may be parked
            // half-way (CONFIG_CPU_HOTPLUG_STATE_CONTROL).
            (said, true)
        } else {
            (Operation::Hotplug, false)
        }
    }
}

/// An address on the stack of the task that is inside a callback, or null.
///
/// One is enough: the kernel runs at most one callback of a dynamic state at any time. Setup,
/// removal and the like hold `cpuhp_state_mutex`, under `cpus_read_lock()`; an operation on a CPU
/// holds that lock for writing; and where the callback runs in `cpuhp/N`, the task that holds the
/// locks waits for it.
static IN_CALLBACK: InCallback = InCallback(UnsafeCell::new(ptr::null()));

/// An address that is read and written in one access.
///
/// An [`Atomic`] would do, but each access to one is a call where helpers are not inlined, and this
/// is in the way of every callback.
struct InCallback(UnsafeCell<*const u8>);

// SAFETY: It is read and written as `READ_ONCE()` and `WRITE_ONCE()` do.
unsafe impl Sync for InCallback {}

impl InCallback {
    #[inline]
    fn set(&self, address: *const u8) {
        // SAFETY: The place is always there, and the write is volatile, as `WRITE_ONCE()` is.
        unsafe { self.0.get().write_volatile(address) };
    }

    fn get(&self) -> *const u8 {
        // SAFETY: The place is always there, and the read is volatile, as `READ_ONCE()` is.
        unsafe { self.0.get().read_volatile() }
    }
}

/// Whether the calling task is inside a callback.
///
/// That is asked of the stack and not of the thread: after a rollback that has failed, the kernel
/// calls teardowns of section `Online` in the task that asked for the operation
/// (`cpuhp_up_callbacks()`).
pub(super) fn in_callback() -> bool {
    // Nobody else writes an address on this task's stack, so no ordering is needed.
    // SAFETY: The function compares addresses.
    unsafe { bindings::is_on_stack(IN_CALLBACK.get().cast()) }
}

/// What is true while a callback of a state in section `S` runs.
///
/// Only the callbacks' entry points can make one, and it does not leave the thread.
///
/// # Invariants
///
/// - The value lives for no longer than a call by `kernel/cpu.c` of a callback, in `direction`, of
///   a state in section `S`, for CPU `cpu`, and stays in the task of that call.
/// - `data` is the address of the data that this call is about, and `phase` belongs to them.
pub struct Context<'a, S: Section> {
    cpu: CpuId,
    /// What the phase said when it was first asked, so that all answers go together.
    said: Cell<Option<Operation>>,
    /// What was made of that, and whether it is certain.
    operation: Cell<Option<(Operation, bool)>>,
    phase: &'a Phase,
    /// The address of the data that the call is about.
    data: *const (),
    direction: Direction,
    _section: PhantomData<S>,
    _not_thread_safe: NotThreadSafe,
}

impl<S: Section> Context<'_, S> {
    /// Runs `f` with the context of a call.
    ///
    /// # Safety
    ///
    /// To be called only by the function that `kernel/cpu.c` calls as a callback in `direction` of
    /// a state in section `S` for the CPU number `cpu`, within that call. `data` is the address of
    /// the data of the state or the instance that the call is for, and `phase` is its phase.
    #[inline]
    pub(super) unsafe fn with<R>(
        cpu: u32,
        phase: &Phase,
        data: *const (),
        direction: Direction,
        f: impl FnOnce(&Context<'_, S>) -> R,
    ) -> R {
        // Cheaper to have than the address of the task, which would be a call.
        let here = MaybeUninit::<usize>::uninit();
        IN_CALLBACK.set(here.as_ptr().cast());
        // INVARIANT: The caller is the callback, the value is gone before it returns, and the
        // caller vouches for the rest.
        let result = f(&Context {
            // SAFETY: The kernel calls callbacks for present CPUs only.
            cpu: unsafe { CpuId::from_u32_unchecked(cpu) },
            said: Cell::new(None),
            operation: Cell::new(None),
            phase,
            data,
            direction,
            _section: PhantomData,
            _not_thread_safe: NotThreadSafe,
        });
        IN_CALLBACK.set(ptr::null());
        result
    }

    /// Returns what the phase says, which callbacks that do not ask do not pay for.
    fn said(&self) -> Operation {
        let said = self.said.get().unwrap_or_else(|| self.phase.said());
        self.said.set(Some(said));
        said
    }

    /// Returns the CPU that is hotplugged, or that a state is set up on.
    #[inline]
    pub fn cpu(&self) -> CpuId {
        self.cpu
    }

    /// Whether the call is about this data.
    ///
    /// Anybody who has a context can call the methods of [`Callbacks`](super::Callbacks) with it,
    /// on any data.
    #[inline]
    pub(super) fn is_about<T>(&self, data: &T) -> bool {
        ptr::eq(self.data, ptr::from_ref(data).cast())
    }

    /// Whether the call may be one by which the owner removes what has been leaked, to which there
    /// may still be references.
    pub(super) fn may_be_by_owner(&self) -> bool {
        // A startup is part of a hotplug operation that was faster. A teardown may be, too.
        self.direction == Direction::Teardown && self.phase.by_owner.load(Relaxed)
    }

    /// Returns the number of the state, where it is known.
    ///
    /// The kernel tells it when the setup is done, and so not yet to the calls that setup makes.
    #[inline]
    pub fn state(&self) -> Option<i32> {
        let state = self.phase.state();
        (state >= 0).then_some(state)
    }

    fn find_operation(&self) -> (Operation, bool) {
        let found = self
            .operation
            .get()
            .unwrap_or_else(|| self.phase.operation::<S>(self.said(), self.cpu));
        self.operation.set(Some(found));
        found
    }

    /// Returns why the kernel makes this call.
    #[inline]
    pub fn operation(&self) -> Operation {
        self.find_operation().0
    }

    /// Tells whether [`Context::operation`] is certain.
    ///
    /// There is one case in which it is not, and `Hotplug` is what it says then: a call in section
    /// `Online` on a CPU that is not active while the state or the instance is being set up or
    /// removed and somebody hotplugs a CPU, or waits to do so. The CPU may be the one that is
    /// hotplugged, or one that somebody has parked half-way with `hotplug/target`
    /// (`CONFIG_CPU_HOTPLUG_STATE_CONTROL`).
    #[inline]
    pub fn operation_is_certain(&self) -> bool {
        self.find_operation().1
    }

    /// Tells whether the kernel recovers cleanly if this call fails.
    ///
    /// It does not where the call is itself part of undoing something: a teardown that fails in a
    /// removal is `BUG()`, and one that fails in a rollback, as a startup that does, is a `WARN()`
    /// and leaves the CPU half-way. A startup that may fail anyway (it needs memory, say) need not
    /// ask. This is for who fails on purpose.
    ///
    /// The kernel does not tell its callbacks whether it is going forwards or back. What does is
    /// the CPU's device, whose `offline` flag is changed only after an operation has succeeded: a
    /// startup for a CPU whose device is online still is the rollback of an offline operation,
    /// and a teardown for one whose device is not online yet is the rollback of an online one.
    /// Suspend and resume do not change that flag, and kexec may run `BUG()` if a CPU does not go.
    /// There the answer is no. Nor does who writes to a CPU's `hotplug/target`: after that, until
    /// its `online` has been written, the answer is about the device and not about the CPU.
    pub fn may_fail(&self) -> bool {
        if !system_is_running() {
            return false;
        }
        match self.direction {
            Direction::Startup => match self.operation() {
                Operation::Setup => true,
                Operation::Hotplug => !tasks_frozen() && device_is_online(self.cpu) == Some(false),
                Operation::Remove => false,
            },
            Direction::Teardown => {
                // What was said and not what is so: where in doubt, better not.
                S::TEARDOWN_MAY_FAIL
                    && self.said() == Operation::Hotplug
                    && !tasks_frozen()
                    && device_is_online(self.cpu) == Some(true)
            }
        }
    }

    /// Tells whether this call may be part of a removal, or of the system's going down. Where that
    /// is in doubt, the answer is yes.
    pub fn may_be_final(&self) -> bool {
        self.said() == Operation::Remove || !system_is_running()
    }
}

impl Context<'_, Online> {
    /// Returns the CPU this call runs on, which is the one that is hotplugged.
    ///
    /// The task is pinned to it for the whole call, even where the call sleeps. There is one
    /// exception, of which the kernel warns before: when a CPU fails to come online and a teardown
    /// fails in the rollback of that, the teardowns that are left are called in the task that asked
    /// for the operation, wherever it runs.
    #[inline]
    pub fn this_cpu(&self) -> CpuId {
        self.cpu
    }
}

/// Whether `cpu` takes part in scheduling.
fn is_active(cpu: CpuId) -> bool {
    // SAFETY: The mask is always there, and it is read with an atomic bit operation.
    unsafe { bindings::cpumask_test_cpu(cpu.into(), &raw mut bindings::__cpu_active_mask) }
}

/// Whether somebody holds `cpus_read_lock()`, so that the calling callback does not belong to a
/// hotplug operation. While one waits for its turn, the answer is no.
fn hotplug_is_held_off() -> bool {
    // SAFETY: A callback runs in process context. This does not wait. Where the callback belongs to
    // a hotplug operation, that has the lock for writing until the callback has returned, and so it
    // fails; else it is one more reader beside whoever sets up or removes, who keeps the lock for
    // as long. Lockdep does not look for a recursion in what is only tried.
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
    // SAFETY: The variable is written under `cpus_write_lock()`. The calling callback runs under
    // that lock, and it was written before; or under `cpus_read_lock()`. So nobody writes it now.
    unsafe { bindings::cpuhp_tasks_frozen }
}

/// Whether the device of `cpu` is online, if it has one.
fn device_is_online(cpu: CpuId) -> Option<bool> {
    // SAFETY: Any CPU number will do.
    let device = unsafe { bindings::get_cpu_device(cpu.as_u32()) };
    if device.is_null() {
        return None;
    }
    // SAFETY: `struct cpu` and the device in it are never freed, see `drivers/base/cpu.c`. The flag
    // is written by who runs the hotplug operation, before or after it, and read with one access.
    Some(!unsafe { bindings::dev_offline(device) })
}
