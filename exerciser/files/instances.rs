// SPDX-License-Identifier: GPL-2.0

//! The directory `instances` of a state with instances.

use super::{
    inject::{
        cpus_up,
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
    state::StateDirs,
    Resettable,
    Root, //
};
use crate::exerciser::{
    callback_pair::CallbackPair,
    faults::HasFaults,
    installation::Installable,
    instances::{
        Added,
        Multi, //
    },
    log::INSTANCE_LEN,
    states::Section,
    sysfs::{
        Attribute,
        Dir,
        Directory,
        Input, //
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

/// The instances of a state.
///
/// Their directories are in the one whose files add and remove them. So these refer to each other,
/// until they are closed.
#[pin_data]
pub struct Instances<S: Section> {
    multi: Arc<Multi<S>>,
    #[pin]
    list: Mutex<List<InstancesDir<S>, Entry<S>>>,
}

/// An instance with its directories. These go before it.
struct Entry<S: Section> {
    _inject: InjectDirs,
    _dir: Dir<InstanceDir>,
    name: CString,
    added: Added<S>,
}

impl<S: Section> Instances<S> {
    /// Makes the instances of a state, of which there are none yet.
    pub fn new(multi: Arc<Multi<S>>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            multi,
            list <- new_mutex!(List::new()),
        }? Error)
    }

    /// Adds an instance.
    fn add(&self, name: &str) -> Result {
        let mut list = self.list.lock();
        let dir = list.dir.clone().ok_or(ENODEV)?;
        if list.find(name.as_bytes()).is_some() || name == "add" || name == "remove" {
            return Err(EEXIST);
        }
        // Before anything happens that would have to be undone.
        list.entries.reserve(1, GFP_KERNEL)?;

        let name = CString::try_from_fmt(fmt!("{name}"))?;
        let for_pair = name.to_cstring()?;
        let pair = Arc::pin_init(
            CallbackPair::instance(for_pair, self.multi.pair().clone()),
            GFP_KERNEL,
        )?;
        let added = Multi::add(self.multi.clone(), pair.clone())?;
        let dir = Dir::new(&dir, &name, Ok(InstanceDir(pair)))?;
        list.entries.push(
            Entry {
                _inject: InjectDirs::new(&dir)?,
                _dir: dir,
                name,
                added,
            },
            GFP_KERNEL,
        )?;
        Ok(())
    }

    /// Removes an instance.
    fn remove(&self, name: &str) -> Result {
        let mut list = self.list.lock();
        list.remove(name.as_bytes())
    }
}

impl<S: Section> Listed for Entry<S> {
    fn name(&self) -> &[u8] {
        self.name.to_bytes()
    }
}

impl<S: Section> Resettable for Instances<S> {
    fn reset(&self) {
        for entry in &self.list.lock().entries {
            entry.added.pair().faults().reset();
        }
        self.multi.pair().faults().reset();
    }
}

/// The data of the directory `instances`.
struct InstancesDir<S: Section>(Arc<Instances<S>>);

impl<S: Section> Directory for InstancesDir<S> {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::wo(c"add", |dir, input| dir.0.add(parse_name(input)?)),
        Attribute::wo(c"remove", |dir, input| dir.0.remove(parse_name(input)?)),
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
struct InstanceDir(Arc<CallbackPair>);

impl HasCallbacks for InstanceDir {
    type Callbacks = CallbackPair;

    fn callbacks(&self) -> &Arc<CallbackPair> {
        &self.0
    }
}

impl Directory for InstanceDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        cpus_up(),
        startups(),
        teardowns(),
        failures(),
        #[cfg(rust_hotplug_breaches)]
        super::breaches::call(),
    ];
}

/// The directories of a state with instances.
///
/// Dropping it removes the instances and then the directories. The state goes when nothing refers
/// to it any more.
pub struct MultiDirs<S: Section> {
    instances: Arc<Instances<S>>,
    _state: StateDirs<Multi<S>>,
}

impl<S: Section> MultiDirs<S> {
    /// Makes the directories of a state that is to be set up from the start.
    pub fn new(root: &Dir<Root>, name: &CStr, instances: Arc<Instances<S>>) -> Result<Self> {
        let state = StateDirs::new(root, name, instances.multi.clone())?;
        let data = InstancesDir(instances.clone());
        let dir = Dir::new(&state.dir, c"instances", Ok(data))?;
        instances.list.lock().dir = Some(Arc::new(dir, GFP_KERNEL)?);
        Ok(Self {
            instances,
            _state: state,
        })
    }
}

impl<S: Section> Drop for MultiDirs<S> {
    fn drop(&mut self) {
        List::close(&self.instances.list);
    }
}
