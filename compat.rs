// SPDX-License-Identifier: GPL-2.0

//! What the newest series' `kernel` crate has, for older series.
//!
//! The module is written for the newest series. For an older one Kbuild has the compiler take this
//! crate for the `kernel` crate: it is that, and what has been added or changed since. So this is
//! where all is that differs by the version of the kernel, but for what cannot be put before a
//! crate: `cfg(no_owner_module)`. No code comes out of it by itself, so whatever is in here is
//! inline.
//!
//! A section goes when the series before it are given up, and this file with the last one.

#[doc(no_inline)]
pub use ::kernel::*;

/// As the crate's own.
pub mod prelude {
    #[doc(no_inline)]
    pub use ::kernel::prelude::*;

    #[doc(no_inline)]
    pub use crate::{
        before_7_3::ValueRef as _,
        error::code::*, //
    };
}

/// As the crate's own.
pub mod error {
    #[doc(no_inline)]
    pub use ::kernel::error::*;

    /// As the crate's own.
    pub mod code {
        #[doc(no_inline)]
        pub use ::kernel::error::code::*;

        #[doc(no_inline)]
        pub use crate::before_7_3::{
            EDEADLK,
            ESHUTDOWN, //
        };
    }
}

/// As the crate's own.
pub mod sync {
    #[doc(no_inline)]
    pub use ::kernel::sync::*;

    #[doc(no_inline)]
    pub use crate::before_7_3::barrier;
}

/// New in 7.3.
mod before_7_3 {
    use ::kernel::{
        bindings,
        error::Error,
        module_param::ModuleParamAccess, //
    };

    /// The barriers that take what they order.
    pub mod barrier {
        /// Loads before it against loads after it.
        pub struct Read;

        /// Between CPUs.
        #[inline]
        pub fn smp_mb(_: Read) {
            ::kernel::sync::barrier::smp_rmb();
        }
    }

    const fn error(errno: u32) -> Error {
        // What makes one of a number is not const there.
        // SAFETY: An `Error` is a non-zero number, as is checked below, and by the kernel's
        // convention the negative of one from 1 to 4095.
        unsafe { core::mem::transmute::<i32, Error>(-(errno as i32)) }
    }

    const _: () = {
        // SAFETY: Every value of its size is an `i32`, and the compiler checks the size.
        let eperm = unsafe { core::mem::transmute::<Error, i32>(::kernel::error::code::EPERM) };
        assert!(eperm == -(bindings::EPERM as i32));
    };

    /// Resource deadlock would occur.
    pub const EDEADLK: Error = error(bindings::EDEADLK);
    /// Cannot send after transport endpoint shutdown.
    pub const ESHUTDOWN: Error = error(bindings::ESHUTDOWN);

    /// A reference to the value of a module parameter, which `value()` gives there.
    pub trait ValueRef {
        /// What the parameter is a number of.
        type Value;

        /// Returns the value.
        fn value_ref(&self) -> &Self::Value;
    }

    impl<T> ValueRef for ModuleParamAccess<T> {
        type Value = T;

        #[inline]
        fn value_ref(&self) -> &T {
            self.value()
        }
    }
}
