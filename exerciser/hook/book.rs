// SPDX-License-Identifier: GPL-2.0

//! What is known of the kernel's states, and what the kernel is doing with them.

use crate::exerciser::{
    bindings,
    checker::{
        Others,
        Progress,
        STATES, //
    },
    log::{
        NameId,
        Names, //
    },
    operation::Returned,
    target::{
        copy_name,
        is_online,
        Target, //
    }, //
};
use kernel::{
    prelude::*,
    rbtree::RBTree,
    sync::Arc, //
};

/// A state of the kernel.
pub(super) struct State {
    /// The name, while something is set up there.
    pub(super) name: Option<KVec<u8>>,
    /// The same for the log.
    pub(super) name_id: NameId,
    /// The addresses of the callbacks, as far as they are known; 0 for none.
    pub(super) startup: usize,
    pub(super) teardown: usize,
    /// Whether it is one with instances, where that is known.
    pub(super) multi: Option<bool>,
    /// Whether it is one of this module.
    pub(super) own: bool,
    /// Which setup it is of, of those that have been seen: a number is given to another state as
    /// soon as the kernel has removed one. If none has been seen, not all instances are known.
    pub(super) setup: Option<u64>,
    /// The callbacks that are hooked.
    pub(super) hooked_startup: bool,
    pub(super) hooked_teardown: bool,
    /// What is to fail, if something is.
    pub(super) target: Option<Arc<Target>>,
}

impl State {
    const NONE: Self = Self {
        name: None,
        name_id: NameId::UNKNOWN,
        startup: 0,
        teardown: 0,
        multi: None,
        own: false,
        setup: None,
        hooked_startup: false,
        hooked_teardown: false,
        target: None,
    };

    /// Returns the address of a callback, or 0.
    pub(super) fn function(&self, startup: bool) -> usize {
        if startup {
            self.startup
        } else {
            self.teardown
        }
    }

    /// Notes that a callback is at this address. If that is another one than before, it is not
    /// hooked.
    pub(super) fn set_function(&mut self, startup: bool, function: usize) {
        let (known, hooked) = if startup {
            (&mut self.startup, &mut self.hooked_startup)
        } else {
            (&mut self.teardown, &mut self.hooked_teardown)
        };
        *hooked &= *known == function;
        *known = function;
    }

    /// Notes that a callback is hooked.
    pub(super) fn set_hooked(&mut self, startup: bool) {
        if startup {
            self.hooked_startup = true;
        } else {
            self.hooked_teardown = true;
        }
    }

    /// Notes that no callback is hooked.
    pub(super) fn set_unhooked(&mut self) {
        self.hooked_startup = false;
        self.hooked_teardown = false;
    }

    /// Whether the kernel recovers if a callback fails in a hotplug operation for one instance, and
    /// not for all of the state `number` that this is.
    pub(super) fn recovers_instances(&self, number: i32) -> bool {
        if is_online(number) {
            // If the state lacks the other callback, the kernel keeps in mind how far it was, and
            // warns at the next state (`cpuhp_invoke_callback()`, `lastp`). Of a state that was set
            // up before the hook, a callback is known when it has been called.
            self.startup != 0 && self.teardown != 0
        } else {
            // The kernel before 7.2 forgets the error of an instance that is not the first.
            !cfg!(before_7_2)
        }
    }

    /// Whether a callback is hooked.
    pub(super) fn is_hooked(&self, startup: bool) -> bool {
        if startup {
            self.hooked_startup
        } else {
            self.hooked_teardown
        }
    }
}

/// A setup or removal, of a state or of an instance, that a task is busy with.
pub(super) struct Operating {
    /// The number of the state, or -1 while the kernel has not given it yet.
    pub(super) number: i32,
    /// The address of the instance, or 0.
    pub(super) instance: usize,
    /// Whether the state is one of this module.
    pub(super) own: bool,
    /// Which setup of the state it is about, as in [`State::setup`].
    pub(super) setup: Option<u64>,
    /// What the state will be, while that is not in the book yet.
    pub(super) state: Option<State>,
    /// How often somebody had begun to watch when it began, as [`Book::times_watched`].
    pub(super) times_watched: u64,
    pub(super) progress: Progress,
}

impl Operating {
    /// The kernel has returned from a setup that asked for a number: with that, or with an error.
    ///
    /// If a callback returned a positive number, the kernel returns that, which then looks like the
    /// number of the state. But the state had got its number before the callback was called.
    pub(super) fn number_returned(&mut self, returned: Returned) -> Returned {
        if returned.0 <= 0 || self.progress.has_failed() {
            return returned;
        }
        if self.number < 0 {
            self.number = returned.0;
        }
        if returned.0 == self.number {
            Returned::SUCCESS
        } else {
            returned
        }
    }
}

/// All that is known.
pub(super) struct Book {
    pub(super) states: KVVec<State>,
    /// How many setups have been seen.
    setups: u64,
    /// How many removals of states have been seen.
    pub(super) removals: u64,
    pub(super) operating: KVec<Operating>,
    /// How many callbacks are running, but for that of `cpu:bringup`: it contains all that the
    /// other CPU does.
    callbacks: u32,
    /// Whether all states that were there before the hook are in the book.
    pub(super) knows_all: bool,
    /// Whether there was no memory to note something. What drivers do wrong cannot be told then.
    pub(super) forgot: bool,
    /// The instances that have been added since the hook is in place, and their states.
    pub(super) instances: RBTree<usize, i32>,
    /// What is up, as far as that was seen since somebody began to watch.
    pub(super) others: Others,
    /// How often somebody has begun to watch.
    pub(super) times_watched: u64,
}

impl Book {
    pub(super) fn new() -> Result<Self> {
        let mut states = KVVec::with_capacity(STATES, GFP_KERNEL)?;
        for _ in 0..STATES {
            states.push(State::NONE, GFP_KERNEL)?;
        }
        Ok(Self {
            states,
            setups: 0,
            removals: 0,
            operating: KVec::with_capacity(8, GFP_KERNEL)?,
            callbacks: 0,
            knows_all: false,
            forgot: false,
            instances: RBTree::new(),
            others: Others::new()?,
            times_watched: 0,
        })
    }

    /// Takes the place of another one, but for what is to fail.
    pub(super) fn swap_but_targets(&mut self, other: &mut Self) {
        for (new, old) in self.states.iter_mut().zip(other.states.iter_mut()) {
            new.target = old.target.take();
        }
        core::mem::swap(self, other);
    }

    pub(super) fn state(&mut self, number: i32) -> Option<&mut State> {
        self.states.get_mut(usize::try_from(number).ok()?)
    }

    /// A state has been set up, or is being set up and has got its number.
    ///
    /// Returns which setup that is.
    pub(super) fn set_up(
        &mut self,
        number: i32,
        new: State,
        targets: &[Arc<Target>],
    ) -> Option<u64> {
        self.setups += 1;
        self.forgot |= new.name.is_none();
        let setup = Some(self.setups);
        let state = self.state(number)?;
        let target = state.target.take();
        *state = State {
            target,
            setup,
            ..new
        };
        self.others.forget_all(number);
        self.aim(number, targets);
        setup
    }

    /// A state has been removed.
    pub(super) fn removed(&mut self, number: i32, targets: &[Arc<Target>]) {
        self.removals += 1;
        if let Some(state) = self.state(number) {
            let target = state.target.take();
            *state = State {
                target,
                ..State::NONE
            };
        }
        // The kernel has forgotten those that were left. Their addresses may be those of others
        // next.
        while let Some(instance) = self.instance_of(number) {
            self.instances.remove(&instance);
        }
        self.others.forget_all(number);
        self.aim(number, targets);
    }

    /// Returns an instance of a state, if one is known.
    pub(super) fn instance_of(&self, number: i32) -> Option<usize> {
        let mut instances = self.instances.iter();
        instances
            .find(|(_, of)| **of == number)
            .map(|(instance, _)| *instance)
    }

    /// Finds what is to fail for a state: one that has its name goes before one that has its
    /// number.
    pub(super) fn aim(&mut self, number: i32, targets: &[Arc<Target>]) {
        let Some(state) = self.state(number) else {
            return;
        };
        let name = state.name.as_deref();
        let matching = || targets.iter().filter(|t| t.matches(number, name));
        let found = matching()
            .find(|target| target.is_by_name())
            .or_else(|| matching().next());
        let old = core::mem::replace(&mut state.target, found.cloned());
        // SAFETY: The function sets a flag of a state that there is.
        unsafe { bindings::hook_aim(number, state.target.is_some()) };
        for target in matching() {
            target.set_number(if state.name.is_some() { number } else { -1 });
        }
        if let Some(old) = old {
            if !matching().any(|target| Arc::ptr_eq(target, &old)) {
                old.set_number(-1);
            }
        }
    }

    pub(super) fn aim_all(&mut self, targets: &[Arc<Target>]) {
        for number in 0..STATES as i32 {
            self.aim(number, targets);
        }
    }

    pub(super) fn operating(&mut self, task: usize) -> Option<&mut Operating> {
        self.operating
            .iter_mut()
            .rev()
            .find(|o| o.progress.task == task)
    }

    /// A callback begins. Returns whether no other one runs.
    pub(super) fn begin_callback(&mut self, number: i32) -> bool {
        let alone = self.callbacks == 0;
        self.callbacks += u32::from(is_alone(number));
        alone
    }

    /// It is over.
    pub(super) fn end_callback(&mut self, number: i32) {
        self.callbacks = self.callbacks.saturating_sub(u32::from(is_alone(number)));
    }

    /// Notes the names that the kernel shows, of states that were set up before the hook was in
    /// place.
    pub(super) fn learn(&mut self, text: &[u8], names: &Names) {
        for line in text.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii_start();
            let Some(end) = line.windows(2).position(|two| two == b": ") else {
                continue;
            };
            let number = core::str::from_utf8(&line[..end]).ok();
            let Some(number) = number.and_then(|number| number.parse::<i32>().ok()) else {
                continue;
            };
            let name = &line[end + 2..];
            let Some(state) = self.state(number) else {
                continue;
            };
            if state.name.is_some() {
                // It has been set up meanwhile.
                continue;
            }
            state.name = copy_name(name, GFP_ATOMIC).ok();
            let is_noted = state.name.is_some();
            state.name_id = names.id(name);
            state.own = is_own(name);
            self.forgot |= !is_noted;
        }
    }
}

/// Whether no callback runs beside that of a state.
fn is_alone(number: i32) -> bool {
    number != bindings::cpuhp_state_CPUHP_BRINGUP_CPU
}

/// Whether this is the name of one of this module's states.
pub(super) fn is_own(name: &[u8]) -> bool {
    name.starts_with(b"rust_hotplug/")
}

/// What a state will be that is about to be set up.
pub(super) fn new_state(
    name: &[u8],
    names: &Names,
    startup: usize,
    teardown: usize,
    multi: bool,
    own: bool,
) -> State {
    State {
        name: copy_name(name, GFP_KERNEL).ok(),
        name_id: names.id(name),
        startup,
        teardown,
        multi: Some(multi),
        own,
        ..State::NONE
    }
}
