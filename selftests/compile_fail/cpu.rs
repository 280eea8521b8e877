// SPDX-License-Identifier: GPL-2.0

//! The CPU that a callback gets is for that call, in that task, and nobody else has one.

// mistake escapes: lifetime may not live long enough
// mistake escapes_into_data: lifetime may not live long enough
// mistake in_other_thread: E0277
// mistake made_of_fields: E0451
// mistake made_by_new: E0624
// mistake of_other_section: E0308
// mistake number_instead: E0308

include!("common.inc");

/// Callbacks.
pub struct Fine;

#[vtable]
impl Callbacks for Fine {
    type Section = Online;
    const NAME: &'static CStr = c"case:online";

    fn startup(cpu: Cpu<'_, Online>) -> Result {
        on_the_cpu(cpu);
        Ok(())
    }
}

/// Something that must only run in a callback.
pub fn on_the_cpu(_cpu: Cpu<'_, Online>) {}

/// Calls a callback in a callback, which is fine.
pub fn fine(cpu: Cpu<'_, Online>) -> Result {
    Fine::startup(cpu)
}

/// Uses it after the call.
#[cfg(escapes)]
pub fn bad(cpu: Cpu<'_, Online>) -> Cpu<'static, Online> {
    cpu
}

#[cfg(escapes_into_data)]
pub fn bad(kept: &mut Option<Cpu<'static, Online>>, cpu: Cpu<'_, Online>) {
    *kept = Some(cpu);
}

#[cfg(in_other_thread)]
pub fn bad(cpu: Cpu<'_, Online>) {
    fn send<T: Send>(_: T) {}
    send(cpu);
}

/// Calls a callback without a call by the kernel.
#[cfg(made_of_fields)]
pub fn bad(id: kernel::cpu::CpuId) -> Result {
    Fine::startup(Cpu {
        id,
        _call: core::marker::PhantomData,
        _not_thread_safe: kernel::types::NotThreadSafe,
    })
}

#[cfg(made_by_new)]
pub fn bad() -> Result {
    // SAFETY: It is not.
    Fine::startup(unsafe { Cpu::new(0) })
}

#[cfg(of_other_section)]
pub fn bad(cpu: Cpu<'_, Prepare>) {
    on_the_cpu(cpu);
}

#[cfg(number_instead)]
pub fn bad(cpu: kernel::cpu::CpuId) {
    on_the_cpu(cpu);
}
