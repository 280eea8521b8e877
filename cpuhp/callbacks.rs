// SPDX-License-Identifier: GPL-2.0

//! The callbacks of a state, and how the kernel gets at them.

use super::{
    context::{
        Direction,
        Phase, //
    },
    Context,
    Section, //
};
use core::ptr;
use kernel::{
    error::{
        from_result,
        VTABLE_DEFAULT_ERROR, //
    },
    prelude::*, //
};

/// The callbacks of a state.
///
/// `Self` is the data they work on: what a [`SingleState`](super::SingleState) was set up with, or
/// an [`Instance`](super::Instance) of a [`MultiState`](super::MultiState). It is shared with
/// everyone who has a reference to it. No two callbacks run at the same time, but other users of
/// the data may run beside one.
#[vtable]
pub trait Callbacks: Send + Sync + Sized + 'static {
    /// Where on the ladder the state is, and so where its callbacks run.
    type Section: Section;

    /// The name of the state, as in `/sys/devices/system/cpu/hotplug/states`.
    ///
    /// By convention `area/what:section`.
    const NAME: &'static CStr;

    /// Whether [`Callbacks::may_go_down`] is asked even where the kernel cannot take a no.
    const ASK_ALWAYS: AskAlways = AskAlways::NO;

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
    /// [`Online`](super::Online) and only where [`Context::may_fail`], unless there is
    /// [`Callbacks::ASK_ALWAYS`]. On an error teardown is not called, and the CPU stays online.
    /// Without this function every CPU may go. May sleep.
    fn may_go_down(&self, _cx: &Context<'_, Self::Section>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// Whether a teardown may be made to fail where the kernel cannot cope with that.
///
/// # Invariants
///
/// If it is true, whoever made it has promised what [`AskAlways::yes`] asks for.
#[derive(Copy, Clone)]
pub struct AskAlways(bool);

impl AskAlways {
    /// It may not: this is for everybody.
    // INVARIANT: It is false.
    pub const NO: Self = Self(false);

    /// It may: this is for who tests the kernel.
    ///
    /// # Safety
    ///
    /// Where not [`Context::may_fail`], [`Callbacks::may_go_down`] returns an error only if those
    /// who use the machine have asked for what the kernel does then: `WARN()` and leave a CPU
    /// half-way, or `BUG()` with locks held.
    pub const unsafe fn yes() -> Self {
        // INVARIANT: The caller has promised it.
        Self(true)
    }
}

/// Which callbacks of a state the kernel gets to know, of those that are implemented.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// Both. A state that has but one is fine, too.
    Both,
    /// [`Callbacks::startup`].
    ///
    /// Without a teardown the kernel makes no calls to undo anything.
    Startup,
    /// [`Callbacks::teardown`] and [`Callbacks::may_go_down`].
    Teardown,
}

impl Which {
    pub(super) fn has_startup<T: Callbacks>(self) -> bool {
        T::HAS_STARTUP && self != Self::Teardown
    }

    pub(super) fn has_teardown<T: Callbacks>(self) -> bool {
        (T::HAS_TEARDOWN || T::HAS_MAY_GO_DOWN) && self != Self::Startup
    }
}

/// Calls [`Callbacks::startup`] for the kernel.
///
/// # Safety
///
/// To be called only by the function that `kernel/cpu.c` calls as the startup of a state of type
/// `T`, with the CPU number of that call, the data of the state or the instance that it is for, and
/// the phase of that.
#[inline]
pub(super) unsafe fn call_startup<T: Callbacks>(cpu: u32, phase: &Phase, data: &T) -> c_int {
    // SAFETY: This function's own requirement.
    let result = unsafe {
        Context::with(
            cpu,
            phase,
            ptr::from_ref(data).cast(),
            Direction::Startup,
            |cx| {
                if T::HAS_STARTUP {
                    data.startup(cx)
                } else {
                    Ok(())
                }
            },
        )
    };
    from_result(|| result.map(|()| 0))
}

/// Calls [`Callbacks::may_go_down`] and [`Callbacks::teardown`] for the kernel.
///
/// # Safety
///
/// To be called only by the function that `kernel/cpu.c` calls as the teardown of a state of type
/// `T`, with the CPU number of that call, the data of the state or the instance that it is for, and
/// the phase of that.
#[inline]
pub(super) unsafe fn call_teardown<T: Callbacks>(cpu: u32, phase: &Phase, data: &T) -> c_int {
    const {
        assert!(
            T::Section::TEARDOWN_MAY_FAIL || !T::HAS_MAY_GO_DOWN || T::ASK_ALWAYS.0,
            "only a state of the Online section can refuse to let a CPU go"
        )
    };
    let teardown = |cx: &Context<'_, T::Section>| {
        if T::HAS_MAY_GO_DOWN && (T::ASK_ALWAYS.0 || cx.may_fail()) {
            data.may_go_down(cx)?;
        }
        if T::HAS_TEARDOWN {
            data.teardown(cx);
        }
        Ok(0)
    };
    // SAFETY: This function's own requirement.
    from_result(|| unsafe {
        Context::with(
            cpu,
            phase,
            ptr::from_ref(data).cast(),
            Direction::Teardown,
            teardown,
        )
    })
}
