// SPDX-License-Identifier: GPL-2.0

//! The directory `states`: states of the kernel that are to fail.

use super::{
    inject::{
        failures,
        startups,
        teardowns,
        HasCallbacks,
        InjectDirs, //
    },
    Resettable,
    Root, //
};
use crate::exerciser::{
    common::Common,
    hook::Watcher,
    sysfs::{
        Attribute,
        Dir,
        Directory, //
    },
    target::{
        Key,
        Target, //
    },
};
use kernel::{
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Mutex, //
    },
};

/// The longest name that a directory can have.
const NAME_MAX: usize = 255;

/// The states that are to fail.
///
/// Their directories are in the one whose files add and remove them. So these refer to each other,
/// until they are closed.
#[pin_data]
pub struct Targets {
    common: Arc<Common>,
    watcher: Arc<Watcher>,
    #[pin]
    list: Mutex<List>,
}

struct List {
    /// The directory they are in, while states can be added.
    dir: Option<Arc<Dir<TargetsDir>>>,
    entries: KVec<Entry>,
}

/// A state with its directories. These go before it, so that nobody arms it any more.
struct Entry {
    _inject: InjectDirs,
    _dir: Dir<TargetDir>,
    /// As it was given.
    name: KVec<u8>,
    aimed: Aimed,
}

/// A state that is to fail, until this is dropped.
struct Aimed {
    target: Arc<Target>,
    watcher: Arc<Watcher>,
}

impl Drop for Aimed {
    fn drop(&mut self) {
        // Disarmed first: to disarm a fault sleeps, which whoever is in a step must not have to do.
        self.target.reset();
        self.watcher.remove(&self.target);
    }
}

impl Targets {
    /// Makes them; there are none yet.
    pub fn new(common: Arc<Common>, watcher: Arc<Watcher>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            common,
            watcher,
            list <- new_mutex!(List {
                dir: None,
                entries: KVec::new(),
            }),
        }? Error)
    }

    /// Adds a state.
    fn add(&self, name: &[u8]) -> Result {
        let mut list = self.list.lock();
        let dir = list.dir.clone().ok_or(ENODEV)?;
        let file = file_name(name)?;
        let taken = |entry: &Entry| file_name(&entry.name).is_ok_and(|f| *f == *file);
        if list.entries.iter().any(taken) || matches!(file.to_bytes(), b"add" | b"remove") {
            return Err(EEXIST);
        }
        let number = core::str::from_utf8(name).ok().and_then(parse_number);
        let key = match number {
            Some(number) => Key::Number(number),
            None => Key::Name(to_vec(name)?),
        };
        let name = to_vec(name)?;
        // Before anything happens that would have to be undone.
        list.entries.reserve(1, GFP_KERNEL)?;

        let target = Arc::pin_init(Target::new(key, self.common.clone()), GFP_KERNEL)?;
        self.watcher.add(target.clone(), number, &name)?;
        let aimed = Aimed {
            target: target.clone(),
            watcher: self.watcher.clone(),
        };
        let dir = Dir::new(&dir, &file, Ok(TargetDir(target)))?;
        list.entries.push(
            Entry {
                _inject: InjectDirs::new(&dir)?,
                _dir: dir,
                name,
                aimed,
            },
            GFP_KERNEL,
        )?;
        Ok(())
    }

    /// Removes a state.
    fn remove(&self, name: &[u8]) -> Result {
        let mut list = self.list.lock();
        let index = list.entries.iter().position(|entry| *entry.name == *name);
        // With the lock held, so that nobody adds the same before the directory is gone.
        list.entries
            .remove(index.ok_or(ENOENT)?)
            .map_err(|_| ENOENT)?;
        Ok(())
    }

    /// Removes all. None can be added after that.
    fn close(&self) {
        let mut list = self.list.lock();
        let dir = list.dir.take();
        let entries = core::mem::take(&mut list.entries);
        drop(list);
        drop(entries);
        // This waits for whoever is adding one, and so is not done under the lock.
        drop(dir);
    }
}

impl Resettable for Targets {
    fn reset(&self) {
        for entry in &self.list.lock().entries {
            entry.aimed.target.reset();
        }
    }
}

/// Returns the name that the directory of a state has.
fn file_name(name: &[u8]) -> Result<CString> {
    if name.is_empty() || name.len() > NAME_MAX || matches!(name, b"." | b"..") {
        return Err(EINVAL);
    }
    let mut bytes = to_vec(name)?;
    for byte in bytes.iter_mut().filter(|byte| **byte == b'/') {
        *byte = b'!';
    }
    bytes.push(0, GFP_KERNEL)?;
    let name = core::ffi::CStr::from_bytes_with_nul(&bytes).map_err(|_| EINVAL)?;
    Ok(name.to_cstring()?)
}

/// Reads the number of a state: digits only.
fn parse_number(name: &str) -> Option<i32> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    // A number that is too large is one that no state has.
    (digits && !name.is_empty()).then(|| name.parse().unwrap_or(i32::MAX))
}

fn to_vec(bytes: &[u8]) -> Result<KVec<u8>> {
    let mut vec = KVec::with_capacity(bytes.len(), GFP_KERNEL)?;
    vec.extend_from_slice(bytes, GFP_KERNEL)?;
    Ok(vec)
}

/// The data of the directory `states`.
struct TargetsDir(Arc<Targets>);

impl Directory for TargetsDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::wo(c"add", |dir, input| dir.0.add(input.line())),
        Attribute::wo(c"remove", |dir, input| dir.0.remove(input.line())),
    ];
}

/// The data of the directory of a state.
struct TargetDir(Arc<Target>);

impl HasCallbacks for TargetDir {
    type Callbacks = Target;

    fn callbacks(&self) -> &Arc<Target> {
        &self.0
    }
}

impl Directory for TargetDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::ro(c"state", |dir, text| text.line(fmt!("{}", dir.0.number()))),
        Attribute::ro(c"section", |dir, text| {
            text.line(fmt!("{}", dir.0.section()))
        }),
        startups(),
        teardowns(),
        failures(),
    ];
}

/// The directory `states`. Dropping it removes all in it.
pub struct TargetsDirs(Arc<Targets>);

impl TargetsDirs {
    /// Makes the directory.
    pub fn new(root: &Dir<Root>, targets: Arc<Targets>) -> Result<Self> {
        let dir = Dir::new(root, c"states", Ok(TargetsDir(targets.clone())))?;
        targets.list.lock().dir = Some(Arc::new(dir, GFP_KERNEL)?);
        Ok(Self(targets))
    }
}

impl Drop for TargetsDirs {
    fn drop(&mut self) {
        self.0.close();
    }
}
