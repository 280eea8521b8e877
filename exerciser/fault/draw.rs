// SPDX-License-Identifier: GPL-2.0

//! Draws that can be repeated.
//!
//! A draw depends on the seed, on what is drawn for, on the CPU, and on how many draws there were
//! for both of these before it; and so not on how the calls for different CPUs follow one another.

use crate::exerciser::bindings;
use kernel::{
    bindings::siphash_key_t,
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
};

/// The seed of all draws.
pub struct Seed {
    value: Atomic<u64>,
    /// How often it was set. All draws start over with each.
    era: Atomic<u64>,
}

impl Default for Seed {
    /// Makes the seed 0.
    fn default() -> Self {
        Self {
            value: Atomic::new(0),
            // So that it differs from that of new `Draws`, which have drawn nothing.
            era: Atomic::new(1),
        }
    }
}

impl Seed {
    /// Returns it.
    pub fn get(&self) -> u64 {
        self.value.load(Relaxed)
    }

    /// Sets it, and starts all draws over.
    pub fn set(&self, value: u64) {
        self.value.store(value, Relaxed);
        self.restart();
    }

    /// Starts all draws over.
    pub fn restart(&self) {
        // Whoever sees the new era sees its seed.
        self.era.fetch_add(1u64, Release);
    }
}

/// Mixes two words into one.
fn hash(a: u64, b: u64, key: [u64; 2]) -> u64 {
    // SAFETY: The function computes, and the key lives for as long as it does.
    unsafe { bindings::siphash_2u64(a, b, &siphash_key_t { key }) }
}

/// What is drawn for.
#[derive(Copy, Clone)]
pub struct DrawId(u64);

impl DrawId {
    /// Makes the identity of something with this kind and name.
    pub fn new(kind: u64, name: &[u8]) -> Self {
        let id = name.chunks(8).fold(hash(kind, 0, [0; 2]), |id, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            hash(id, u64::from_le_bytes(word), [0; 2])
        });
        Self(id)
    }
}

/// The draws for one thing.
pub(super) struct Draws {
    id: DrawId,
    cpus: KVVec<OfCpu>,
}

#[derive(Copy, Clone)]
struct OfCpu {
    era: u64,
    drawn: u64,
}

impl Draws {
    /// Makes room for them. May sleep.
    pub(super) fn new(id: DrawId) -> Result<Self> {
        let none = OfCpu { era: 0, drawn: 0 };
        let cpus = KVVec::from_elem(none, nr_cpu_ids() as usize, GFP_KERNEL)?;
        Ok(Self { id, cpus })
    }

    /// Draws a number below 100 for a CPU.
    pub(super) fn percent(&mut self, seed: &Seed, cpu: CpuId) -> u32 {
        let of_cpu = &mut self.cpus[cpu.as_u32() as usize];
        let era = seed.era.load(Acquire);
        if of_cpu.era != era {
            *of_cpu = OfCpu { era, drawn: 0 };
        }
        let nth = of_cpu.drawn;
        of_cpu.drawn += 1;

        let number = hash(cpu.as_u32().into(), nth, [seed.get(), self.id.0]);
        // Of the upper half, as much as fits 100 times.
        (((number >> 32) * 100) >> 32) as u32
    }
}
