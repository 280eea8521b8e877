// SPDX-License-Identifier: GPL-2.0

//! A value for each CPU that lives exactly while its CPU is up.

use super::{
    Callbacks,
    Context,
    CpusLocked,
    Instance,
    Section, //
};
use core::cell::UnsafeCell;
use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*, //
};

/// A value for a CPU.
///
/// It is made by the startup of a state and dropped by its teardown. So a setup that fails on CPU N
/// has dropped those of the CPUs before it.
#[vtable]
pub trait CpuValue: Send + Sync + Sized + 'static {
    /// What the values have in common.
    type Shared: Send + Sync + 'static;

    /// As [`Callbacks::Section`].
    type Section: Section;

    /// As [`Callbacks::NAME`].
    const NAME: &'static CStr;

    /// Makes the value of the CPU that comes up.
    fn new(shared: &Self::Shared, cx: &Context<'_, Self::Section>) -> Result<Self>;
}

/// The values of all CPUs, and what they have in common: an [`Instance`] of a
/// [`MultiState`](super::MultiState).
///
/// # Invariants
///
/// The value of a CPU is changed only in a callback for that CPU.
pub struct CpuValues<V: CpuValue> {
    shared: V::Shared,
    values: KVVec<UnsafeCell<Option<V>>>,
}

// SAFETY: A value is changed in callbacks, one at a time, and read through `Instance::value()`,
// which keeps these out.
unsafe impl<V: CpuValue> Sync for CpuValues<V> {}

impl<V: CpuValue> CpuValues<V> {
    /// Makes the place for the values, of which there are none yet. May sleep.
    pub fn new(shared: V::Shared) -> Result<Self> {
        let mut values = KVVec::with_capacity(nr_cpu_ids() as usize, GFP_KERNEL)?;
        for _ in 0..nr_cpu_ids() {
            values.push(UnsafeCell::new(None), GFP_KERNEL)?;
        }
        // INVARIANT: There are no callbacks yet.
        Ok(Self { shared, values })
    }

    /// Returns what the values have in common.
    pub fn shared(&self) -> &V::Shared {
        &self.shared
    }

    /// Puts a value in the place of the CPU that a callback is called for.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if it was not the kernel that called it for these values, but somebody with the
    ///   context of another call.
    /// - `ESHUTDOWN` if it may be the owner that removes them.
    fn put(&self, cx: &Context<'_, V::Section>, value: Option<V>) -> Result {
        if !cx.is_about(self) {
            return Err(EINVAL);
        }
        if cx.may_be_by_owner() {
            // Somebody may have a reference to the value. It goes with the instance, which has been
            // leaked.
            return Err(ESHUTDOWN);
        }
        let place = self.values[cx.cpu().as_u32() as usize].get();
        // SAFETY: This is in a callback for these values, and there is one at a time. There are no
        // references to the value: `Instance::value()` gives them out only while no CPU comes or
        // goes, and for an instance that is neither being added nor being removed, but by the
        // owner: its teardowns do not get here, and a startup that does meanwhile is part of a
        // hotplug operation.
        // INVARIANT: By those of `Context` this is in a callback for that CPU.
        drop(unsafe { place.replace(value) });
        Ok(())
    }
}

#[vtable]
impl<V: CpuValue> Callbacks for CpuValues<V> {
    type Section = V::Section;
    // Otherwise this would be the module that this abstraction is part of.
    #[cfg(not(no_owner_module))]
    type OwnerModule = V::OwnerModule;

    const NAME: &'static CStr = V::NAME;

    fn startup(&self, cx: &Context<'_, V::Section>) -> Result {
        let value = V::new(&self.shared, cx)?;
        self.put(cx, Some(value))
    }

    fn teardown(&self, cx: &Context<'_, V::Section>) {
        // Called by anybody but the kernel, this does nothing.
        let _ = self.put(cx, None);
    }
}

impl<V: CpuValue> Instance<CpuValues<V>> {
    /// Returns the value of a CPU, if it has one: if startup has made one that teardown has not
    /// dropped.
    pub fn value<'a>(&'a self, _locked: &'a CpusLocked, cpu: CpuId) -> Option<&'a V> {
        let place = self.values.get(cpu.as_u32() as usize)?.get();
        // SAFETY: The value is changed only by callbacks for this instance. While no CPU comes or
        // goes the kernel calls them only to add the instance, and then there would be no `self`;
        // to remove it, which takes a `self` that is not borrowed; or when the owner removes it,
        // and then they leave the value alone.
        unsafe { &*place }.as_ref()
    }
}
