// SPDX-License-Identifier: GPL-2.0

//! The directory `instances` of a state with instances.

use super::{
    inject::{
        cpus_up,
        failures,
        startups,
        teardowns,
        HasPoint,
        InjectDirs, //
    },
    state::{
        registrar,
        StateDirs, //
    },
    Resettable,
    Root, //
};
use crate::{
    cpuhp::{
        OwnerRef,
        Registrar, //
    },
    instances::{
        Added,
        InstanceFromPoint,
        Multi, //
    },
    log::INSTANCE_LEN,
    point::Point,
    sysfs::{
        Attribute,
        Dir,
        Directory,
        Input, //
    },
    way::Installable,
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

/// The instances of a state.
///
/// Their directories are in the one whose files add and remove them. So these refer to each other,
/// until they are closed.
#[pin_data]
pub struct Instances<T: InstanceFromPoint> {
    multi: Arc<Multi<T>>,
    module: &'static ThisModule,
    #[pin]
    list: Mutex<List<T>>,
}

struct List<T: InstanceFromPoint> {
    /// The directory they are in, while instances can be added.
    dir: Option<Arc<Dir<InstancesDir<T>>>>,
    entries: KVec<Entry<T>>,
}

/// An instance with its directories, which go first.
struct Entry<T: InstanceFromPoint> {
    _inject: InjectDirs,
    _dir: Dir<InstanceDir>,
    name: CString,
    added: Added<T>,
}

impl<T: InstanceFromPoint> Instances<T> {
    /// Makes the instances of the state with this point, of which there are none yet.
    pub fn new(
        point: Arc<Point>,
        owner: OwnerRef,
        module: &'static ThisModule,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            multi: Arc::pin_init(Multi::new(point, owner), GFP_KERNEL)?,
            module,
            list <- new_mutex!(List {
                dir: None,
                entries: KVec::new(),
            }),
        }? Error)
    }

    /// Adds an instance.
    fn add(&self, name: &str, registrar: &mut Registrar) -> Result {
        let mut list = self.list.lock();
        let dir = list.dir.clone().ok_or(ENODEV)?;
        if list.find(name).is_some() || name == "add" || name == "remove" {
            return Err(EEXIST);
        }
        // Before anything happens that would have to be undone.
        list.entries.reserve(1, GFP_KERNEL)?;

        let name = CString::try_from_fmt(fmt!("{name}"))?;
        let for_point = name.to_cstring()?;
        let point = Arc::pin_init(
            Point::instance(for_point, self.multi.point().clone()),
            GFP_KERNEL,
        )?;
        let added = self.multi.add(registrar, point.clone())?;
        let dirs = Dir::new(&dir, &name, Ok(InstanceDir(point)), self.module)
            .and_then(|dir| Ok((InjectDirs::new(&dir, self.module)?, dir)));
        let (inject, dir) = match dirs {
            Ok(dirs) => dirs,
            Err(error) => {
                self.multi.del(registrar, added);
                return Err(error);
            }
        };
        list.entries.push(
            Entry {
                _inject: inject,
                _dir: dir,
                name,
                added,
            },
            GFP_KERNEL,
        )?;
        Ok(())
    }

    /// Removes an instance.
    fn remove(&self, name: &str, registrar: &mut Registrar) -> Result {
        let mut list = self.list.lock();
        let index = list.find(name).ok_or(ENOENT)?;
        let entry = list.entries.remove(index).map_err(|_| ENOENT)?;
        self.delete(entry, registrar);
        Ok(())
    }

    /// Removes the directories of an instance, and then the instance.
    fn delete(&self, entry: Entry<T>, registrar: &mut Registrar) {
        let Entry {
            _inject,
            _dir,
            name: _,
            added,
        } = entry;
        drop(_inject);
        drop(_dir);
        self.multi.del(registrar, added);
    }

    /// Removes all instances. None can be added after that.
    fn close(&self, registrar: &mut Registrar) {
        let mut list = self.list.lock();
        let dir = list.dir.take();
        let mut entries = core::mem::take(&mut list.entries);
        drop(list);
        for entry in entries.drain_all() {
            self.delete(entry, registrar);
        }
        // This waits for who is adding one, and so not under the lock.
        drop(dir);
    }
}

impl<T: InstanceFromPoint> List<T> {
    fn find(&self, name: &str) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.name.to_bytes() == name.as_bytes())
    }
}

impl<T: InstanceFromPoint> Resettable for Instances<T> {
    fn reset(&self) {
        for entry in &self.list.lock().entries {
            entry.added.point().reset();
        }
        self.multi.point().reset();
    }
}

/// The data of the directory `instances`.
struct InstancesDir<T: InstanceFromPoint>(Arc<Instances<T>>);

impl<T: InstanceFromPoint> Directory for InstancesDir<T> {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::wo(c"add", |dir, input| {
            // SAFETY: This is the only one here.
            let mut registrar = unsafe { registrar(input) };
            dir.0.add(parse_name(input)?, &mut registrar)
        }),
        Attribute::wo(c"remove", |dir, input| {
            // SAFETY: This is the only one here.
            let mut registrar = unsafe { registrar(input) };
            dir.0.remove(parse_name(input)?, &mut registrar)
        }),
    ];
}

/// Reads the name of an instance, which becomes that of a directory and a word in the log.
fn parse_name<'a>(input: &Input<'a>) -> Result<&'a str> {
    let name = input.text()?;
    let is_word = name.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':' | b'@' | b'+')
    });
    if !is_word || name.len() > INSTANCE_LEN || matches!(name, "." | ".." | "-") {
        return Err(EINVAL);
    }
    Ok(name)
}

/// The data of the directory of an instance.
struct InstanceDir(Arc<Point>);

impl HasPoint for InstanceDir {
    fn point(&self) -> &Arc<Point> {
        &self.0
    }
}

impl Directory for InstanceDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        cpus_up(),
        startups(),
        teardowns(),
        failures(),
        #[cfg(rust_hotplug_hook)]
        super::inject::call(),
    ];
}

/// The directories of a state with instances.
///
/// Dropping it removes the instances and then the directories. The state goes when nothing refers
/// to it any more.
pub struct MultiDirs<T: InstanceFromPoint> {
    instances: Arc<Instances<T>>,
    _state: StateDirs<Multi<T>>,
}

impl<T: InstanceFromPoint> MultiDirs<T> {
    /// Makes the directories of a state that is to be set up from the start.
    pub fn new(
        root: &Dir<Root>,
        name: &CStr,
        instances: Arc<Instances<T>>,
        registrar: &mut Registrar,
        module: &'static ThisModule,
    ) -> Result<Self> {
        let state = StateDirs::new(root, name, instances.multi.clone(), registrar, module)?;
        let dir = Dir::new(
            &state.dir,
            c"instances",
            Ok(InstancesDir(instances.clone())),
            module,
        )?;
        instances.list.lock().dir = Some(Arc::new(dir, GFP_KERNEL)?);
        Ok(Self {
            instances,
            _state: state,
        })
    }
}

impl<T: InstanceFromPoint> Drop for MultiDirs<T> {
    fn drop(&mut self) {
        // SAFETY: The directories are dropped when the module is unloaded or could not be loaded,
        // in process context and without a lock held, and so without a guard.
        let mut registrar = unsafe { Registrar::assume() };
        self.instances.close(&mut registrar);
    }
}
