// SPDX-License-Identifier: GPL-2.0

//! A module that is a state and nothing else.

/// Declares a module with one state that lives exactly as long as the module.
///
/// `type` is the type whose [`Callbacks`](crate::Callbacks) are those of the state; the
/// rest is as for `module!`. Loading the module fails with the error of the startup that failed.
/// No `unsafe` is needed, because nobody but the kernel gets the module's data, and with it the
/// [`State`](crate::State).
///
/// ```
/// use cpuhp::{Callbacks, Cpu, Online};
/// use kernel::prelude::*;
///
/// cpuhp::module_cpuhp_state! {
///     type: Nothing,
///     name: "nothing",
///     authors: ["A. U. Thor"],
///     description: "A state that does nothing",
///     license: "GPL",
/// }
///
/// struct Nothing;
///
/// #[vtable]
/// impl Callbacks for Nothing {
///     type Section = Online;
///     const NAME: &'static CStr = c"nothing:online";
///
///     fn startup(_cpu: Cpu<'_, Online>) -> Result {
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! module_cpuhp_state {
    (type: $type:ty, $($rest:tt)*) => {
        struct CpuhpModule {
            _state: $crate::State<$type>,
        }

        impl ::kernel::Module for CpuhpModule {
            fn init(_module: &'static ::kernel::ThisModule) -> ::kernel::error::Result<Self> {
                // The kernel's call is the first, for it is what makes the module's code run. The
                // result of any other call could be leaked.
                static CALLED: ::kernel::sync::SetOnce<()> = ::kernel::sync::SetOnce::new();
                if !CALLED.populate(()) {
                    return ::core::result::Result::Err(::kernel::error::code::EBUSY);
                }
                // Whatever is called `Ok` where the macro is used.
                ::core::result::Result::Ok(Self {
                    // SAFETY: The value is in the module's data, which only the kernel gets. They
                    // are dropped in the module's exit function, or before its init function
                    // returns an error.
                    _state: unsafe { $crate::State::new() }?,
                })
            }
        }

        ::kernel::prelude::module! {
            type: CpuhpModule,
            $($rest)*
        }
    };
}
