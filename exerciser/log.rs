// SPDX-License-Identifier: GPL-2.0

//! The event log: what the kernel called, in order.
//!
//! It is a ring. Writers reserve a place with one atomic addition and fill it, and so never wait,
//! neither for one another nor for a reader. A reader takes a copy of a record and then looks
//! whether it was being overwritten; if so, or if it was overwritten before, the reader gets a line
//! that says so in its place.

mod names;
mod record;

pub use names::{
    NameId,
    Names, //
};
pub use record::{
    Breach,
    Event,
    INSTANCE_LEN, //
};

use crate::exerciser::word::Word;
use core::{
    num::NonZeroU64,
    ops::RangeInclusive, //
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
            Read, //
        }, //
    },
};
use record::{
    Line,
    Words,
    LINE_LEN,
    WORDS, //
};

/// How many records can be kept: a few, or as many as take 704 MB.
pub const CAPACITIES: RangeInclusive<usize> = 16..=1 << 23;

/// The log.
///
/// Every record has a *ticket*: how many were written before it since the log was made.
#[pin_data]
pub struct Log {
    /// The names of the states that records are about.
    #[pin]
    names: Names,
    ring: VVec<Entry>,
    /// The length of the ring.
    capacity: NonZeroU64,
    /// The ticket of the next record.
    next: Atomic<u64>,
    /// The ticket of the first record since the last reset, which has the sequence number 0.
    base: Atomic<u64>,
}

/// Where a record is kept.
struct Entry {
    /// The [`tag`] of the record that is here, or [`busy`] while it is being written; 0 at first.
    tag: Atomic<u64>,
    words: [Word; WORDS],
}

/// The tag of a place that has the record with this ticket.
fn tag(ticket: u64) -> u64 {
    2 * ticket + 2
}

/// The tag of that place while the record is being written.
fn busy(ticket: u64) -> u64 {
    2 * ticket + 1
}

/// What there is of the record with a given ticket.
enum Found {
    Record(Words),
    Overwritten,
    /// The record is not written yet, or not to its end.
    NotYet,
}

impl Log {
    /// Makes an empty log that keeps the last `capacity` records. May sleep.
    ///
    /// # Errors
    ///
    /// `ERANGE` if that is not among [`CAPACITIES`]; `ENOMEM`.
    pub fn new(capacity: usize) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            names <- Names::new(),
            ring: Self::ring(capacity)?,
            capacity: NonZeroU64::new(capacity as u64).ok_or(ERANGE)?,
            next: Atomic::new(0),
            base: Atomic::new(0),
        }? Error)
    }

    fn ring(capacity: usize) -> Result<VVec<Entry>> {
        if !CAPACITIES.contains(&capacity) {
            return Err(ERANGE);
        }
        let mut ring = VVec::with_capacity(capacity, GFP_KERNEL)?;
        for _ in 0..capacity {
            ring.push(
                Entry {
                    tag: Atomic::new(0),
                    words: [const { Word::new() }; WORDS],
                },
                GFP_KERNEL,
            )?;
        }
        Ok(ring)
    }

    /// Returns the names of the states that records are about.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Appends a record and returns its sequence number. From any context but an NMI; never waits.
    pub fn write(&self, event: &Event<'_>) -> u64 {
        let words = event.pack();
        let ticket = self.next.fetch_add(1, Full);
        let sequence = ticket.saturating_sub(self.base.load(Relaxed));
        let place = self.place(ticket);

        // Nobody else writes here, unless a writer has been held up for so long that the ring has
        // gone round once. Then this record is lost, because a place has one writer at a time. With
        // `Full`, whoever reads one of the new words also finds this tag, or a later one.
        let old = place.tag.load(Relaxed);
        let is_busy = old % 2 == 1;
        if is_busy || old > tag(ticket) || place.tag.cmpxchg(old, busy(ticket), Full).is_err() {
            return sequence;
        }
        for (to, from) in place.words.iter().zip(&words) {
            to.write(*from);
        }
        place.tag.store(tag(ticket), Release);
        sequence
    }

    /// Starts again with sequence number 0 and forgets what there was.
    pub fn reset(&self) {
        self.base.store(self.next.load(Relaxed), Relaxed);
    }

    /// Reads lines at a byte offset. Returns how many bytes; 0 at the end of what there is.
    ///
    /// Line N starts at N times the length of a line and has the sequence number N.
    ///
    /// A record that is still being written is the end as well. If that record is lost, because
    /// another writer was held up at its place while the ring went round, readers get past it when
    /// the ring has gone round once more.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let mut line = Line::new();
        let mut done = 0;

        while done < buffer.len() {
            let at = offset + done as u64;
            let sequence = at / LINE_LEN as u64;
            match self.find(sequence) {
                Found::Record(words) => self.write_record(&mut line, sequence, &words),
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

    /// Calls `print` with the text of the records from one sequence number up to another.
    pub fn print(&self, range: RangeInclusive<u64>, print: fn(&str)) {
        let mut line = Line::new();
        for sequence in range {
            if let Found::Record(words) = self.find(sequence) {
                self.write_record(&mut line, sequence, &words);
                print(line.as_str());
            }
        }
    }

    fn write_record(&self, line: &mut Line, sequence: u64, words: &Words) {
        let state = self.names.get(Line::state_of(words));
        line.write_record(sequence, words, &state);
    }

    /// Finds a record by its sequence number.
    fn find(&self, sequence: u64) -> Found {
        let ticket = self.base.load(Relaxed).saturating_add(sequence);
        let next = self.next.load(Relaxed);
        if ticket >= next {
            return Found::NotYet;
        }

        let place = self.place(ticket);
        let found = place.tag.load(Acquire);
        if found == tag(ticket) {
            let words = core::array::from_fn(|i| place.words[i].read());
            // If a word is of a later record, then the tag that is read next is not this record's.
            smp_mb(Read);
            if place.tag.load(Relaxed) == found {
                return Found::Record(words);
            }
            return Found::Overwritten;
        }
        if found > tag(ticket) || next - ticket > self.capacity.get() {
            Found::Overwritten
        } else {
            Found::NotYet
        }
    }

    fn place(&self, ticket: u64) -> &Entry {
        &self.ring[(ticket % self.capacity) as usize]
    }
}
