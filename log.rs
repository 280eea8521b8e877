// SPDX-License-Identifier: GPL-2.0

//! The event log: what the kernel called, in order.
//!
//! It is a ring. Writers reserve a place with one atomic addition and fill it, and so never wait,
//! neither for one another nor for a reader. A reader takes a copy of a record and then looks
//! whether it was being overwritten; if so, or if it was overwritten before, the reader gets a line
//! that says so in its place.

mod record;

pub use record::{
    Callback,
    Event,
    Op,
    StateName,
    INSTANCE_LEN, //
};

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        barrier::{
            smp_mb,
            Read,
            Write, //
        }, //
    },
};
use record::{
    Line,
    Words,
    LINE_LEN,
    WORDS, //
};

/// How many records are kept.
const CAPACITY: u64 = 1 << 17;

/// The log.
///
/// Every record has a *ticket*: how many were written before it since the log was made.
pub struct Log {
    ring: VVec<Place>,
    /// The ticket of the next record.
    next: Atomic<u64>,
    /// The ticket of the first record since the last reset, which has the sequence number 0.
    base: Atomic<u64>,
}

/// Where a record is kept.
struct Place {
    /// One more than the ticket of the record that is here, or 0 while it is not whole.
    tag: Atomic<u64>,
    words: [Atomic<u64>; WORDS],
}

/// What there is of the record with a given ticket.
enum Found {
    Record(Words),
    Overwritten,
    /// It is not written yet, or not to the end.
    NotYet,
}

impl Log {
    /// Makes an empty log. May sleep.
    pub fn new() -> Result<Self> {
        let mut ring = VVec::with_capacity(CAPACITY as usize, GFP_KERNEL)?;
        for _ in 0..CAPACITY {
            ring.push(
                Place {
                    tag: Atomic::new(0),
                    words: [const { Atomic::new(0) }; WORDS],
                },
                GFP_KERNEL,
            )?;
        }
        Ok(Self {
            ring,
            next: Atomic::new(0),
            base: Atomic::new(0),
        })
    }

    /// Appends a record. From any context; never waits.
    pub fn write(&self, event: &Event<'_>) {
        let words = event.pack();
        let ticket = self.next.fetch_add(1, Full);
        let place = self.place(ticket);

        place.tag.store(0, Relaxed);
        // Whoever reads one of the new words finds the 0, or what comes after it.
        smp_mb(Write);
        for (to, from) in place.words.iter().zip(words) {
            to.store(from, Relaxed);
        }
        place.tag.store(ticket + 1, Release);
    }

    /// Starts again with sequence number 0 and forgets what there was.
    pub fn reset(&self) {
        self.base.store(self.next.load(Relaxed), Relaxed);
    }

    /// Reads lines at a byte offset. Returns how many bytes; 0 at the end of what there is.
    ///
    /// Line N starts at N times the length of a line and has the sequence number N.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let mut line = Line::new();
        let mut done = 0;

        while done < buffer.len() {
            let at = offset + done as u64;
            let sequence = at / LINE_LEN as u64;
            match self.find(sequence) {
                Found::Record(words) => line.write_record(sequence, &words),
                Found::Overwritten => line.write_lost(sequence),
                Found::NotYet => break,
            }
            let rest = &line.as_bytes()[at as usize % LINE_LEN..];
            let n = rest.len().min(buffer.len() - done);
            buffer[done..done + n].copy_from_slice(&rest[..n]);
            done += n;
        }
        done
    }

    /// Finds a record by its sequence number.
    fn find(&self, sequence: u64) -> Found {
        let ticket = self.base.load(Relaxed).saturating_add(sequence);
        let next = self.next.load(Relaxed);
        if ticket >= next {
            return Found::NotYet;
        }

        let place = self.place(ticket);
        let tag = place.tag.load(Acquire);
        if tag == ticket + 1 {
            let words = core::array::from_fn(|i| place.words[i].load(Relaxed));
            // If a word is of a later record, then the tag that is read now is not this one's.
            smp_mb(Read);
            if place.tag.load(Relaxed) == tag {
                return Found::Record(words);
            }
            return Found::Overwritten;
        }
        if tag > ticket || next - ticket > CAPACITY {
            Found::Overwritten
        } else {
            Found::NotYet
        }
    }

    fn place(&self, ticket: u64) -> &Place {
        &self.ring[(ticket % CAPACITY) as usize]
    }
}
