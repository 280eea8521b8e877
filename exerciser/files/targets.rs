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
    list::{
        List,
        Listed, //
    },
    Resettable,
    Root, //
};
use crate::exerciser::{
    common::Common,
    faults::HasFaults,
    hook::Watcher,
    sysfs::{
        Attribute,
        Dir,
        Directory, //
    },
    target::{
        copy_name,
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
    list: Mutex<List<TargetsDir, Entry>>,
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
        self.target.faults().reset();
        self.watcher.remove(&self.target);
    }
}

impl Targets {
    /// Makes them; there are none yet.
    pub fn new(common: Arc<Common>, watcher: Arc<Watcher>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            common,
            watcher,
            list <- new_mutex!(List::new()),
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
            None => Key::Name(copy_name(name, GFP_KERNEL)?),
        };
        let name = copy_name(name, GFP_KERNEL)?;
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
        // With the lock held, so that nobody adds the same before the directory is gone.
        list.remove(name)
    }
}

impl Listed for Entry {
    fn name(&self) -> &[u8] {
        &self.name
    }
}

impl Resettable for Targets {
    fn reset(&self) {
        for entry in &self.list.lock().entries {
            entry.aimed.target.faults().reset();
        }
    }
}

/// Returns the name that the directory of a state has.
fn file_name(name: &[u8]) -> Result<CString> {
    if name.is_empty() || name.len() > NAME_MAX || matches!(name, b"." | b"..") {
        return Err(EINVAL);
    }
    let mut bytes = copy_name(name, GFP_KERNEL)?;
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
        List::close(&self.0.list);
    }
}
