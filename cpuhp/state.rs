// SPDX-License-Identifier: GPL-2.0

//! States without instances.

use super::{
    Cpu,
    CpusReadGuard,
    Section,
    Step, //
};
use core::{
    marker::PhantomData,
    mem::ManuallyDrop, //
};
use kernel::{
    bindings,
    error::{
        from_result,
        VTABLE_DEFAULT_ERROR, //
    },
    prelude::*, //
};

/// The callbacks of a state without instances.
///
/// The kernel passes nothing but the CPU, so the functions have no `self`. Whatever they use has to
/// be in place before the state is set up. For a callback that is not implemented the kernel gets
/// `NULL`, and makes no call. Without a teardown it also makes no call to undo a startup.
#[vtable]
pub trait Callbacks: 'static + Sized {
    /// Where on the ladder the state is, and so where its callbacks run.
    type Section: Section;

    /// The name of the state, as in `/sys/devices/system/cpu/hotplug/states`.
    ///
    /// By convention `area/what:section`.
    const NAME: &'static CStr;

    /// What the kernel's functions are made of: nothing but [`Callbacks::startup`] and
    /// [`Callbacks::teardown`], unless the kernel is to be tested.
    #[doc(hidden)]
    const STEP: Step<Function<Self::Section>> = step::<Self>();

    /// Prepares a CPU that comes up.
    ///
    /// Called on setup for each CPU that is up, and when a CPU goes online; also when a CPU stays
    /// online after all because something else refused to let it go. May sleep.
    ///
    /// # Errors
    ///
    /// With an error the setup fails, or the CPU stays offline. After a failed startup there is no
    /// teardown for the same CPU. Where a CPU only stays online after all, an error leaves it
    /// half-way down, and the kernel warns.
    fn startup(_cpu: Cpu<'_, Self::Section>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Undoes what [`Callbacks::startup`] did for a CPU.
    ///
    /// Called on removal for each CPU that is up, and when a CPU goes offline; also when a setup or
    /// an operation that brings a CPU online fails later on. May sleep.
    fn teardown(_cpu: Cpu<'_, Self::Section>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A callback of a state without instances, as [`Step`] has it.
type Function<S> = fn(Cpu<'_, S>) -> Result;

/// Makes the functions for the kernel of those that `T` implements.
const fn step<T: Callbacks>() -> Step<Function<T::Section>> {
    fn teardown<T: Callbacks>(cpu: Cpu<'_, T::Section>) -> Result {
        T::teardown(cpu);
        Ok(())
    }

    // INVARIANT: This teardown returns no error.
    Step {
        startup: if T::HAS_STARTUP {
            Some(T::startup)
        } else {
            None
        },
        teardown: if T::HAS_TEARDOWN {
            Some(teardown::<T>)
        } else {
            None
        },
    }
}

/// A state without instances that has been set up.
///
/// Dropping it removes the state. The kernel then calls teardown on every CPU that is up, in
/// ascending order, unless the state was set up without calls; when that is done no callback runs
/// and none will. Dropping may sleep and takes `cpus_read_lock()`.
///
/// # Invariants
///
/// `state` is what the kernel gave for the callbacks of `T`, and has not been removed.
pub struct State<T: Callbacks> {
    state: bindings::cpuhp_state,
    /// Whether the removal makes calls.
    invoke: bool,
    /// Invariant in `T`: a `State` of one type must not be taken for one of another.
    _callbacks: PhantomData<fn(T) -> T>,
}

/// A callback of a state without instances.
pub(super) type SingleCallback = unsafe extern "C" fn(c_uint) -> c_int;

impl<T: Callbacks> State<T> {
    /// Sets up the state and calls startup on every CPU that is up.
    ///
    /// The calls are made in ascending order of CPUs. When one fails, the kernel calls teardown on
    /// the CPUs before it, likewise ascending, the state does not exist any more, and its error is
    /// returned.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_setup_state()`.
    ///
    /// # Errors
    ///
    /// - The error of the startup that failed.
    /// - `ENOSPC` if the section has no dynamic state left. The kernel warns about that.
    ///
    /// # Safety
    ///
    /// Callers must not `mem::forget()` the returned [`State`] or otherwise prevent its [`Drop`]
    /// implementation from running before the code and the statics of `T`, or the caller's code,
    /// are unloaded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cpuhp::*;
    /// # use kernel::prelude::*;
    /// # module! {
    /// #     type: Driver,
    /// #     name: "driver_with_state",
    /// #     authors: ["A. U. Thor"],
    /// #     description: "A driver with a state",
    /// #     license: "GPL",
    /// # }
    /// # struct Timers;
    /// # #[vtable]
    /// # impl Callbacks for Timers {
    /// #     type Section = Online;
    /// #     const NAME: &'static CStr = c"timers:online";
    /// #     fn startup(_cpu: Cpu<'_, Online>) -> Result { Ok(()) }
    /// #     fn teardown(_cpu: Cpu<'_, Online>) {}
    /// # }
    /// struct Driver {
    ///     _timers: State<Timers>,
    /// }
    ///
    /// impl kernel::Module for Driver {
    ///     fn init(_module: &'static ThisModule) -> Result<Self> {
    ///         Ok(Self {
    ///             // SAFETY: The state is in the module's data. These are dropped in the module's
    ///             // exit function, or before its init function returns an error.
    ///             _timers: unsafe { State::new() }?,
    ///         })
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    pub unsafe fn new() -> Result<Self> {
        // SAFETY: This function's own requirement.
        unsafe { Self::set_up(None, true) }
    }

    /// Sets up the state without any call, now as well as when it is dropped.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_setup_state_nocalls()`.
    ///
    /// # Errors
    ///
    /// `ENOSPC` as for [`State::new`].
    ///
    /// # Safety
    ///
    /// As for [`State::new`].
    pub unsafe fn new_nocalls() -> Result<Self> {
        // SAFETY: This function's own requirement.
        unsafe { Self::set_up(None, false) }
    }

    /// [`State::new`] for callers that hold `cpus_read_lock()`.
    ///
    /// The value must not be dropped with the lock held.
    ///
    /// May sleep. C: `cpuhp_setup_state_cpuslocked()`.
    ///
    /// # Errors
    ///
    /// As for [`State::new`].
    ///
    /// # Safety
    ///
    /// As for [`State::new`].
    pub unsafe fn new_cpuslocked(guard: &CpusReadGuard) -> Result<Self> {
        // SAFETY: This function's own requirement.
        unsafe { Self::set_up(Some(guard), true) }
    }

    /// [`State::new_nocalls`] for callers that hold `cpus_read_lock()`.
    ///
    /// The value must not be dropped with the lock held, where
    /// [`State::remove_nocalls_cpuslocked`] removes it.
    ///
    /// May sleep. C: `cpuhp_setup_state_nocalls_cpuslocked()`.
    ///
    /// # Errors
    ///
    /// `ENOSPC` as for [`State::new`].
    ///
    /// # Safety
    ///
    /// As for [`State::new`].
    pub unsafe fn new_nocalls_cpuslocked(guard: &CpusReadGuard) -> Result<Self> {
        // SAFETY: This function's own requirement.
        unsafe { Self::set_up(Some(guard), false) }
    }

    /// # Safety
    ///
    /// As for [`State::new`].
    unsafe fn set_up(guard: Option<&CpusReadGuard>, invoke: bool) -> Result<Self> {
        let step = T::STEP;
        let startup: Option<SingleCallback> = step.startup.is_some().then_some(startup::<T>);
        let teardown: Option<SingleCallback> = step.teardown.is_some().then_some(teardown::<T>);
        let (section, name) = (T::Section::DYNAMIC, T::NAME.as_char_ptr());
        // SAFETY: The name is static, as are the callbacks. They are there for as long as the
        // state, because the caller sees to its removal. What they require is that the kernel calls
        // them as the callbacks of a state in this section. A guard stands for the lock.
        let ret = unsafe {
            match guard {
                None => {
                    bindings::__cpuhp_setup_state(section, name, invoke, startup, teardown, false)
                }
                Some(_) => bindings::__cpuhp_setup_state_cpuslocked(
                    section, name, invoke, startup, teardown, false,
                ),
            }
        };
        if ret < 0 {
            return Err(Error::from_errno(ret));
        }
        // INVARIANT: For a dynamic state the kernel returns the number that it has given.
        Ok(Self {
            state: ret,
            invoke,
            _callbacks: PhantomData,
        })
    }

    /// Returns the number of the state.
    #[inline]
    pub fn number(&self) -> i32 {
        self.state
    }

    /// Removes the state without calling teardown, whatever it was set up with.
    ///
    /// May sleep. Takes `cpus_read_lock()`. C: `cpuhp_remove_state_nocalls()`.
    #[inline]
    pub fn remove_nocalls(mut self) {
        self.invoke = false;
        // And with that it is dropped.
    }

    /// [`State::remove_nocalls`] for callers that hold `cpus_read_lock()`.
    ///
    /// May sleep. C: `cpuhp_remove_state_nocalls_cpuslocked()`.
    #[inline]
    pub fn remove_nocalls_cpuslocked(self, _guard: &CpusReadGuard) {
        let this = ManuallyDrop::new(self);
        // SAFETY: By the type invariant the state is ours to remove, and nobody does so after this:
        // it is not dropped. The guard stands for the lock.
        unsafe { bindings::__cpuhp_remove_state_cpuslocked(this.state, false) };
    }
}

impl<T: Callbacks> Drop for State<T> {
    /// C: `cpuhp_remove_state()`, `cpuhp_remove_state_nocalls()`.
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the state is ours to remove. Its teardown does not fail, by
        // the invariants of `Step`, unless those who use the machine have asked for that.
        unsafe { bindings::__cpuhp_remove_state(self.state, self.invoke) };
    }
}

/// The startup that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the startup of a [`State<T>`].
unsafe extern "C" fn startup<T: Callbacks>(cpu: c_uint) -> c_int {
    // SAFETY: This function's own requirement.
    let cpu = unsafe { Cpu::new(cpu) };
    from_result(|| {
        if let Some(startup) = T::STEP.startup {
            startup(cpu)?;
        }
        Ok(0)
    })
}

/// The teardown that the kernel calls.
///
/// # Safety
///
/// To be called only by `kernel/cpu.c`, as the teardown of a [`State<T>`].
unsafe extern "C" fn teardown<T: Callbacks>(cpu: c_uint) -> c_int {
    // SAFETY: This function's own requirement.
    let cpu = unsafe { Cpu::new(cpu) };
    from_result(|| {
        if let Some(teardown) = T::STEP.teardown {
            teardown(cpu)?;
        }
        Ok(0)
    })
}
