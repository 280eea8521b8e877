// SPDX-License-Identifier: GPL-2.0

//! A state or an instance of one type is not one of another, not even if one type is a subtype of
//! the other: each has callbacks of its own, and the kernel would call those of the wrong type.

#![allow(
    coherence_leak_check,
    reason = "that the compiler tells the two types apart is what this relies on"
)]

// mistake state_to_super: E0308
// mistake state_to_sub: E0308
// mistake multi_to_super: E0308
// mistake multi_to_sub: E0308
// mistake instance_to_super: E0308
// mistake instance_to_sub: E0308

include!("common.inc");

use core::marker::PhantomData;
#[cfg(any(multi_to_super, multi_to_sub))]
use kernel::sync::Arc;

/// A type with a parameter.
pub struct Of<F>(PhantomData<F>);

/// `fn(&())` for every lifetime can be used as one for `'static` only. So the first is a subtype.
type Sub = Of<for<'a> fn(&'a ())>;
type Super = Of<fn(&'static ())>;

#[vtable]
impl Callbacks for Sub {
    type Section = Online;
    const NAME: &'static CStr = c"case/sub:online";
}

#[vtable]
impl Callbacks for Super {
    type Section = Online;
    const NAME: &'static CStr = c"case/super:online";
}

#[vtable]
impl InstanceCallbacks for Sub {
    type Section = Online;
    const NAME: &'static CStr = c"case/sub-instance:online";
}

#[vtable]
impl InstanceCallbacks for Super {
    type Section = Online;
    const NAME: &'static CStr = c"case/super-instance:online";
}

/// The data may be taken for those of the other type.
pub fn data(sub: Sub) -> Super {
    sub
}

/// States.
#[cfg(state_to_super)]
pub fn bad(state: State<Sub>) -> State<Super> {
    state
}

#[cfg(state_to_sub)]
pub fn bad(state: State<Super>) -> State<Sub> {
    state
}

#[cfg(multi_to_super)]
pub fn bad(state: Arc<MultiState<Sub>>) -> Arc<MultiState<Super>> {
    state
}

#[cfg(multi_to_sub)]
pub fn bad(state: Arc<MultiState<Super>>) -> Arc<MultiState<Sub>> {
    state
}

#[cfg(instance_to_super)]
pub fn bad(instance: Pin<KBox<Instance<Sub>>>) -> Pin<KBox<Instance<Super>>> {
    instance
}

#[cfg(instance_to_sub)]
pub fn bad(instance: Pin<KBox<Instance<Super>>>) -> Pin<KBox<Instance<Sub>>> {
    instance
}
