// SPDX-License-Identifier: GPL-2.0

//! The data of an instance are shared between threads, stay where they are, and live for as long as
//! the instance.

// mistake not_sync: E0277
// mistake not_send: E0277
// mistake not_static: E0478
// mistake state_of_other_type: E0308
// mistake moved: E0277
// mistake removed_twice: E0382
// mistake state_made_up: E0451

include!("common.inc");

use kernel::sync::Arc;

/// What is shared.
#[cfg(not(any(not_sync, not_send)))]
type Shared = u32;

#[cfg(not_sync)]
type Shared = core::cell::Cell<u32>;

/// What threads can share, but not hand over.
#[cfg(not_send)]
pub struct Shared(*mut ());

// SAFETY: The pointer is not used.
#[cfg(not_send)]
unsafe impl Sync for Shared {}

/// Data.
pub struct Data(pub Shared);

#[vtable]
impl InstanceCallbacks for Data {
    type Section = Online;
    const NAME: &'static CStr = c"case/data:online";
}

/// Data that borrow.
pub struct Borrowing<'a>(pub &'a u32);

#[cfg(not(not_static))]
#[vtable]
impl InstanceCallbacks for Borrowing<'static> {
    type Section = Online;
    const NAME: &'static CStr = c"case/borrowing:online";
}

#[cfg(not_static)]
#[vtable]
impl<'a> InstanceCallbacks for Borrowing<'a> {
    type Section = Online;
    const NAME: &'static CStr = c"case/borrowing:online";
}

/// Adds an instance.
#[cfg(not(state_of_other_type))]
pub fn add(state: Arc<MultiState<Data>>, data: Data) -> Result<Pin<KBox<Instance<Data>>>> {
    KBox::pin_init(Instance::new(state, Ok(data)), GFP_KERNEL)
}

#[cfg(state_of_other_type)]
pub fn add<T: InstanceCallbacks>(
    state: Arc<MultiState<T>>,
    data: Data,
) -> Result<Pin<KBox<Instance<Data>>>> {
    KBox::pin_init(Instance::<Data>::new(state, Ok(data)), GFP_KERNEL)
}

/// Takes an instance away from where the kernel has it on a list.
#[cfg(moved)]
pub fn bad(instance: Pin<KBox<Instance<Data>>>) -> KBox<Instance<Data>> {
    Pin::into_inner(instance)
}

/// Removes a state.
pub fn remove<T: Callbacks>(state: State<T>) {
    state.remove_nocalls();
    #[cfg(removed_twice)]
    state.remove_nocalls();
}

/// Makes up a state of the constant that asks for one.
#[cfg(state_made_up)]
pub fn bad<T: Callbacks>() -> State<T> {
    State {
        state: kernel::bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN,
        invoke: true,
        _callbacks: core::marker::PhantomData,
    }
}
