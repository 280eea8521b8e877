// SPDX-License-Identifier: GPL-2.0

//! A state is not removed by its number, let alone by the constant that asks for one.

// expect: E0451

include!("common.inc");

fn made_up<T>() -> T {
    unreachable!()
}

/// Makes up a state to drop.
pub fn bad<T: Callbacks>(owner: OwnerRef) {
    drop(MultiState::<T> {
        state: bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN,
        entry: made_up(),
        owner,
        _callbacks: core::marker::PhantomData,
    });
}
