// SPDX-License-Identifier: GPL-2.0

//! States with one pair of callbacks and one piece of data.

use super::{
    context::{
        self,
        Direction, //
    },
    lock::CpusReadGuard,
    Context,
    Operation,
    Registrar,
    Section, //
};
use crate::bindings;
use core::ptr;
use kernel::{
    error::{
        from_result,
        VTABLE_DEFAULT_ERROR, //
    },
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        Arc, //
    }, //
};

/// The callbacks of a state.
///
/// They get the data that the state was set up with, shared with everyone who has a reference to
/// it. No two callbacks run at the same time, but other users of the data may run beside one.
#[vtable]
pub trait Callbacks: Send + Sync + Sized + 'static {
    /// Where on the ladder the state is, and so where its callbacks run.
    type Section: Section;

    /// The name of the state, as in `/sys/devices/system/cpu/hotplug/states`.
    ///
    /// By convention `area/what:section`.
    const NAME: &'static CStr;

    /// Where the callbacks find the data of a [`SingleState`].
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

    /// Prepares the data for a CPU that comes up.
    ///
    /// Called on setup, where it was asked for, and when a CPU goes online; also when a CPU stays
    /// online after all because something else refused to let it go. May sleep.
    fn startup(&self, _cx: &Context<'_, Self::Section>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Undoes what [`Callbacks::startup`] did.
    ///
    /// Called on removal, where it was asked for, and when a CPU goes offline; also when a setup or
    /// an online operation fails later on. May sleep.
    fn teardown(&self, _cx: &Context<'_, Self::Section>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Says whether a CPU may go offline.
    ///
    /// Called right before [`Callbacks::teardown`], for states of section
    /// [`Online`](super::Online) and only where [`Context::may_fail`]. On an error teardown is not
    /// called, and the CPU stays online. Without this function every CPU may go. May sleep.
    fn may_go_down(&self, _cx: &Context<'_, Self::Section>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// Where the callbacks of a [`SingleState<T>`] find their data.
///
/// To be made as a `static`, one for each type of callbacks.
///
/// # Invariants
///
/// `data` is not null exactly while a [`SingleState<T>`] owns the slot, or is being made and will
/// own it. It is then the address of the `T` in the `Arc` that this state holds.
pub struct Slot<T> {
    data: Atomic<*const T>,
    /// An [`Operation`]. Written under `cpus_read_lock()`, and so never while a CPU goes up or
    /// down.
    operation: Atomic<i32>,
    /// The number of the state, or -1 where it is not known. Written likewise.
    state: Atomic<bindings::cpuhp_state>,
}

impl<T> Slot<T> {
    /// Makes an empty slot.
    #[expect(clippy::new_without_default, reason = "it has to be const")]
    pub const fn new() -> Self {
        // INVARIANT: No state owns it yet.
        Self {
            data: Atomic::new(ptr::null()),
            operation: Atomic::new(Operation::Setup as i32),
            state: Atomic::new(-1),
        }
    }

    fn set_operation(&self, operation: Operation) {
        self.operation.store(operation as i32, Relaxed);
    }

    fn operation(&self) -> Operation {
        const SETUP: i32 = Operation::Setup as i32;
        const REMOVE: i32 = Operation::Remove as i32;

        match self.operation.load(Relaxed) {
            SETUP => Operation::Setup,
            REMOVE => Operation::Remove,
            _ => Operation::Hotplug,
        }
    }
}

/// Which slot a type of callbacks uses.
///
/// It is the value of a constant, [`Callbacks::SLOT`], and so the same at every use. A constant
/// cannot be a reference to something that changes; hence this type.
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

// SAFETY: A slot gives out no more than `&T`, and only to callbacks, which run in other tasks than
// the one that filled it.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

/// A dynamic state that has been set up.
///
/// Dropping it removes the state: the kernel calls teardown on every CPU that is up, in ascending
/// order, and when that is done no callback runs and none will. Dropping may sleep. It must not
/// happen while the task holds a [`CpusReadGuard`]. Inside a callback it is refused: see the
/// implementation of [`Drop`].
///
/// # Invariants
///
/// - `state` is what `__cpuhp_setup_state_cpuslocked()` returned for the callbacks of `T`, and has
///   not been removed.
/// - The value owns `T::SLOT`, which holds the address of `*data`.
pub struct SingleState<T: Callbacks> {
    state: bindings::cpuhp_state,
    data: Arc<T>,
    module: &'static ThisModule,
}

impl<T: Callbacks> SingleState<T> {
    /// Sets up the state and calls startup on every CPU that is up.
    ///
    /// The calls are made in ascending order of CPUs. When one fails, the kernel calls teardown on
    /// the CPUs before it, likewise ascending, the state does not exist any more, and its error is
    /// returned.
    ///
    /// `module` is the module that the callbacks are part of.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_setup_state()`.
    ///
    /// # Errors
    ///
    /// - `EBUSY` if there is a `SingleState<T>` already.
    /// - `ENOSPC` if the section has no dynamic state left. The kernel warns about that.
    /// - The error of the startup that failed.
    pub fn new(
        registrar: &mut Registrar,
        module: &'static ThisModule,
        data: Arc<T>,
    ) -> Result<Self> {
        const {
            assert!(
                T::Section::TEARDOWN_MAY_FAIL || !T::HAS_MAY_GO_DOWN,
                "only a state of the Online section can refuse to let a CPU go"
            )
        };

        let slot = T::SLOT.get();
        // INVARIANT: From here on the slot is owned by the value that this function returns, or
        // given back below. `Release` of `Full`: a callback that sees the address sees the data.
        slot.data
            .cmpxchg(ptr::null(), Arc::as_ptr(&data), Full)
            .map_err(|_| EBUSY)?;

        let guard = registrar.cpus_read_lock();
        slot.set_operation(Operation::Setup);
        // SAFETY: `cpus_read_lock()` is held. The name is static. The callbacks are of the type
        // that goes with `multi_instance` being false; they are functions of a module that
        // outlives the state, because the state is removed before `module` is unloaded; and what
        // they need is in place, for the slot is filled.
        let ret = unsafe {
            bindings::__cpuhp_setup_state_cpuslocked(
                T::Section::DYNAMIC,
                T::NAME.as_char_ptr(),
                true,
                if T::HAS_STARTUP {
                    Some(startup::<T>)
                } else {
                    None
                },
                if T::HAS_TEARDOWN || T::HAS_MAY_GO_DOWN {
                    Some(teardown::<T>)
                } else {
                    None
                },
                false,
            )
        };
        // Under the lock, so that an operation that starts right after it finds it said.
        slot.set_operation(Operation::Hotplug);
        slot.state.store(ret.max(-1), Relaxed);
        drop(guard);

        if ret < 0 {
            // INVARIANT: There is no state, so nothing calls back any more, and none owns the slot.
            slot.data.store(ptr::null(), Release);
            return Err(Error::from_errno(ret));
        }

        // INVARIANT: For a dynamic state what is returned is the state itself.
        Ok(Self {
            state: ret,
            data,
            module,
        })
    }

    /// Returns the number that the kernel gave the state.
    #[inline]
    pub fn state(&self) -> i32 {
        self.state
    }

    /// Returns the data that the callbacks get.
    #[inline]
    pub fn data(&self) -> &Arc<T> {
        &self.data
    }
}

impl<T: Callbacks> Drop for SingleState<T> {
    /// Removes the state.
    ///
    /// Inside a callback this would wait for the callback itself. There it is an error, which the
    /// kernel log gets to hear of: the state, its data and its module then stay for good.
    fn drop(&mut self) {
        if context::in_callback() {
            pr_err!(
                "state {} dropped in a callback: it stays, and so does its module\n",
                self.state
            );
            // SAFETY: The module is alive: its code is running.
            unsafe { kernel::bindings::__module_get(self.module.as_ptr()) };
            // The callbacks go on using the data.
            core::mem::forget(self.data.clone());
            return;
        }

        let slot = T::SLOT.get();
        let guard = CpusReadGuard::new();
        slot.set_operation(Operation::Remove);
        // SAFETY: `cpus_read_lock()` is held, and by the type invariant the state is ours to
        // remove. Its teardown cannot fail.
        unsafe { bindings::__cpuhp_remove_state_cpuslocked(self.state, true) };
        slot.state.store(-1, Relaxed);
        drop(guard);
        // INVARIANT: The state is gone, so nothing calls back any more; the slot is free.
        slot.data.store(ptr::null(), Release);
    }
}

/// The startup that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the startup of a state set up by [`SingleState::new`].
unsafe extern "C" fn startup<T: Callbacks>(cpu: c_uint) -> c_int {
    from_result(|| {
        // SAFETY: This function's own requirement.
        unsafe { call::<T, _>(cpu, Direction::Startup, |data, cx| data.startup(cx)) }?;
        Ok(0)
    })
}

/// The teardown that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the teardown of a state set up by [`SingleState::new`].
unsafe extern "C" fn teardown<T: Callbacks>(cpu: c_uint) -> c_int {
    from_result(|| {
        // SAFETY: This function's own requirement.
        unsafe {
            call::<T, _>(cpu, Direction::Teardown, |data, cx| {
                if T::HAS_MAY_GO_DOWN && cx.may_fail() {
                    data.may_go_down(cx)?;
                }
                if T::HAS_TEARDOWN {
                    data.teardown(cx);
                }
                Ok(0)
            })
        }
    })
}

/// Calls `f` with the data of the state and the context of the call.
///
/// # Safety
///
/// To be called only within a call by `kernel/cpu.c` of the callback in `direction` of a state set
/// up by [`SingleState::new`], with the CPU number of that call.
#[inline]
unsafe fn call<T: Callbacks, R>(
    cpu: u32,
    direction: Direction,
    f: impl FnOnce(&T, &Context<'_, T::Section>) -> R,
) -> R {
    let slot = T::SLOT.get();
    // SAFETY: By the invariants of `Slot` the address is not null and valid: the slot was filled
    // before the setup that led to this call, and it is emptied and the data given up only after
    // the removal, which waits for callbacks that run.
    let data = unsafe { &*slot.data.load(Acquire) };
    // SAFETY: This function's own requirement.
    unsafe {
        Context::with(
            cpu,
            slot.state.load(Relaxed),
            slot.operation(),
            direction,
            |cx| f(data, cx),
        )
    }
}
