// SPDX-License-Identifier: GPL-2.0

//! States with one pair of callbacks and one piece of data.

use super::{
    callbacks::{
        call_startup,
        call_teardown, //
    },
    lock::Obstacle,
    owner::{
        Entry,
        What, //
    },
    setup::{
        RemoveState,
        SetupState, //
    },
    Callbacks,
    CpusReadGuard,
    Operation,
    Registrar,
    Setup, //
};
use crate::bindings;
use core::{
    cell::UnsafeCell,
    ptr, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Release, //
        },
        Arc, //
    }, //
};

/// Callbacks of a state without instances.
pub trait SingleCallbacks: Callbacks {
    /// Where the callbacks find their data.
    ///
    /// The kernel passes nothing but the CPU number to the callbacks of a state without instances,
    /// so there has to be a fixed place:
    ///
    /// ```ignore
    /// const SLOT: SlotRef<Self> = {
    ///     static SLOT: Slot<MyCallbacks> = Slot::new();
    ///     SlotRef::new(&SLOT)
    /// };
    /// ```
    const SLOT: SlotRef<Self>;
}

/// Where the callbacks of a [`SingleState<T>`] find their data.
///
/// To be made as a `static`, one for each type of callbacks.
///
/// # Invariants
///
/// - `taken` is true exactly while a [`SingleState<T>`] owns the slot, or is being made and will
///   own it. A state owns the slot until it is removed, by itself or by its owner.
/// - While the callbacks of that state can run, `data` is the address of the `T` in the `Arc` that
///   the state holds or, where that could not be removed, has leaked. It is written only when they
///   cannot, and by who has taken the slot. Otherwise it may dangle.
/// - `entry` is used by who has taken the slot, and by the owner.
pub struct Slot<T> {
    taken: Atomic<bool>,
    data: UnsafeCell<*const T>,
    entry: Entry,
}

impl<T> Slot<T> {
    /// Makes an empty slot.
    #[expect(clippy::new_without_default, reason = "it has to be const")]
    pub const fn new() -> Self {
        // INVARIANT: No state owns it yet.
        Self {
            taken: Atomic::new(false),
            data: UnsafeCell::new(ptr::null()),
            entry: Entry::new(-1),
        }
    }

    /// Takes the slot for a state with this data.
    fn fill(&self, data: &Arc<T>) -> Result {
        // INVARIANT: The caller makes the state that owns the slot.
        self.taken.cmpxchg(false, true, Full).map_err(|_| EBUSY)?;
        // SAFETY: The slot has just been taken, so nobody else writes to it, and there is no state
        // of which a callback could read it.
        // INVARIANT: The callbacks of the state find it: setup takes locks after this.
        unsafe { *self.data.get() = Arc::as_ptr(data) };
        Ok(())
    }

    /// Returns the data.
    ///
    /// # Safety
    ///
    /// To be called only in a callback of the state that owns the slot. What it returns is not used
    /// after that.
    #[inline]
    unsafe fn data(&self) -> &T {
        // SAFETY: By the type invariants the address has been written before the setup that led to
        // the call, and it is not written now. It is that of the data in the `Arc` that the state
        // holds, which is given up only after the removal, which waits for callbacks that run.
        unsafe { &**self.data.get() }
    }

    /// Gives the slot up.
    ///
    /// # Safety
    ///
    /// The caller owns the slot, or is the owner that has removed its state. No callback of that
    /// runs and none will.
    unsafe fn clear(&self) {
        self.entry.phase.set_state(-1);
        // INVARIANT: The state that owned it is gone, as the caller says.
        self.taken.store(false, Release);
    }
}

// SAFETY: A slot gives out no more than `&T`, and only to callbacks, which run in other tasks than
// the one that filled it. Who writes to it has taken it, which only one can at a time, and takes
// the kernel's locks after that and before a callback runs. An entry is `Sync`.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

/// Which slot a type of callbacks uses.
///
/// It is the value of a constant, [`SingleCallbacks::SLOT`], and so the same at every use. A
/// constant cannot be a reference to something that changes; hence this type.
///
/// # Invariants
///
/// The pointer is to a `static`.
pub struct SlotRef<T: 'static>(*const Slot<T>);

impl<T> SlotRef<T> {
    /// Refers to `slot`.
    pub const fn new(slot: &'static Slot<T>) -> Self {
        // INVARIANT: It has been a reference to one.
        Self(slot)
    }

    #[inline]
    fn get(self) -> &'static Slot<T> {
        // SAFETY: By the type invariant the pointer is always valid.
        unsafe { &*self.0 }
    }
}

/// A state without instances that has been set up.
///
/// Dropping it removes the state. The kernel calls teardown on every CPU that is up, in ascending
/// order, unless it was set up [`nocalls`](Setup::nocalls); when that is done no callback runs and
/// none will. Dropping may sleep. It is in order while the task holds a [`CpusReadGuard`]. Inside a
/// callback it is refused: see the implementation of [`Drop`].
///
/// # Invariants
///
/// - `state` is what the kernel gave for the callbacks of `T`, and has not been removed, except by
///   the owner when that goes.
/// - Until then the value owns `T::SLOT`, which holds the address of `*data`, and of which the
///   entry has been listed with the owner, and not been taken off.
pub struct SingleState<T: SingleCallbacks> {
    state: bindings::cpuhp_state,
    data: Arc<T>,
    setup: Setup,
}

impl<T: SingleCallbacks> SingleState<T> {
    /// Sets up the state and calls startup on every CPU that is up.
    ///
    /// The calls are made in ascending order of CPUs. When one fails, the kernel calls teardown on
    /// the CPUs before it, likewise ascending, the state does not exist any more, and its error is
    /// returned.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_setup_state()`, and
    /// `cpuhp_setup_state_nocalls()` if `setup` says so.
    ///
    /// # Errors
    ///
    /// - `ESHUTDOWN` if the owner is gone; `EDEADLK` if the task has leaked a [`CpusReadGuard`].
    /// - `EBUSY` if there is a `SingleState<T>` already.
    /// - `ENOSPC` if the section has no dynamic state left. The kernel warns about that.
    /// - The error of the startup that failed.
    pub fn new(registrar: &mut Registrar, setup: Setup, data: Arc<T>) -> Result<Self> {
        registrar.check()?;
        // SAFETY: The registrar stands for not holding the lock, which is what this function wants.
        unsafe { Self::set_up(bindings::__cpuhp_setup_state, setup, data) }
    }

    /// The same for who holds `cpus_read_lock()`.
    ///
    /// C: `cpuhp_setup_state_cpuslocked()`, and `cpuhp_setup_state_nocalls_cpuslocked()` if `setup`
    /// says so.
    ///
    /// # Errors
    ///
    /// As for [`SingleState::new`].
    pub fn new_cpuslocked(_guard: &CpusReadGuard<'_>, setup: Setup, data: Arc<T>) -> Result<Self> {
        // SAFETY: The guard stands for holding the lock, which is what this function wants, and for
        // not being in a callback.
        unsafe { Self::set_up(bindings::__cpuhp_setup_state_cpuslocked, setup, data) }
    }

    /// # Safety
    ///
    /// `setup_state` is one of the two C functions, and the caller holds `cpus_read_lock()` or does
    /// not, as that wants it.
    unsafe fn set_up(setup_state: SetupState, setup: Setup, data: Arc<T>) -> Result<Self> {
        let slot = T::SLOT.get();
        setup.owner.check()?;
        slot.fill(&data)?;
        slot.entry.phase.begin(Operation::Setup);
        // SAFETY: The name is static. The callbacks are of the type that goes with
        // `multi_instance` being false; they are functions of a module that outlives the state,
        // which is removed before the module is unloaded; and what they need is in place, for the
        // slot is filled. The caller vouches for the lock.
        let ret = unsafe {
            setup_state(
                setup.state::<T>(),
                T::NAME.as_char_ptr(),
                setup.invoke,
                setup.which.has_startup::<T>().then_some(startup::<T>),
                setup.which.has_teardown::<T>().then_some(teardown::<T>),
                false,
            )
        };
        slot.entry.phase.end();

        let state = setup.number(ret).inspect_err(|_| {
            // SAFETY: The slot was filled above, and if there is no state nothing calls back.
            unsafe { slot.clear() }
        })?;
        slot.entry.phase.set_state(state);
        // SAFETY: The owner calls it when it has removed the state.
        let what = What::State(|| unsafe { T::SLOT.get().clear() });
        // SAFETY: The owner was there before, and does not go meanwhile. A slot is static. It has
        // just been taken, so its entry is on no list, or the owner of that has given the slot up
        // after it removed the state. The state has just been set up, its number is noted, and it
        // is removed after its entry is taken off.
        unsafe { setup.owner.list(&slot.entry, what, setup.invoke) };
        // INVARIANT: The state has just been made, it owns the slot, and the entry is listed.
        Ok(Self { state, data, setup })
    }

    /// Returns the number of the state.
    #[inline]
    pub fn state(&self) -> i32 {
        self.state
    }

    /// Returns the data that the callbacks get.
    #[inline]
    pub fn data(&self) -> &Arc<T> {
        &self.data
    }

    /// Removes the state without calling teardown, whatever it was set up with.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_remove_state_nocalls()`.
    pub fn remove_nocalls(mut self, _registrar: &mut Registrar) {
        self.setup.invoke = false;
        // And with that it is dropped.
    }

    /// The same for who holds `cpus_read_lock()`.
    ///
    /// C: `cpuhp_remove_state_nocalls_cpuslocked()`.
    pub fn remove_nocalls_cpuslocked(mut self, _guard: &CpusReadGuard<'_>) {
        self.setup.invoke = false;
        // And with that it is dropped, which finds the lock held.
    }
}

impl<T: SingleCallbacks> Drop for SingleState<T> {
    /// Removes the state.
    ///
    /// Inside a callback this would wait for the callback itself. There it is an error, which the
    /// kernel log gets to hear of: the state and its data then stay until its
    /// [`Owner`](super::Owner) goes.
    fn drop(&mut self) {
        let remove_state: RemoveState = match Obstacle::find() {
            Obstacle::None => bindings::__cpuhp_remove_state,
            Obstacle::CpusLocked => bindings::__cpuhp_remove_state_cpuslocked,
            Obstacle::Insuperable => {
                // The callbacks go on using the data.
                core::mem::forget(self.data.clone());
                let (owner, entry) = (&self.setup.owner, &T::SLOT.get().entry);
                // SAFETY: By the type invariants it is listed, unless the owner is gone.
                return unsafe { owner.keep(entry, self.setup.invoke, T::NAME) };
            }
        };
        let slot = T::SLOT.get();
        // SAFETY: By the type invariants it is listed, unless the owner is gone.
        if unsafe { self.setup.owner.unlist(&slot.entry) } {
            slot.entry.phase.begin(Operation::Remove);
            // SAFETY: By the type invariant the state is ours to remove, and it has the number that
            // the kernel gave, not the constant that asks for one. Its teardown does not fail, for
            // the phase says that it is removed, unless those who use the machine have asked for it
            // (`AskAlways::yes()`, the kernel's `hotplug/fail`). The function is chosen by whether
            // the lock is held, and this is not a callback.
            unsafe { remove_state(self.state, self.setup.invoke) };
            slot.entry.phase.end();
            // SAFETY: By the type invariants the slot is ours, and the state has been removed.
            unsafe { slot.clear() };
        } else {
            // The owner has removed it, or is about to and needs the data for that.
            core::mem::forget(self.data.clone());
        }
    }
}

/// The startup that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the startup of a [`SingleState<T>`].
unsafe extern "C" fn startup<T: SingleCallbacks>(cpu: c_uint) -> c_int {
    let slot = T::SLOT.get();
    // SAFETY: This function's own requirement, twice. By the invariants of `Slot` data and phase
    // are those of the state that owns it, which is the one that is called for.
    unsafe { call_startup(cpu, &slot.entry.phase, slot.data()) }
}

/// The teardown that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the teardown of a [`SingleState<T>`].
unsafe extern "C" fn teardown<T: SingleCallbacks>(cpu: c_uint) -> c_int {
    let slot = T::SLOT.get();
    // SAFETY: This function's own requirement, twice. By the invariants of `Slot` data and phase
    // are those of the state that owns it, which is the one that is called for.
    unsafe { call_teardown(cpu, &slot.entry.phase, slot.data()) }
}
