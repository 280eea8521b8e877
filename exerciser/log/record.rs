// SPDX-License-Identifier: GPL-2.0

//! A record of the log: as an event, as the words it is kept in, and as a line of text.

use super::names::{
    Name as StateText,
    NameId,
    NAME_LEN, //
};
use crate::exerciser::{
    checker::{
        Misuse,
        Rule, //
    },
    operation::{
        Callback,
        Operation,
        Returned,
        OPERATION_NAMES, //
    },
    task::Comm, //
};
use core::str;
use kernel::{
    fmt::{
        self,
        Write, //
    },
    prelude::*,
    str::Formatter, //
};

/// A call of a callback, made when it returns.
pub struct Event<'a> {
    /// The time, in nanoseconds since boot.
    pub time: i64,
    /// The name of the state it belongs to.
    pub state: NameId,
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
    pub returned: Returned,
    /// Whether a fault of ours made it fail.
    pub injected: bool,
    /// How long the callback ran, in nanoseconds.
    pub took: u64,
    /// Whether the operation is part of a suspend or a resume.
    pub frozen: bool,
    /// If this is no call but what is wrong with the one that follows.
    pub breach: Option<Breach>,
}

/// What somebody did and should not have done.
#[derive(Clone, Copy)]
pub enum Breach {
    /// The kernel broke a rule.
    Violation(Rule),
    /// A driver did.
    Misuse(Misuse),
}

impl Breach {
    /// The number that stands in a record for what was expected.
    fn number(self) -> i32 {
        match self {
            Self::Violation(rule) => rule as i32,
            Self::Misuse(misuse) => misuse as i32,
        }
    }
}

/// What there can be in the field `callback`: after the callbacks, what is none.
const CALLBACK_NAMES: [&CStr; 4] = [c"startup", c"teardown", c"violation", c"misuse"];

/// The length of a line, with its newline. Enough for the longest value of every field.
pub(super) const LINE_LEN: usize =
    232 + NAME_LEN + " expected=".len() + EXPECTED_LEN + " took=".len() + 20 + " frozen=0".len();

/// The length of the longest word for what was expected.
const EXPECTED_LEN: usize = if Rule::MAX_LEN > Misuse::MAX_LEN {
    Rule::MAX_LEN
} else {
    Misuse::MAX_LEN
};

/// How much of the name of an instance there is room for.
pub const INSTANCE_LEN: usize = 32;

const TIME: usize = 0;
/// `cpu`, `on`: 16 bits each, from the lowest; `state`: 32.
const PLACE: usize = 1;
/// `id`: 32 bits; `ret`, or `expected`: 16; 4 are free; `op`, `callback`, `injected`: 4 each.
const REST: usize = 2;
/// What stands there for the callback if it is a violation, or a misuse.
const VIOLATION: u64 = 2;
const MISUSE: u64 = 3;
/// `took`: 63 bits; `frozen`: 1.
const TOOK: usize = 3;
const COMM: usize = 4;
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

    /// Returns what is called, or that this is a violation or a misuse.
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

    fn callback_number(&self) -> u64 {
        match self.breach {
            Some(Breach::Violation(_)) => VIOLATION,
            Some(Breach::Misuse(_)) => MISUSE,
            None => self.callback as u64,
        }
    }

    /// Packs the event, with the calling task.
    pub(super) fn pack(&self) -> Words {
        let ret = self.breach.map_or(self.returned.0, Breach::number);
        let mut words = [0; WORDS];
        words[TIME] = self.time as u64;
        words[PLACE] = u64::from(self.cpu as u16)
            | u64::from(self.on as u16) << 16
            | u64::from(self.state.to_bits()) << 32;
        words[REST] = u64::from(self.id.unwrap_or(-1) as u32)
            | u64::from(saturated(ret) as u16) << 32
            | (self.operation_index() as u64) << 52
            | self.callback_number() << 56
            | u64::from(self.injected) << 60;
        words[TOOK] = self.took << 1 >> 1 | u64::from(self.frozen) << 63;
        pack_bytes(Comm::current().as_bytes(), &mut words[COMM..INSTANCE]);
        if let Some(instance) = self.instance {
            pack_bytes(instance.to_bytes(), &mut words[INSTANCE..]);
        }
        words
    }
}

/// No error has a number that is too large. What drivers return may be anything.
fn saturated(ret: i32) -> i16 {
    ret.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

fn pack_bytes(bytes: &[u8], words: &mut [u64]) {
    for (word, chunk) in words.iter_mut().zip(bytes.chunks(8)) {
        *word = u64::from_ne_bytes(chunk.try_into().unwrap_or_else(|_| {
            let mut padded = [0; 8];
            padded[..chunk.len()].copy_from_slice(chunk);
            padded
        }));
    }
}

fn unpack(words: &[u64]) -> impl Iterator<Item = u8> + Clone + '_ {
    words.iter().flat_map(|word| word.to_ne_bytes())
}

/// Displays bytes so that they are one word for whoever splits the line: up to the first
/// NUL, with `_` for what is not a visible character, and `-` if there is nothing.
struct Name<I>(I);

impl<I: Iterator<Item = u8> + Clone> fmt::Display for Name<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.clone();
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
    pub(super) fn write_record(&mut self, sequence: u64, words: &Words, state: &StateText) {
        const NSEC_PER_SEC: u64 = 1_000_000_000;

        let time = words[TIME];
        let rest = words[REST];
        let nibble = |shift: u32| (rest >> shift) as usize & 0xf;
        let ret = (rest >> 32) as u16 as i16;
        let name = |names: &[&'static CStr], shift| {
            let name = names.get(nibble(shift)).copied();
            name.and_then(|name| name.to_str().ok()).unwrap_or("-")
        };
        let expected = match nibble(56) as u64 {
            VIOLATION => Rule::from_number(ret as usize).map(Rule::expected),
            MISUSE => Misuse::from_number(ret as usize).map(Misuse::expected),
            _ => None,
        };
        let took = words[TOOK] << 1 >> 1;
        self.write(fmt!(
            "seq={:<6} time={}.{:09} state={} id={:<3} instance={} cpu={:<3} on={:<3} \
             task={:<12} op={:<7} callback={:<8} ret={:<4} injected={}{}{} took={} frozen={}",
            sequence,
            time / NSEC_PER_SEC,
            time % NSEC_PER_SEC,
            Name(state.iter().copied()),
            rest as u32 as i32,
            Name(unpack(&words[INSTANCE..])),
            words[PLACE] as u16,
            (words[PLACE] >> 16) as u16,
            Name(unpack(&words[COMM..INSTANCE])),
            name(&OPERATION_NAMES, 52),
            name(&CALLBACK_NAMES, 56),
            expected.map_or(ret, |_| 0),
            nibble(60),
            expected.map_or("", |_| " expected="),
            expected.unwrap_or(""),
            took,
            words[TOOK] >> 63,
        ));
    }

    /// The state of a record.
    pub(super) fn state_of(words: &Words) -> NameId {
        NameId::from_bits((words[PLACE] >> 32) as u32)
    }

    /// Makes this the line of a record that has been overwritten.
    pub(super) fn write_lost(&mut self, sequence: u64) {
        self.write(fmt!(
            "seq={:<6} time=- state=- id=-1 instance=- cpu=- on=- task=- op=- callback=lost \
             ret=0 injected=0 took=0 frozen=0",
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
