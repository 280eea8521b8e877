// SPDX-License-Identifier: GPL-2.0

//! The files in a directory.

use super::{
    Input,
    Text, //
};
use crate::exerciser::bindings;
use kernel::{
    error::from_result,
    page::PAGE_SIZE,
    prelude::*, //
};
use pin_init::zeroed;

type Show<D> = fn(&D, &mut Text<'_>) -> Result;
type Store<D> = fn(&D, &Input<'_>) -> Result;
type Read<D> = fn(&D, u64, &mut [u8]) -> Result<usize>;

/// The data of a directory, as its files reach them.
pub trait Data: Sized {
    /// Runs a function of an attribute on the data.
    ///
    /// # Safety
    ///
    /// To be called only in a call by sysfs of an attribute's function, with the kobject of that
    /// call, which is one of a directory with data of this type. Until that call returns sysfs does
    /// not let the directory go.
    unsafe fn with<R>(
        kobj: *mut bindings::kobject,
        f: impl FnOnce(&Self) -> Result<R>,
    ) -> Result<R>;
}

/// A file with one value in text.
///
/// Everybody may read it and root may write it, as far as there are functions for it.
///
/// # Invariants
///
/// `attr.name` is a string that lives for ever.
#[repr(C)]
pub struct Attribute<D> {
    /// First, so that a pointer to it is one to the whole.
    attr: bindings::attribute,
    show: Option<Show<D>>,
    store: Option<Store<D>>,
}

impl<D> Attribute<D> {
    /// A file that can be read.
    pub const fn ro(name: &'static CStr, show: Show<D>) -> Self {
        Self::new(name, 0o444, Some(show), None)
    }

    /// A file that can be read and written.
    pub const fn rw(name: &'static CStr, show: Show<D>, store: Store<D>) -> Self {
        Self::new(name, 0o644, Some(show), Some(store))
    }

    /// A file that can be written.
    pub const fn wo(name: &'static CStr, store: Store<D>) -> Self {
        Self::new(name, 0o200, None, Some(store))
    }

    const fn new(
        name: &'static CStr,
        mode: bindings::umode_t,
        show: Option<Show<D>>,
        store: Option<Store<D>>,
    ) -> Self {
        // INVARIANT: `name` is static.
        Self {
            attr: attribute(name, mode),
            show,
            store,
        }
    }

    /// The C attribute, which `attribute_show()` and `attribute_store()` take back.
    pub(super) fn as_raw(&'static self) -> *const bindings::attribute {
        core::ptr::from_ref(self).cast()
    }
}

/// A file that is read in pieces, at any offset.
///
/// # Invariants
///
/// `bin.attr.name` is a string that lives for ever, and `bin.read` is `bin_attribute_read::<D>`.
#[repr(C)]
pub struct BinAttribute<D> {
    /// First, so that a pointer to it is one to the whole.
    bin: bindings::bin_attribute,
    read: Read<D>,
}

impl<D: Data> BinAttribute<D> {
    /// A file that can be read.
    ///
    /// `read` gets the offset and where to put what stands there, and returns how many bytes it
    /// put; none at the end of the file.
    pub const fn ro(name: &'static CStr, read: Read<D>) -> Self {
        // INVARIANT: `name` is static, and `read` of the C attribute is what it has to be.
        Self {
            bin: bindings::bin_attribute {
                attr: attribute(name, 0o444),
                read: Some(bin_attribute_read::<D>),
                ..zeroed()
            },
            read,
        }
    }

    pub(super) fn as_raw(&'static self) -> *const bindings::bin_attribute {
        core::ptr::from_ref(self).cast()
    }
}

const fn attribute(name: &'static CStr, mode: bindings::umode_t) -> bindings::attribute {
    // With lockdep there are more fields than these two.
    let mut attribute: bindings::attribute = zeroed();
    #[expect(clippy::disallowed_methods, reason = "as_char_ptr() is not const")]
    {
        attribute.name = name.as_ptr().cast();
    }
    attribute.mode = mode;
    attribute
}

/// Shows the value of an attribute of a directory of type `D`.
///
/// # Safety
///
/// To be called only by sysfs, as `show` of the `sysfs_ops` of a directory of type `D`: with a
/// directory of that type, an attribute of its table and a page that is this call's own.
pub(super) unsafe extern "C" fn attribute_show<D: Data>(
    kobj: *mut bindings::kobject,
    attr: *mut bindings::attribute,
    page: *mut c_char,
) -> isize {
    // SAFETY: The attribute is one of the table of `D`, whose entries have it first, and tables
    // are static.
    let attribute = unsafe { &*attr.cast_const().cast::<Attribute<D>>() };
    // SAFETY: sysfs hands out a page of zeroes.
    let page = unsafe { core::slice::from_raw_parts_mut(page.cast::<u8>(), PAGE_SIZE) };

    from_result(|| {
        let show = attribute.show.ok_or(EIO)?;
        // The last byte is to stay free, or sysfs warns.
        let mut text = Text::new(&mut page[..PAGE_SIZE - 1]);
        // SAFETY: This function's own requirement.
        unsafe { D::with(kobj, |data| show(data, &mut text)) }?;
        Ok(text.len() as isize)
    })
}

/// Stores what was written to an attribute of a directory of type `D`.
///
/// # Safety
///
/// To be called only by sysfs, as `store` of the `sysfs_ops` of a directory of type `D`: with a
/// directory of that type, an attribute of its table and `len` bytes.
pub(super) unsafe extern "C" fn attribute_store<D: Data>(
    kobj: *mut bindings::kobject,
    attr: *mut bindings::attribute,
    buffer: *const c_char,
    len: usize,
) -> isize {
    // SAFETY: The attribute is one of the table of `D`, whose entries have it first, and tables
    // are static.
    let attribute = unsafe { &*attr.cast_const().cast::<Attribute<D>>() };
    // SAFETY: sysfs passes that many bytes, and leaves them alone during the call.
    let bytes = unsafe { core::slice::from_raw_parts(buffer.cast::<u8>(), len) };

    from_result(|| {
        let store = attribute.store.ok_or(EIO)?;
        // SAFETY: This function's own requirement.
        unsafe { D::with(kobj, |data| store(data, &Input::new(bytes))) }?;
        Ok(len as isize)
    })
}

/// Reads a piece of a binary attribute of a directory of type `D`.
///
/// # Safety
///
/// To be called only by sysfs, as `read` of a [`BinAttribute<D>`]: with a directory of that type
/// and room for `len` bytes.
unsafe extern "C" fn bin_attribute_read<D: Data>(
    _file: *mut bindings::file,
    kobj: *mut bindings::kobject,
    attr: *const bindings::bin_attribute,
    buffer: *mut c_char,
    offset: bindings::loff_t,
    len: usize,
) -> isize {
    // SAFETY: By the invariant of `BinAttribute` this function is reached only through one, which
    // has its C attribute first, and tables are static.
    let attribute = unsafe { &*attr.cast::<BinAttribute<D>>() };
    // SAFETY: kernfs passes a buffer of that many bytes, which is this call's own. It has just been
    // allocated: it has to be initialized, also lest a function that claims to have filled it shows
    // user space what was there.
    unsafe { buffer.write_bytes(0, len) };
    // SAFETY: As above, and it is initialized now.
    let buffer = unsafe { core::slice::from_raw_parts_mut(buffer.cast::<u8>(), len) };

    from_result(|| {
        let offset = u64::try_from(offset).map_err(|_| EINVAL)?;
        let read = |data: &D| (attribute.read)(data, offset, buffer);
        // SAFETY: This function's own requirement.
        let n = unsafe { D::with(kobj, read) }?;
        Ok(n.min(len) as isize)
    })
}
