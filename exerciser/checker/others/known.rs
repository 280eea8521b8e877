// SPDX-License-Identifier: GPL-2.0

//! What is known to be up.

use crate::exerciser::bindings;
use kernel::{
    cpu::nr_cpu_ids,
    prelude::*,
    rbtree::RBTree, //
};

/// How many states there can be: they are numbered from 0.
pub const STATES: usize = bindings::cpuhp_state_CPUHP_ONLINE as usize + 1;

/// What is known of all states and instances.
pub(super) struct Known {
    /// Of states without instances: the callbacks by the number of the state, and the CPUs of one
    /// state behind those of another. All are there from the start, because a call is seen where
    /// nobody can wait for memory.
    seen: KVVec<Seen>,
    cpus: KVVec<Option<bool>>,
    /// Of instances, by the number of the state and the address of the instance.
    instances: RBTree<(i32, usize), Instance>,
}

/// What is known of an instance.
struct Instance {
    seen: Seen,
    /// Not in pages of their own: an instance is forgotten where nobody can wait.
    cpus: KVec<Option<bool>>,
}

/// The callbacks that have been seen.
#[derive(Copy, Clone, Default)]
pub(super) struct Seen {
    pub(super) startup: bool,
    pub(super) teardown: bool,
}

impl Seen {
    /// Whether both have. Then each call undoes another.
    pub(super) fn both(self) -> bool {
        self.startup && self.teardown
    }
}

/// What is known of a state without instances, or of an instance.
pub(super) struct Track<'a> {
    pub(super) seen: &'a mut Seen,
    /// For each CPU, whether it is up, where that is known.
    pub(super) cpus: &'a mut [Option<bool>],
}

impl Known {
    /// Knows nothing.
    pub(super) fn nothing() -> Result<Self> {
        let cpus = STATES * nr_cpu_ids() as usize;
        Ok(Self {
            seen: KVVec::from_elem(Seen::default(), STATES, GFP_KERNEL)?,
            cpus: KVVec::from_elem(None, cpus, GFP_KERNEL)?,
            instances: RBTree::new(),
        })
    }

    /// Returns the callbacks that have been seen of a state or an instance, as of
    /// [`Known::track`], and whether it is up on a CPU, where that is known. The instance may be a
    /// new one. Without memory nothing is known of that.
    #[inline]
    pub(super) fn on_cpu(
        &mut self,
        number: i32,
        instance: usize,
        cpu: u32,
    ) -> Option<(&mut Seen, &mut Option<bool>)> {
        if instance == 0 {
            let index = usize::try_from(number).ok()?;
            let seen = self.seen.get_mut(index)?;
            let cpu = index * nr_cpu_ids() as usize + cpu as usize;
            Some((seen, self.cpus.get_mut(cpu)?))
        } else {
            let track = self.instance((number, instance))?;
            Some((track.seen, track.cpus.get_mut(cpu as usize)?))
        }
    }

    /// Returns what is known of a state without instances, if `instance` is 0, or of an instance.
    pub(super) fn track(&mut self, number: i32, instance: usize) -> Option<Track<'_>> {
        if instance == 0 {
            return self.state(number);
        }
        let Instance { seen, cpus } = self.instances.get_mut(&(number, instance))?;
        Some(Track { seen, cpus })
    }

    fn state(&mut self, number: i32) -> Option<Track<'_>> {
        let index = usize::try_from(number).ok()?;
        let seen = self.seen.get_mut(index)?;
        let n = nr_cpu_ids() as usize;
        let cpus = self.cpus.get_mut(index * n..(index + 1) * n)?;
        Some(Track { seen, cpus })
    }

    /// Returns what is known of an instance that may be a new one.
    fn instance(&mut self, key: (i32, usize)) -> Option<Track<'_>> {
        if self.instances.get(&key).is_none() {
            let instance = Instance {
                seen: Seen::default(),
                cpus: KVec::from_elem(None, nr_cpu_ids() as usize, GFP_ATOMIC).ok()?,
            };
            self.instances
                .try_create_and_insert(key, instance, GFP_ATOMIC)
                .ok()?;
        }
        let Instance { seen, cpus } = self.instances.get_mut(&key)?;
        Some(Track { seen, cpus })
    }

    /// Forgets an instance.
    pub(super) fn forget(&mut self, number: i32, instance: usize) {
        self.instances.remove(&(number, instance));
    }

    /// Forgets a state with all its instances.
    pub(super) fn forget_all(&mut self, number: i32) {
        if let Some(Track { seen, cpus }) = self.state(number) {
            *seen = Seen::default();
            cpus.fill(None);
        }
        while let Some(cursor) = self.instances.cursor_lower_bound(&(number, 0)) {
            let (key, _) = cursor.current();
            if key.0 != number {
                break;
            }
            let key = *key;
            self.instances.remove(&key);
        }
    }
}
