// SPDX-License-Identifier: GPL-2.0

//! What must not be leaked, and a teardown that fails, are for those who promise something.

// mistake state_new: E0133
// mistake state_new_nocalls: E0133
// mistake state_new_cpuslocked: E0133
// mistake state_new_nocalls_cpuslocked: E0133
// mistake multi_new: E0133
// mistake multi_new_cpuslocked: E0133
// mistake step_fallible: E0133
// mistake step_fields: E0451

include!("common.inc");

/// Sets up states, one way after the other.
///
/// # Safety
///
/// As for [`State::new`] and [`MultiState::new`].
pub unsafe fn set_up<T: Callbacks, I: InstanceCallbacks>(guard: &CpusReadGuard) -> Result {
    // SAFETY: This function's own requirement.
    unsafe {
        State::<T>::new()?;
        State::<T>::new_nocalls()?;
        State::<T>::new_cpuslocked(guard)?;
        State::<T>::new_nocalls_cpuslocked(guard)?;
        MultiState::<I>::new()?;
        MultiState::<I>::new_cpuslocked(guard)?;
    }
    #[cfg(state_new)]
    State::<T>::new()?;
    #[cfg(state_new_nocalls)]
    State::<T>::new_nocalls()?;
    #[cfg(state_new_cpuslocked)]
    State::<T>::new_cpuslocked(guard)?;
    #[cfg(state_new_nocalls_cpuslocked)]
    State::<T>::new_nocalls_cpuslocked(guard)?;
    #[cfg(multi_new)]
    MultiState::<I>::new()?;
    #[cfg(multi_new_cpuslocked)]
    MultiState::<I>::new_cpuslocked(guard)?;
    Ok(())
}

/// A teardown that fails.
pub fn fails(_cpu: Cpu<'_, Online>) -> Result {
    Err(EPERM)
}

/// What the kernel's functions are made of.
pub const STEP: Step<fn(Cpu<'_, Online>) -> Result> =
    // SAFETY: It is not used.
    unsafe { Step::fallible(None, Some(fails)) };

#[cfg(step_fallible)]
/// The same without a promise.
pub const BAD: Step<fn(Cpu<'_, Online>) -> Result> = Step::fallible(None, Some(fails));

#[cfg(step_fields)]
/// The same without a promise.
pub const BAD: Step<fn(Cpu<'_, Online>) -> Result> = Step {
    startup: None,
    teardown: Some(fails),
};
