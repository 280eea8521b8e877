// SPDX-License-Identifier: GPL-2.0

//! Directories.

use super::{
    attribute::{
        attribute_show,
        attribute_store,
        Data, //
    },
    Attribute,
    BinAttribute, //
};
use crate::exerciser::bindings;
use core::{
    ops::Deref,
    ptr, //
};
use kernel::{
    container_of,
    error::to_result,
    prelude::*,
    sync::{
        Arc,
        Completion, //
    },
    types::Opaque, //
};
use pin_init::zeroed;

/// The data of a directory, and the files that show it.
pub trait Directory: Send + Sync + Sized + 'static {
    /// The files with a value in text.
    const ATTRIBUTES: &'static [Attribute<Self>];

    /// The files that are read in pieces.
    const BIN_ATTRIBUTES: &'static [BinAttribute<Self>] = &[];
}

/// A directory in sysfs.
///
/// It dereferences to its data. Dropping it removes the directory, with all that is in it, and may
/// sleep: it waits for the attributes' functions that run. So a function of an attribute must not
/// drop its own directory nor one above it, but may drop those below it. Lockdep reports that. The
/// data of directories that were in it stay for as long as there is a [`Dir`] for them.
pub struct Dir<D: Directory>(Arc<Node<D>>);

impl<D: Directory> Dir<D> {
    /// Makes the directory `name` in `parent`, with all its files. May sleep.
    ///
    /// C: `kobject_init_and_add()`, `sysfs_create_file()`.
    ///
    /// # Errors
    ///
    /// `EINVAL` if that cannot be a name; `EEXIST` if the parent has something of that name, about
    /// which sysfs also warns; `ENOMEM`.
    pub fn new<P: Directory>(
        parent: &Dir<P>,
        name: &CStr,
        data: impl PinInit<D, Error>,
    ) -> Result<Self> {
        // SAFETY: The node holds a reference to its parent, whose kobject has been added to sysfs
        // and lives as long.
        unsafe { Self::create(parent.0.kobj.get(), Some(parent.0.clone()), name, data) }
    }

    /// Makes the directory `name` in `/sys/kernel`.
    ///
    /// Otherwise as [`Dir::new`].
    ///
    /// # Safety
    ///
    /// Callers must not `mem::forget()` the returned [`Dir`] or otherwise prevent its [`Drop`]
    /// implementation from running before the code of `D`, of the data of all directories in it,
    /// and of the caller, is unloaded. The directories in it may be leaked: when this one is
    /// dropped nobody reaches them any more.
    pub unsafe fn new_in_kernel(name: &CStr, data: impl PinInit<D, Error>) -> Result<Self> {
        // SAFETY: `kernel_kobj` is set at boot and never removed.
        unsafe { Self::create(bindings::kernel_kobj, None, name, data) }
    }

    /// # Safety
    ///
    /// `parent_kobj` is a kobject that has been added to sysfs, and that lives for ever or, where
    /// there is a `parent`, for as long as that. (If it is taken out of sysfs meanwhile, nothing
    /// can be added to it: sysfs says `ENOENT`.)
    unsafe fn create(
        parent_kobj: *mut bindings::kobject,
        parent: Option<Arc<dyn AnyNode>>,
        name: &CStr,
        data: impl PinInit<D, Error>,
    ) -> Result<Self> {
        // For an empty name kobject_add() would give back a reference that it has not taken.
        if name.is_empty() || name.to_bytes().contains(&b'/') {
            return Err(EINVAL);
        }
        let node = Arc::pin_init(
            // INVARIANT: If this succeeds, the kobject is in sysfs with all the files.
            try_pin_init!(&this in Node {
                kobj <- Opaque::zeroed(),
                data <- data,
                _parent: parent,
                released <- Completion::new(),
                _: {
                    // From this pointer C gets to the kobject, and we from there to the whole node.
                    // SAFETY: The field is in place.
                    let kobj = Opaque::cast_into(unsafe { &raw const (*this.as_ptr()).kobj });
                    // SAFETY: All other fields are in place, and the caller vouches for the parent.
                    unsafe { Node::<D>::add(kobj, parent_kobj, name) }.inspect_err(|_| {
                        // SAFETY: `add()` left the reference that it made.
                        unsafe { Node::<D>::put(kobj, &released) }
                    })?;
                },
            }? Error),
            GFP_KERNEL,
        )?;
        Ok(Self(node))
    }
}

impl<D: Directory> Dir<D> {
    /// Returns the kobject, which has been added to sysfs.
    pub(super) fn as_raw(&self) -> *mut bindings::kobject {
        self.0.kobj.get()
    }
}

impl<D: Directory> Deref for Dir<D> {
    type Target = D;

    fn deref(&self) -> &D {
        &self.0.data
    }
}

impl<D: Directory> Drop for Dir<D> {
    /// Takes the directory out of sysfs, and all that is in it.
    fn drop(&mut self) {
        // SAFETY: By the invariants of `Node` the kobject is initialized and there is a reference
        // to it. This waits for the functions of attributes that run, and after it none does.
        unsafe { bindings::kobject_del(self.0.kobj.get()) };
    }
}

/// A directory's kobject and its data. The [`Dir`] and the directories in it share it.
///
/// # Invariants
///
/// - `kobj` is initialized, and this value holds a reference to it.
/// - It is in sysfs, with the files of `D`, until the [`Dir`] or one above it is dropped.
#[pin_data(PinnedDrop)]
struct Node<D: Directory> {
    #[pin]
    kobj: Opaque<bindings::kobject>,
    #[pin]
    data: D,
    /// Kept until this kobject is gone, which is in the one of the parent.
    _parent: Option<Arc<dyn AnyNode>>,
    #[pin]
    released: Completion,
}

// SAFETY: The kobject is only passed to functions that do their own locking, and the rest is
// `Send` by itself.
unsafe impl<D: Directory> Send for Node<D> {}
// SAFETY: As above.
unsafe impl<D: Directory> Sync for Node<D> {}

/// A node, whatever data it has.
trait AnyNode: Send + Sync {}

impl<D: Directory> AnyNode for Node<D> {}

impl<D: Directory> Node<D> {
    const OPS: bindings::sysfs_ops = bindings::sysfs_ops {
        show: Some(attribute_show::<D>),
        store: Some(attribute_store::<D>),
    };

    const TYPE: bindings::kobj_type = bindings::kobj_type {
        release: Some(Self::release),
        sysfs_ops: &Self::OPS,
        ..zeroed()
    };

    /// Puts `kobj` into sysfs.
    ///
    /// On an error as well as on success there is a reference to it, for [`Node::put`].
    ///
    /// # Safety
    ///
    /// `kobj` is that of a node of this type whose other fields are initialized, zeroed itself;
    /// `parent` is a kobject that has been added to sysfs, and lives.
    unsafe fn add(
        kobj: *mut bindings::kobject,
        parent: *mut bindings::kobject,
        name: &CStr,
    ) -> Result {
        let ktype: &'static bindings::kobj_type = &Self::TYPE;
        // SAFETY: The kobject is zeroed and the type is static. The format takes one string.
        to_result(unsafe {
            bindings::kobject_init_and_add(
                kobj,
                ktype,
                parent,
                c"%s".as_char_ptr(),
                name.as_char_ptr(),
            )
        })?;
        for attribute in D::ATTRIBUTES {
            // SAFETY: The kobject has just been added, and the table is static.
            to_result(unsafe {
                bindings::sysfs_create_file_ns(kobj, attribute.as_raw(), ptr::null())
            })?;
        }
        for attribute in D::BIN_ATTRIBUTES {
            // SAFETY: As above.
            to_result(unsafe { bindings::sysfs_create_bin_file(kobj, attribute.as_raw()) })?;
        }
        Ok(())
    }

    /// Takes `kobj` out of sysfs if it is there, gives up the reference to it, and waits for it to
    /// be released.
    ///
    /// # Safety
    ///
    /// [`Node::add`] was called for `kobj`, this has not been, and `released` is of the same node.
    unsafe fn put(kobj: *mut bindings::kobject, released: &Completion) {
        // SAFETY: There is a reference to it. If it is not in sysfs the first does nothing.
        unsafe {
            bindings::kobject_del(kobj);
            bindings::kobject_put_now(kobj);
        }
        // That was the last reference, but with CONFIG_DEBUG_KOBJECT_RELEASE a worker gets to
        // release it, sooner or later; and it has to be through with that before the memory and
        // the module's code may go.
        released.wait_for_completion();
        // SAFETY: The kobject's memory is still there.
        unsafe { bindings::kobject_flush_release(kobj) };
    }

    /// # Safety
    ///
    /// To be called only by the kobject core, for a kobject of a node of this type.
    unsafe extern "C" fn release(kobj: *mut bindings::kobject) {
        // SAFETY: The node is there until its `put()` has seen the completion.
        unsafe { &(*Self::from_kobj(kobj)).released }.complete_all();
    }

    /// # Safety
    ///
    /// `kobj` is the kobject of a node of this type.
    unsafe fn from_kobj(kobj: *mut bindings::kobject) -> *const Self {
        // SAFETY: This function's own requirement.
        unsafe { container_of!(Opaque::cast_from(kobj.cast_const()), Self, kobj) }
    }
}

#[pinned_drop]
impl<D: Directory> PinnedDrop for Node<D> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant there is a reference, and this is the end of it.
        unsafe { Self::put(self.kobj.get(), &self.released) };
    }
}

impl<D: Directory> Data for D {
    unsafe fn with<R>(
        kobj: *mut bindings::kobject,
        f: impl FnOnce(&Self) -> Result<R>,
    ) -> Result<R> {
        // SAFETY: This function's own requirement; `kobject_del()` waits for the call that this is
        // in, and the node is freed after that.
        let node = unsafe { &*Node::<D>::from_kobj(kobj) };
        f(&node.data)
    }
}
