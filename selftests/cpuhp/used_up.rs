// SPDX-License-Identifier: GPL-2.0

//! A section in which no number is left.

use super::report;
use cpuhp::{
    Callbacks,
    Cpu,
    Online,
    Prepare,
    State, //
};
use kernel::prelude::*;

struct InOnline;

#[vtable]
impl Callbacks for InOnline {
    type Section = Online;
    const NAME: &'static CStr = c"rust_cpuhp_test/used_up:online";

    fn startup(_cpu: Cpu<'_, Online>) -> Result {
        Ok(())
    }
}

struct InPrepare;

#[vtable]
impl Callbacks for InPrepare {
    type Section = Prepare;
    const NAME: &'static CStr = c"rust_cpuhp_test/used_up:prepare";

    fn startup(_cpu: Cpu<'_, Prepare>) -> Result {
        Ok(())
    }
}

/// Sets up states until there is no number for another one, of which the kernel warns.
fn use_up<T: Callbacks>(section: &str) -> Result {
    // More than the kernel has in any section.
    const LIMIT: usize = 200;
    let mut states = KVec::with_capacity(LIMIT, GFP_KERNEL)?;
    let error = loop {
        if states.len() == LIMIT {
            break None;
        }
        // SAFETY: It is dropped at the end of the function.
        match unsafe { State::<T>::new() } {
            Ok(state) => states.push(state, GFP_KERNEL)?,
            Err(error) => break Some(error),
        }
    };
    pr_info!("call: {} states of section {}\n", states.len(), section);
    report("used up: the error", error == Some(ENOSPC));
    report("used up: there were some", !states.is_empty());

    // What is given back can be had again.
    let number = states.pop().map(|state| state.number());
    // SAFETY: It is dropped at the end of the function.
    let again = unsafe { State::<T>::new() };
    report(
        "used up: the number that was given back",
        again.is_ok_and(|state| Some(state.number()) == number),
    );
    Ok(())
}

pub(crate) fn test() -> Result {
    use_up::<InPrepare>("prepare")?;
    use_up::<InOnline>("online")
}
