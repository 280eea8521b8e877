// SPDX-License-Identifier: GPL-2.0

//! A record of the log: as an event, as the words it is kept in, and as a line of text.

use crate::exerciser::{
    checker::Rule,
    operation::{
        Callback,
        Operation,
        OPERATION_NAMES, //
    },
    state_name::StateName,
    task::Comm, //
};
use core::str;
use kernel::{
    fmt::{
        self,
        Write, //
    },
    prelude::*,
    str::Formatter,
    time::{
        ClockSource,
        Monotonic, //
    },
};

/// A call of a callback, made when it returns.
pub struct Event<'a> {
    /// The state it belongs to.
    pub state: StateName,
    /// The number of the state, where the kernel has told it.
    pub id: Option<i32>,
    /// The name of the instance, where the state has instances.
    pub instance: Option<&'a CStr>,
    /// The CPU that is hotplugged.
    pub cpu: u32,
    /// The CPU that the callback runs on.
    pub on: u32,
    /// Why the kernel made the call.
    pub operation: Operation,
    /// What it called.
    pub callback: Callback,
    /// What the callback returns.
    pub result: Result,
    /// Whether a fault of ours made it fail.
    pub injected: bool,
    /// If this is no call but what is wrong with the one that follows: what was expected.
    pub violation: Option<Rule>,
}

/// What there can be in the field `callback`: after the callbacks, what is none.
const CALLBACK_NAMES: [&CStr; 3] = [c"startup", c"teardown", c"violation"];

/// The length of a line, with its newline. Enough for the longest value of every field.
pub(super) const LINE_LEN: usize = 232 + " expected=".len() + Rule::MAX_LEN;

/// How much of the name of an instance there is room for.
pub const INSTANCE_LEN: usize = 32;

const TIME: usize = 0;
/// `cpu`, `on`: 32 bits each, from the lowest.
const CPUS: usize = 1;
/// `id`: 32 bits; `ret`, or `expected`: 16; `state`, `op`, `callback`, `injected`: 4 each.
const REST: usize = 2;
/// What stands there for the callback if it is a violation.
const VIOLATION: u64 = 2;
const COMM: usize = 3;
const INSTANCE: usize = COMM + Comm::LEN / 8;

/// How many words a record takes.
pub(super) const WORDS: usize = INSTANCE + INSTANCE_LEN / 8;

/// A record as it is kept.
pub(super) type Words = [u64; WORDS];

impl Event<'_> {
    /// Returns the name of the instance, or what stands for none.
    pub fn instance_name(&self) -> &CStr {
        self.instance.unwrap_or(c"-")
    }

    /// Returns what is called, or that this is a violation.
    pub fn callback_name(&self) -> &'static CStr {
        CALLBACK_NAMES[self.callback_number() as usize]
    }

    /// Returns the name of the operation.
    pub fn operation_name(&self) -> &'static CStr {
        OPERATION_NAMES[self.operation_index()]
    }

    fn operation_index(&self) -> usize {
        self.operation.name_index(self.instance.is_some())
    }

    /// Returns 0 or the negative error.
    pub fn ret(&self) -> i32 {
        self.result.map_or_else(|error| error.to_errno(), |()| 0)
    }

    fn callback_number(&self) -> u64 {
        match self.violation {
            Some(_) => VIOLATION,
            None => self.callback as u64,
        }
    }

    /// Packs the event, with the time and the calling task.
    pub(super) fn pack(&self) -> Words {
        let ret = match self.violation {
            Some(rule) => rule as i32,
            None => self.ret(),
        };
        let mut words = [0; WORDS];
        words[TIME] = Monotonic::ktime_get() as u64;
        words[CPUS] = u64::from(self.cpu) | u64::from(self.on) << 32;
        words[REST] = u64::from(self.id.unwrap_or(-1) as u32)
            | u64::from(ret as i16 as u16) << 32
            | (self.state as u64) << 48
            | (self.operation_index() as u64) << 52
            | self.callback_number() << 56
            | u64::from(self.injected) << 60;
        pack_bytes(Comm::current().as_bytes(), &mut words[COMM..INSTANCE]);
        let instance = self.instance.map_or(&[][..], CStr::to_bytes);
        pack_bytes(instance, &mut words[INSTANCE..]);
        words
    }
}

fn pack_bytes(bytes: &[u8], words: &mut [u64]) {
    for (word, chunk) in words.iter_mut().zip(bytes.chunks(8)) {
        let mut padded = [0; 8];
        padded[..chunk.len()].copy_from_slice(chunk);
        *word = u64::from_ne_bytes(padded);
    }
}

/// Displays packed bytes so that they are one word for whoever splits the line: up to the first
/// NUL, with `_` for what is not a visible character, and `-` if there is nothing.
struct Name<'a>(&'a [u64]);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.iter().flat_map(|word| word.to_ne_bytes());
        let mut empty = true;
        for byte in bytes.take_while(|byte| *byte != 0) {
            empty = false;
            f.write_char(match byte {
                b'=' => '_',
                _ if byte.is_ascii_graphic() => byte.into(),
                _ => '_',
            })?;
        }
        if empty {
            f.write_char('-')?;
        }
        Ok(())
    }
}

/// A line of the log.
pub(super) struct Line([u8; LINE_LEN]);

impl Line {
    pub(super) fn new() -> Self {
        Self([b' '; LINE_LEN])
    }

    pub(super) fn as_bytes(&self) -> &[u8; LINE_LEN] {
        &self.0
    }

    /// Returns its text, without the blanks and the newline that fill it up.
    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).map_or("", str::trim_ascii_end)
    }

    /// Makes this the line of a record.
    pub(super) fn write_record(&mut self, sequence: u64, words: &Words) {
        const NSEC_PER_SEC: u64 = 1_000_000_000;

        let time = words[TIME];
        let rest = words[REST];
        let nibble = |shift: u32| (rest >> shift) as usize & 0xf;
        let ret = (rest >> 32) as u16 as i16;
        let name = |names: &[&'static CStr], shift| {
            let name = names.get(nibble(shift)).copied();
            name.and_then(|name| name.to_str().ok()).unwrap_or("-")
        };
        let violation = (nibble(56) as u64 == VIOLATION)
            .then(|| Rule::from_number(ret as usize))
            .flatten();
        self.write(fmt!(
            "seq={:<6} time={}.{:09} state={:<13} id={:<3} instance={} cpu={:<3} on={:<3} \
             task={:<12} op={:<7} callback={:<8} ret={:<4} injected={}{}{}",
            sequence,
            time / NSEC_PER_SEC,
            time % NSEC_PER_SEC,
            name(&StateName::NAMES, 48),
            rest as u32 as i32,
            Name(&words[INSTANCE..]),
            words[CPUS] as u32,
            words[CPUS] >> 32,
            Name(&words[COMM..INSTANCE]),
            name(&OPERATION_NAMES, 52),
            name(&CALLBACK_NAMES, 56),
            violation.map_or(ret, |_| 0),
            nibble(60),
            violation.map_or("", |_| " expected="),
            violation.map_or("", Rule::expected),
        ));
    }

    /// Makes this the line of a record that has been overwritten.
    pub(super) fn write_lost(&mut self, sequence: u64) {
        self.write(fmt!(
            "seq={:<6} time=- state=- id=-1 instance=- cpu=- on=- task=- op=- callback=lost \
             ret=0 injected=0",
            sequence
        ));
    }

    fn write(&mut self, text: fmt::Arguments<'_>) {
        self.0.fill(b' ');
        // It fits: the line is as long as the longest value of every field takes.
        let _ = Formatter::new(&mut self.0[..LINE_LEN - 1]).write_fmt(text);
        self.0[LINE_LEN - 1] = b'\n';
    }
}
