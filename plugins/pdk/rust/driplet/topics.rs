//! Topics: who is on them, and what is said there.

use crate::abi::{self, check, envelope};
use crate::{join, Errno, List, Reply, Text, ToJson, Value};

/// How to publish: `PublishOptions { event: "chat.message", ..Default::default() }`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PublishOptions<'a> {
    /// The message's event name.
    pub event: &'a str,
    /// A session that hears nothing of it.
    pub except: &'a str,
    /// An idempotency key: the same again within 5 minutes delivers nothing.
    pub id: &'a str,
    /// Whom it is for, as JSON: `{"include":{"roles":"editor"}}`; empty: every subscriber.
    pub target: &'a str,
    /// A topic's history does not keep it.
    pub no_history: bool,
}

fn json_of(value: impl ToJson) -> Text {
    let mut out = Text::new();
    value.write(&mut out);
    out
}

/// Publishes when the handler ends.
pub fn publish(topic: &str, data: impl ToJson, o: PublishOptions) -> Result<(), Errno> {
    let made;
    let data = match data.written() {
        Some(text) => text,
        None => {
            made = json_of(data);
            &made
        }
    };
    let fields = [o.event.as_bytes(), o.except.as_bytes(), o.id.as_bytes(), &[0]];
    // What is missing is empty.
    let options = envelope(match o {
        PublishOptions { no_history: true, .. } => &fields,
        PublishOptions { id: "", except: "", .. } => &fields[..1],
        PublishOptions { id: "", .. } => &fields[..2],
        _ => &fields[..3],
    });
    // SAFETY: as everywhere in this file: the addresses and lengths are those of slices.
    let n = unsafe {
        abi::publish(topic.as_ptr(), topic.len(), data.as_ptr(), data.len(), o.target.as_ptr(), o.target.len(), options.as_ptr(), options.len())
    };
    check(n, "publish").map(drop)
}

/// Subscribes a connection when the handler ends; info (`None::<Json>`: nothing) is
/// what others see of it in presence.
pub fn subscribe(session: &str, topic: &str, info: Option<impl ToJson>) -> Result<(), Errno> {
    let info = info.map_or(Text::new(), json_of);
    let n = unsafe { abi::subscribe(session.as_ptr(), session.len(), topic.as_ptr(), topic.len(), info.as_ptr(), info.len()) };
    check(n, "subscribe").map(drop)
}

/// Names connections for [`unsubscribe`] and [`disconnect`].
#[derive(Clone, Debug)]
pub struct Who(Text);

/// All connections of a user, by public id.
pub fn user(id: &str) -> Who {
    Who(join(&["u", id]))
}

/// One connection.
pub fn session(id: &str) -> Who {
    Who(join(&["s", id]))
}

fn names(who: &[Who]) -> List<u8> {
    envelope(&who.iter().map(|w| w.0.as_bytes()).collect::<List<_>>())
}

/// Ends subscriptions when the handler ends; the clients are told the reason (200 bytes).
pub fn unsubscribe(topic: &str, reason: &str, who: &[Who]) -> Result<(), Errno> {
    let who = names(who);
    let n = unsafe { abi::unsubscribe(who.as_ptr(), who.len(), topic.as_ptr(), topic.len(), reason.as_ptr(), reason.len()) };
    check(n, "unsubscribe").map(drop)
}

/// Closes connections when the handler ends; their clients do not come back by themselves.
pub fn disconnect(reason: &str, who: &[Who]) -> Result<(), Errno> {
    let who = names(who);
    let n = unsafe { abi::disconnect(who.as_ptr(), who.len(), reason.as_ptr(), reason.len()) };
    check(n, "disconnect").map(drop)
}

/// Whether a connection is subscribed to topic.
pub fn subscribed(session: &str, topic: &str) -> Result<bool, Errno> {
    match unsafe { abi::subscribed(session.as_ptr(), session.len(), topic.as_ptr(), topic.len()) } {
        abi::NOT_FOUND => Ok(false),
        n => check(n, "subscribed").map(|n| n == 1),
    }
}

/// Who is on a topic: `{"members":[{"id","info"?}],"count"}`, at most limit (1,000)
/// members, a user once; count counts all.
pub fn presence(topic: &str, limit: i32) -> Result<Value<'static>, Errno> {
    match abi::read(&mut |out, cap| unsafe { abi::presence(topic.as_ptr(), topic.len(), limit, out, cap) }) {
        Ok(json) => Ok(Value::owned(json)),
        Err(code) => Err(Errno { code, call: "presence" }),
    }
}

/// Keeps the caller's request open: the handle is for [`reply`], in this or a later
/// event. An errno: nobody waits for an answer, or too many do already.
pub fn defer() -> Result<i64, Errno> {
    let handle = unsafe { abi::defer() };
    if handle < 0 {
        return Err(Errno { code: handle as i32, call: "defer" });
    }
    Ok(handle)
}

/// Answers a request that was kept open, once; [`done`](crate::done) and
/// [`fail`](crate::fail) are answers too. false: the caller has given up, or was answered.
pub fn reply(handle: i64, answer: Reply) -> Result<bool, Errno> {
    let (json, flag) = match answer {
        Ok(json) => (json, 0),
        Err(error) => (error.into_json(), 1 << 31),
    };
    match unsafe { abi::reply(handle, json.as_str().as_ptr(), json.as_str().len() | flag) } {
        abi::NOT_FOUND => Ok(false),
        n => check(n, "reply").map(|_| true),
    }
}
