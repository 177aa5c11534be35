//! What topics keep of their events.

use crate::abi::{self, envelope, Fields};
use crate::text::text_ref;
use crate::{Errno, List, Text, Value};

/// A place among a topic's events: offsets grow, and count anew in each epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Names the count; empty: nowhere.
    pub epoch: Text,
    /// The event's number.
    pub offset: u64,
}

/// What to read of a history: `HistoryOptions { limit: 50, ..Default::default() }`.
#[derive(Clone, Copy, Debug)]
pub struct HistoryOptions<'a> {
    /// Events at most, up to 1,000; 0: none, only where the topic stands.
    pub limit: i32,
    /// Only what came after, the oldest first to come; `None`: the newest.
    pub since: Option<&'a Position>,
}

impl Default for HistoryOptions<'_> {
    fn default() -> Self {
        HistoryOptions { limit: 100, since: None }
    }
}

/// An event that a topic keeps.
#[derive(Debug)]
pub struct PastEvent {
    /// Its number.
    pub offset: u64,
    /// The message's event name, may be empty.
    pub event: Text,
    /// The public id of the client that published it; empty: a backend or a plugin.
    pub from: Text,
    /// The message.
    pub data: Value<'static>,
    /// Whom it was for, as in `publish`; empty: everybody.
    pub target: Value<'static>,
}

/// What a topic keeps of its events.
#[derive(Debug)]
pub struct Past {
    /// Whether the topic's rule keeps a history; false: all else is empty.
    pub kept: bool,
    /// Of the newest event that was ever kept.
    pub head: Position,
    /// What to give as since to go on behind these events.
    pub next: Position,
    /// From since to the last of these events nothing is missing; false: it is no
    /// longer kept, and these are the newest instead.
    pub whole: bool,
    /// The topic keeps events after these.
    pub more: bool,
    /// The oldest first.
    pub events: List<PastEvent>,
}

/// What a topic keeps, for whomever it was. What this event publishes is not there yet.
pub fn history(topic: &str, o: HistoryOptions) -> Result<Past, Errno> {
    let since = o.since.map_or(List::new(), |p| envelope(&[p.epoch.as_bytes(), &p.offset.to_le_bytes()]));
    // SAFETY: the addresses and lengths are those of slices, and of a buffer.
    let result = abi::read(&mut |out, cap| unsafe { abi::history(topic.as_ptr(), topic.len(), o.limit, since.as_ptr(), since.len(), out, cap) });
    match result {
        Ok(result) => Ok(past(Fields::of(&result), o.since)),
        Err(abi::NOT_FOUND) => {
            let nowhere = Position { epoch: Text::new(), offset: 0 };
            Ok(Past { kept: false, head: nowhere.clone(), next: nowhere, whole: false, more: false, events: List::new() })
        }
        Err(code) => Err(Errno { code, call: "history" }),
    }
}

fn past(mut f: Fields, since: Option<&Position>) -> Past {
    let head = Position { epoch: Text::from(text_ref(f.take())), offset: number(f.take()) };
    let (whole, more) = (number(f.take()) != 0, number(f.take()) != 0);
    let mut rest = Fields::of(f.take());
    let mut events = List::with_capacity(rest.left());
    let mut next = since.filter(|_| whole).unwrap_or(&head).clone();
    while rest.left() > 0 {
        let mut e = Fields::of(rest.take());
        let offset = number(e.take());
        let (event, from) = (Text::from(text_ref(e.take())), Text::from(text_ref(e.take())));
        let (data, target) = (Value::owned(List::from(e.take())), Value::owned(List::from(e.take())));
        events.push(PastEvent { offset, event, from, data, target });
        next = Position { epoch: head.epoch.clone(), offset };
    }
    Past { kept: true, head, next, whole, more, events }
}

/// A field that holds a number: its bytes, the least first.
fn number(field: &[u8]) -> u64 {
    field.iter().rev().fold(0, |n, &b| n << 8 | b as u64)
}
