// SPDX-License-Identifier: GPL-2.0

//! The directory of a state.

use super::{
    inject::{
        cpus_up,
        failures,
        startups,
        teardowns,
        HasPoint,
        InjectDirs, //
    },
    Root, //
};
use crate::{
    cpuhp::{
        Registrar,
        Which, //
    },
    point::Point,
    sysfs::{
        Attribute,
        Dir,
        Directory,
        Input, //
    },
    way::{
        Installable,
        Named,
        Way, //
    },
};
use kernel::{
    prelude::*,
    str::BStr,
    sync::Arc, //
};

/// The right to set up states that the store function of an attribute has, as its input shows.
///
/// # Safety
///
/// A store function asks for one only.
pub(super) unsafe fn registrar(_input: &Input<'_>) -> Registrar {
    // SAFETY: The store functions of attributes are called in process context, by a task that is on
    // its way through write(). All it holds is the mutex of the open file and a reference that
    // keeps the attribute, and no cpuhp callback waits for either. Nor does any wait for the
    // mutexes that this module holds meanwhile. The caller sees to it that there is no other.
    unsafe { Registrar::assume() }
}

/// The data of the directory of a state.
pub(super) struct StateDir<S: Installable>(pub(super) Arc<S>);

impl<S: Installable> HasPoint for StateDir<S> {
    fn point(&self) -> &Arc<Point> {
        self.0.point()
    }
}

impl<S: Installable> Directory for StateDir<S> {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::ro(c"state", |dir, text| text.line(fmt!("{}", dir.0.number()))),
        Attribute::rw(
            c"installed",
            |dir, text| text.line(fmt!("{}", i32::from(dir.0.number() >= 0))),
            |dir, input| {
                let install = input.number(0..=1)? == 1;
                // SAFETY: This is the only one here.
                let mut registrar = unsafe { registrar(input) };
                if install {
                    dir.0.install(&mut registrar)
                } else {
                    dir.0.remove(&mut registrar)
                }
            },
        ),
        Attribute::rw(
            c"setup",
            |dir, text| text.line(fmt!("{}", dir.0.settings().way.name())),
            |dir, input| {
                let way = Way::from_name(input.text()?)?;
                dir.0.change_settings(|settings| settings.way = way)
            },
        ),
        Attribute::rw(
            c"callbacks",
            |dir, text| text.line(fmt!("{}", dir.0.settings().which.name())),
            |dir, input| {
                let which = Which::from_name(input.text()?)?;
                dir.0.change_settings(|settings| settings.which = which)
            },
        ),
        cpus_up(),
        startups(),
        teardowns(),
        failures(),
        #[cfg(rust_hotplug_hook)]
        super::inject::call(),
    ];
}

/// The directory of a state and the two in it. The inner ones go first.
pub struct StateDirs<S: Installable> {
    _inject: InjectDirs,
    pub(super) dir: Dir<StateDir<S>>,
}

impl<S: Installable> StateDirs<S> {
    /// Makes the directories of a state that is to be set up from the start.
    pub fn new(
        root: &Dir<Root>,
        name: &CStr,
        state: Arc<S>,
        registrar: &mut Registrar,
        module: &'static ThisModule,
    ) -> Result<Self> {
        state.install(registrar).inspect_err(|error| {
            pr_err!(
                "state {} could not be set up: {:?}\n",
                BStr::from_bytes(name.to_bytes()),
                error
            );
        })?;
        let dir = Dir::new(root, name, Ok(StateDir(state)), module)?;
        Ok(Self {
            _inject: InjectDirs::new(&dir, module)?,
            dir,
        })
    }
}
