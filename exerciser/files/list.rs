// SPDX-License-Identifier: GPL-2.0

//! What is added and removed by name, each with a directory.

use crate::exerciser::sysfs::{
    Dir,
    Directory, //
};
use kernel::{
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};

/// Something in a [`List`]. Dropping it removes it with its directories.
pub(super) trait Listed {
    /// Returns its name, as it was given.
    fn name(&self) -> &[u8];
}

/// What has been added, and the directory that all of it is in.
pub(super) struct List<D: Directory, E: Listed> {
    /// The directory, while something can be added.
    pub(super) dir: Option<Arc<Dir<D>>>,
    pub(super) entries: KVec<E>,
}

impl<D: Directory, E: Listed> List<D, E> {
    /// Makes one that is empty, and has no directory yet.
    pub(super) fn new() -> Self {
        Self {
            dir: None,
            entries: KVec::new(),
        }
    }

    /// Returns the place of what has this name.
    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        self.entries.iter().position(|entry| entry.name() == name)
    }

    /// Removes what has this name.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there is nothing of that name.
    pub(super) fn remove(&mut self, name: &[u8]) -> Result {
        let index = self.find(name).ok_or(ENOENT)?;
        self.entries.remove(index).map_err(|_| ENOENT)?;
        Ok(())
    }

    /// Removes all. Nothing can be added after that.
    pub(super) fn close(list: &Mutex<Self>) {
        let mut list = list.lock();
        let dir = list.dir.take();
        let entries = core::mem::take(&mut list.entries);
        drop(list);
        drop(entries);
        // This waits for whoever is adding something, and so is not done under the lock.
        drop(dir);
    }
}
