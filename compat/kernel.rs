// SPDX-License-Identifier: GPL-2.0

//! What the newest series' `kernel` crate has, for older series.
//!
//! The module is written for the newest series. For an older one Kbuild has the compiler take this
//! crate for the `kernel` crate: it is that, and what has been added or changed since. So all that
//! differs by the version of the kernel is in here, but for what a `cfg()` in the code says. No
//! code comes out of this crate by itself, so whatever is in it is inline.
//!
//! A section goes when the series before it are given up, and this file with the last one.
//!
//! What cannot be mended here: in 6.18 and 6.19, when a CPU goes offline, the callbacks of section
//! `Prepare` run in a kworker, and not in the task that asked for that (`cpu_down_maps_locked()`).
//! And before 7.2, not all of `InstanceCallbacks::startup()` holds in section `Prepare`. Where it
//! fails for a CPU that goes online, and another instance of the state has had its startup before,
//! the kernel undoes that one and forgets the error (`cpuhp_invoke_callback()`). The CPU goes
//! online with neither of them, and when it goes offline both get a teardown.

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

    #[cfg(before_7_0)]
    #[doc(no_inline)]
    pub use crate::before_7_0::CpumaskExt as _;

    #[cfg(before_6_19)]
    #[doc(no_inline)]
    pub use crate::{
        before_6_19::CStrExt as _,
        module, //
    };
    #[cfg(before_6_19)]
    #[doc(no_inline)]
    pub use core::ffi::CStr;
}

/// As the crate's own.
#[cfg(before_6_19)]
pub mod str {
    #[doc(no_inline)]
    pub use ::kernel::str::*;

    #[doc(no_inline)]
    pub use crate::before_6_19::{
        CStrExt,
        CString, //
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
        pub use crate::before_7_3::EOPNOTSUPP;
    }
}

/// As the crate's own.
pub mod sync {
    #[doc(no_inline)]
    pub use ::kernel::sync::*;

    #[doc(no_inline)]
    pub use crate::before_7_3::barrier;

    #[cfg(before_7_0)]
    #[doc(no_inline)]
    pub use crate::before_7_0::{
        atomic,
        SetOnce, //
    };
}

/// New in 7.3.
mod before_7_3 {
    use ::kernel::{
        bindings,
        error::Error, //
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
        assert!(errno >= 1 && errno <= 4095);
        // What makes one of a number is not const there.
        // SAFETY: An `Error` is a non-zero number, as is checked below, and by the kernel's
        // convention the negative of one from 1 to 4095, as is checked above.
        unsafe { core::mem::transmute::<i32, Error>(-(errno as i32)) }
    }

    const _: () = {
        // SAFETY: Every value of its size is an `i32`, and the compiler checks the size.
        let eperm = unsafe { core::mem::transmute::<Error, i32>(::kernel::error::code::EPERM) };
        assert!(eperm == -(bindings::EPERM as i32));
    };

    /// Operation not supported on transport endpoint.
    pub const EOPNOTSUPP: Error = error(bindings::EOPNOTSUPP);

    #[cfg(before_6_19)]
    use crate::before_6_19::ModuleParamAccess;
    #[cfg(not(before_6_19))]
    use ::kernel::module_param::ModuleParamAccess;

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

/// New in 7.0. Before, atomics were numbers only.
#[cfg(before_7_0)]
pub mod before_7_0 {
    use ::kernel::{
        bindings,
        cpumask::Cpumask, //
    };
    use core::{
        cell::UnsafeCell,
        mem::MaybeUninit, //
    };

    /// What was renamed.
    pub trait CpumaskExt {
        /// Borrows a C mask.
        ///
        /// # Safety
        ///
        /// `ptr` is valid for reads, and nobody writes there, for `'a`.
        unsafe fn from_raw<'a>(ptr: *const bindings::cpumask) -> &'a Self;
    }

    impl CpumaskExt for Cpumask {
        #[inline]
        unsafe fn from_raw<'a>(ptr: *const bindings::cpumask) -> &'a Self {
            // SAFETY: This function's own requirement.
            unsafe { Self::as_ref(ptr) }
        }
    }

    /// The atomics, of pointers too.
    pub mod atomic {
        use ::kernel::sync::atomic as kernels;
        #[doc(no_inline)]
        pub use kernels::{
            ordering,
            Acquire,
            Full,
            Relaxed,
            Release, //
        };

        /// What there can be an [`Atomic`] of.
        ///
        /// # Safety
        ///
        /// `As` is the type itself or has it in a transparent wrapper; or the type is `bool` and
        /// `As` is `i32`.
        pub unsafe trait Value: Copy {
            /// As what the kernel knows it.
            type As: kernels::AtomicType;
        }

        /// A pointer, to the kernel.
        #[derive(Copy, Clone)]
        #[repr(transparent)]
        pub struct Pointer<P>(P);

        // SAFETY: A pointer can be sent anywhere. What may be done with it there is another matter.
        unsafe impl<T> Send for Pointer<*mut T> {}
        // SAFETY: As above.
        unsafe impl<T> Send for Pointer<*const T> {}

        // A kernel with smaller pointers has no support for Rust there.
        const _: () = assert!(size_of::<*mut ()>() == size_of::<i64>());

        // SAFETY: It is as large, and aligned, as that, and can be transmuted there and back.
        unsafe impl<T> kernels::AtomicType for Pointer<*mut T> {
            type Repr = i64;
        }
        // SAFETY: As above.
        unsafe impl<T> kernels::AtomicType for Pointer<*const T> {
            type Repr = i64;
        }

        // SAFETY: It has it in a transparent wrapper.
        unsafe impl<T> Value for *mut T {
            type As = Pointer<Self>;
        }
        // SAFETY: As above.
        unsafe impl<T> Value for *const T {
            type As = Pointer<Self>;
        }
        // SAFETY: It is `bool`, and that is `i32`: 0 or 1.
        unsafe impl Value for bool {
            type As = i32;
        }
        // SAFETY: It is the type itself.
        unsafe impl Value for i32 {
            type As = Self;
        }
        // SAFETY: It is the type itself.
        unsafe impl Value for u32 {
            type As = Self;
        }
        // SAFETY: It is the type itself.
        unsafe impl Value for i64 {
            type As = Self;
        }
        // SAFETY: It is the type itself.
        unsafe impl Value for u64 {
            type As = Self;
        }
        // SAFETY: It is the type itself.
        unsafe impl Value for usize {
            type As = Self;
        }

        /// As the crate's own.
        ///
        /// # Invariants
        ///
        /// The value is what [`to`] makes of a `T`, or a sum of such numbers.
        #[repr(transparent)]
        pub struct Atomic<T: Value>(kernels::Atomic<T::As>);

        /// # Safety
        ///
        /// One is the other in a transparent wrapper or in none, or one is `bool` and the other
        /// `i32`; an `i32` was made of a `bool`.
        const unsafe fn transmute<A: Copy, B: Copy>(from: A) -> B {
            union Both<A: Copy, B: Copy> {
                a: A,
                b: B,
            }
            // SAFETY: The first two are of a `bool` and an `i32`, each by its own size, and by this
            // function's requirement the number is 0 or 1. In the third one is the other.
            unsafe {
                match (size_of::<A>(), size_of::<B>()) {
                    (1, 4) => {
                        let byte: u8 = Both { a: from }.b;
                        Both { a: byte as i32 }.b
                    }
                    (4, 1) => {
                        let number: i32 = Both { a: from }.b;
                        Both { a: number as u8 }.b
                    }
                    _ => Both { a: from }.b,
                }
            }
        }

        /// A value as the kernel knows it.
        const fn to<T: Value>(value: T) -> T::As {
            // SAFETY: What `Value` requires.
            unsafe { transmute(value) }
        }

        /// And back.
        ///
        /// # Safety
        ///
        /// It is what [`to`] made of a `T`, or a sum of such numbers.
        const unsafe fn from<T: Value>(value: T::As) -> T {
            // SAFETY: What `Value` and this function require. What has sums is the type itself.
            unsafe { transmute(value) }
        }

        impl<T: Value> Atomic<T> {
            /// Makes one.
            #[inline]
            pub const fn new(value: T) -> Self {
                // INVARIANT: It is made of a `T`.
                Self(kernels::Atomic::new(to(value)))
            }
        }

        // For each by itself, because what they can all do is private to the kernel's.
        macro_rules! operations {
            ($($of:ty $(, $t:ident)?;)*) => {$(
                impl$(<$t>)? Atomic<$of> {
                    /// As the crate's own.
                    #[inline]
                    pub fn load<O: ordering::AcquireOrRelaxed>(&self, ordering: O) -> $of {
                        // SAFETY: By the type invariant.
                        unsafe { from(self.0.load(ordering)) }
                    }

                    /// As the crate's own.
                    #[inline]
                    pub fn store<O: ordering::ReleaseOrRelaxed>(&self, value: $of, ordering: O) {
                        // INVARIANT: It is made of one.
                        self.0.store(to(value), ordering)
                    }

                    /// As the crate's own.
                    #[inline]
                    pub fn xchg<O: ordering::Ordering>(&self, value: $of, ordering: O) -> $of {
                        // INVARIANT: It is made of one.
                        // SAFETY: By the type invariant.
                        unsafe { from(self.0.xchg(to(value), ordering)) }
                    }

                    /// As the crate's own.
                    #[inline]
                    pub fn cmpxchg<O: ordering::Ordering>(
                        &self,
                        old: $of,
                        new: $of,
                        ordering: O,
                    ) -> Result<$of, $of> {
                        // INVARIANT: `new` is made of one.
                        match self.0.cmpxchg(to(old), to(new), ordering) {
                            // SAFETY: By the type invariant.
                            Ok(old) => Ok(unsafe { from(old) }),
                            // SAFETY: As above.
                            Err(found) => Err(unsafe { from(found) }),
                        }
                    }
                }
            )*};
        }

        operations! {
            bool; i32; u32; i64; u64; usize; *mut T, T; *const T, T;
        }

        // INVARIANT: These are types whose sums are as good as any other value.
        macro_rules! sums {
            ($($of:ty)*) => {$(
                impl Atomic<$of> {
                    /// As the crate's own.
                    #[inline]
                    pub fn add(&self, value: $of, ordering: Relaxed) {
                        self.0.add(value, ordering)
                    }

                    /// As the crate's own.
                    #[inline]
                    pub fn fetch_add<O: ordering::Ordering>(&self, value: $of, ordering: O) -> $of {
                        self.0.fetch_add(value, ordering)
                    }

                    /// As the crate's own.
                    #[inline]
                    pub fn fetch_sub<O: ordering::Ordering>(&self, value: $of, ordering: O) -> $of {
                        self.0.fetch_add(value.wrapping_neg(), ordering)
                    }
                }
            )*};
        }

        sums! {
            i32 u32 i64 u64 usize
        }
    }

    /// A value that is set once.
    ///
    /// # Invariants
    ///
    /// If `phase` is 2, `value` is initialized, and nobody writes to it. If it is 1, one task
    /// writes to it, and nobody reads it.
    pub struct SetOnce<T> {
        /// 0, 1 while it is being set, then 2.
        phase: atomic::Atomic<u32>,
        value: UnsafeCell<MaybeUninit<T>>,
    }

    // SAFETY: Whoever sets it sends it, and all share it then.
    unsafe impl<T: Send + Sync> Sync for SetOnce<T> {}
    // SAFETY: It is but a value.
    unsafe impl<T: Send> Send for SetOnce<T> {}

    impl<T> Default for SetOnce<T> {
        #[inline]
        fn default() -> Self {
            Self::new()
        }
    }

    impl<T> SetOnce<T> {
        /// Makes one that is not set.
        #[inline]
        pub const fn new() -> Self {
            // INVARIANT: It is not set.
            Self {
                phase: atomic::Atomic::new(0),
                value: UnsafeCell::new(MaybeUninit::uninit()),
            }
        }

        /// Returns the value, if it is set.
        #[inline]
        pub fn as_ref(&self) -> Option<&T> {
            if self.phase.load(atomic::Acquire) != 2 {
                return None;
            }
            // SAFETY: By the type invariant it is set, and does not change any more.
            Some(unsafe { (*self.value.get()).assume_init_ref() })
        }

        /// Sets it. Returns false if it was set before.
        #[inline]
        pub fn populate(&self, value: T) -> bool {
            // INVARIANT: Only one caller gets past this.
            if self.phase.cmpxchg(0, 1, atomic::Relaxed).is_err() {
                return false;
            }
            // SAFETY: By the type invariant nobody reads it now, and nobody else writes to it.
            unsafe { (*self.value.get()).write(value) };
            // INVARIANT: It is set.
            self.phase.store(2, atomic::Release);
            true
        }
    }

    impl<T> Drop for SetOnce<T> {
        #[inline]
        fn drop(&mut self) {
            if self.phase.load(atomic::Acquire) == 2 {
                // SAFETY: By the type invariant it is initialized, and this is the last that is
                // done with it.
                unsafe { self.value.get_mut().assume_init_drop() };
            }
        }
    }
}

/// New in 6.19. In 6.18 a [`CStr`](core::ffi::CStr) was not yet that of `core`, and modules had no
/// parameters.
#[cfg(before_6_19)]
pub mod before_6_19 {
    use ::kernel::{
        alloc::AllocError,
        bindings,
        error::Error,
        fmt,
        str::CString as KernelCString, //
    };
    use core::{
        cell::UnsafeCell,
        ffi::CStr,
        ops::Deref, //
    };

    /// What there is for a [`CStr`] there.
    pub trait CStrExt {
        /// Returns a C pointer to the string.
        fn as_char_ptr(&self) -> *const ::kernel::ffi::c_char;

        /// # Safety
        ///
        /// As that of [`CStr::from_ptr()`].
        unsafe fn from_char_ptr<'a>(pointer: *const ::kernel::ffi::c_char) -> &'a Self;

        /// Copies it.
        ///
        /// # Errors
        ///
        /// If there is no memory.
        fn to_cstring(&self) -> Result<CString, AllocError>;
    }

    impl CStrExt for CStr {
        #[inline]
        #[expect(clippy::disallowed_methods, reason = "this is what to call instead")]
        fn as_char_ptr(&self) -> *const ::kernel::ffi::c_char {
            self.as_ptr().cast()
        }

        #[inline]
        #[expect(clippy::disallowed_methods, reason = "this is what to call instead")]
        unsafe fn from_char_ptr<'a>(pointer: *const ::kernel::ffi::c_char) -> &'a Self {
            // SAFETY: This function's own requirement.
            unsafe { CStr::from_ptr(pointer.cast()) }
        }

        #[inline]
        fn to_cstring(&self) -> Result<CString, AllocError> {
            // SAFETY: It is the bytes of such a string.
            let kernels = unsafe {
                ::kernel::str::CStr::from_bytes_with_nul_unchecked(self.to_bytes_with_nul())
            };
            Ok(CString(kernels.to_cstring()?))
        }
    }

    /// A string of one's own, as a [`CStr`].
    pub struct CString(KernelCString);

    impl CString {
        /// Makes one of text.
        ///
        /// # Errors
        ///
        /// If there is a NUL in it, or no memory.
        #[inline]
        pub fn try_from_fmt(args: fmt::Arguments<'_>) -> Result<Self, Error> {
            Ok(Self(KernelCString::try_from_fmt(args)?))
        }
    }

    impl Deref for CString {
        type Target = CStr;

        #[inline]
        fn deref(&self) -> &CStr {
            // SAFETY: It is the bytes of such a string.
            unsafe { CStr::from_bytes_with_nul_unchecked(self.0.as_bytes_with_nul()) }
        }
    }

    /// A module parameter. The kernel sets it before the module's init function runs.
    ///
    /// # Invariants
    ///
    /// Nobody writes to it from when the module's init function is called.
    #[repr(transparent)]
    pub struct ModuleParamAccess<T>(UnsafeCell<T>);

    // SAFETY: Once there is somebody who could have a reference to it, nobody writes to it.
    unsafe impl<T: Sync> Sync for ModuleParamAccess<T> {}

    impl<T> ModuleParamAccess<T> {
        /// Makes it, with its default.
        pub const fn new(default: T) -> Self {
            Self(UnsafeCell::new(default))
        }

        /// Returns its value.
        #[inline]
        pub fn value(&self) -> &T {
            // SAFETY: By the type invariant nobody writes to it any more.
            unsafe { &*self.0.get() }
        }

        /// Where the kernel puts its value.
        pub const fn as_void_ptr(&self) -> *mut ::kernel::ffi::c_void {
            self.0.get().cast()
        }
    }

    /// What can be a module parameter.
    ///
    /// # Safety
    ///
    /// With the functions of `OPS` the kernel writes nothing but a valid value of this type.
    pub unsafe trait ModuleParam {
        /// How the kernel reads one.
        const OPS: *const bindings::kernel_param_ops;
    }

    // SAFETY: They are those for this type.
    unsafe impl ModuleParam for i32 {
        const OPS: *const bindings::kernel_param_ops = &raw const bindings::param_ops_int;
    }
    // SAFETY: As above.
    unsafe impl ModuleParam for u32 {
        const OPS: *const bindings::kernel_param_ops = &raw const bindings::param_ops_uint;
    }
    // SAFETY: As above.
    unsafe impl ModuleParam for u8 {
        const OPS: *const bindings::kernel_param_ops = &raw const bindings::param_ops_byte;
    }

    /// A [`bindings::kernel_param`] in the module's section for these.
    #[repr(transparent)]
    pub struct KernelParam(pub bindings::kernel_param);

    // SAFETY: Only the kernel looks at it.
    unsafe impl Sync for KernelParam {}

    #[doc(hidden)]
    pub use ::kernel::bindings as kernels_bindings;
    #[doc(hidden)]
    pub use ::kernel::prelude::module as kernels_module;
}

/// As the crate's own, with parameters.
#[cfg(before_6_19)]
#[macro_export]
macro_rules! module {
    (
        type: $type:tt, name: $name:tt, authors: $authors:tt, description: $description:tt,
        license: $license:tt,
        params: {$(
            $param:ident: $of:ident { default: $default:expr, description: $about:tt $(,)? }
        ),* $(,)?} $(,)?
    ) => {
        $crate::before_6_19::kernels_module! {
            type: $type,
            name: $name,
            authors: $authors,
            description: $description,
            license: $license,
        }

        #[allow(non_upper_case_globals)]
        mod module_parameters {
            use $crate::before_6_19::{
                kernels_bindings as bindings,
                KernelParam,
                ModuleParam,
                ModuleParamAccess, //
            };
            $(
                pub(crate) static $param: ModuleParamAccess<$of> = ModuleParamAccess::new($default);

                const _: () = {
                    const NAME: &core::ffi::CStr = match core::ffi::CStr::from_bytes_with_nul(
                        concat!(stringify!($param), "\0").as_bytes(),
                    ) {
                        Ok(name) => name,
                        Err(_) => panic!(),
                    };

                    #[link_section = "__param"]
                    #[used]
                    static PARAM: KernelParam = KernelParam(bindings::kernel_param {
                        name: NAME.as_ptr().cast(),
                        // As for what is built in. The kernel locks nothing of the module then.
                        mod_: core::ptr::null_mut(),
                        ops: <$of as ModuleParam>::OPS,
                        perm: 0,
                        level: -1,
                        flags: 0,
                        __bindgen_anon_1: bindings::kernel_param__bindgen_ty_1 {
                            arg: $param.as_void_ptr(),
                        },
                    });

                    const TEXT: &str =
                        concat!("parm=", stringify!($param), ":", $about, "\0");

                    #[link_section = ".modinfo"]
                    #[used]
                    static INFO: [u8; TEXT.len()] = match TEXT.as_bytes().first_chunk() {
                        Some(text) => *text,
                        None => panic!(),
                    };
                };
            )*
        }
    };

    // Without parameters there is nothing to add.
    ($($rest:tt)*) => {
        $crate::before_6_19::kernels_module! { $($rest)* }
    };
}
