//! The event that a handler is asked about.

use crate::text::text_ref;
use crate::{decimal, fail, join, subscribed, Error, Text, Value};

/// What a handler is asked about. Which fields hold something depends on the kind
/// of event; the others are empty.
#[derive(Debug)]
pub struct Event<'a> {
    /// Message: its name, `chat.send`; publish: the message's event name, may be empty; timer: the timer's name.
    pub event: &'a str,
    /// Message (when given), subscribe, unsubscribe, publish.
    pub topic: &'a str,
    /// The connection: a secret between it and the server; empty when a backend publishes.
    pub session: &'a str,
    /// Its public id, as others see it.
    pub user: &'a str,
    /// Message: the request's id; empty: nobody waits for an answer.
    pub request: &'a str,
    /// The object custom of the connection's token.
    pub claims: Value<'a>,
    /// When it happened, milliseconds since 1970.
    pub time: i64,
    /// What the client sent; publish: the message; http: the body, if it is JSON.
    pub data: Value<'a>,
    /// Http: the body.
    pub body: &'a [u8],
    /// The token's user; empty: anonymous.
    pub account: &'a str,
    /// The endpoint's name.
    pub endpoint: &'a str,
    /// Timer, http: what was given to `timer::set`, `http::fetch`.
    pub state: &'a [u8],
    /// Http: the answer's status; 0: there was none, and data holds code and message.
    pub status: i32,
    /// Http: the answer's headers, names in lower case; of a request those that tell of its body and sender, unsigned.
    pub headers: Value<'a>,
    /// Publish: whom the message is for; empty: everybody.
    pub target: Value<'a>,
    /// Http: `POST`, a backend's request, whose answer the handler returns; empty: the answer to `http::fetch`.
    pub method: &'a str,
    /// Http: the query of a request's URL, without the question mark.
    pub query: &'a str,
}

impl<'a> Event<'a> {
    /// # Safety
    /// envelope is what the host has written: it has at least ten fields, and is whole.
    pub(crate) unsafe fn read(envelope: &'a [u8]) -> Self {
        let count = (envelope.as_ptr().add(2) as *const u16).read_unaligned();
        let mut at = envelope.as_ptr().add(4);
        let mut more = [&[][..]; 7];
        let (event, topic, session, user, request) = (field(&mut at), field(&mut at), field(&mut at), field(&mut at), field(&mut at));
        let (claims, time, body, account, endpoint) = (field(&mut at), field(&mut at), field(&mut at), field(&mut at), field(&mut at));
        for field_of in more.iter_mut().take(count.saturating_sub(10) as usize) {
            *field_of = field(&mut at);
        }
        let [state, status, headers, target, method, query, index] = more;
        let time = time.try_into().map_or(0, i64::from_le_bytes);
        let status = status.try_into().map_or(0, i32::from_le_bytes);
        Event {
            event: text_ref(event), topic: text_ref(topic), session: text_ref(session), user: text_ref(user), request: text_ref(request),
            claims: Value::of(claims), time, data: Value::shown(body, envelope, index), body, account: text_ref(account), endpoint: text_ref(endpoint),
            state, status, headers: Value::of(headers), target: Value::of(target), method: text_ref(method), query: text_ref(query),
        }
    }

    /// Whether the connection is subscribed to topic.
    pub fn subscribed(&self, topic: &str) -> bool {
        subscribed(self.session, topic) == Ok(true)
    }

    // Fields of data that must be right: what is not is bad_request, to pass on with `?`.

    /// The text at path of data: not empty, at most max long as a browser's maxlength counts.
    pub fn string(&self, path: &str, max: usize) -> Result<Text, Error> {
        match self.data.string(path) {
            None => wrong(path, "must be a string"),
            Some(s) if s.is_empty() => wrong(path, "must not be empty"),
            Some(s) => within(path, s, max),
        }
    }

    /// As string, but it may be missing, null or empty: then fallback.
    pub fn string_or(&self, path: &str, max: usize, fallback: &str) -> Result<Text, Error> {
        if !self.data.has(path) || self.data.string(path).map_or(false, |s| s.is_empty()) {
            return Ok(Text::from(fallback));
        }
        self.string(path, max)
    }

    /// The string or number at path as text: ids come as either.
    pub fn id(&self, path: &str, max: usize) -> Result<Text, Error> {
        match self.data.text(path) {
            Some(s) if !s.is_empty() => within(path, s, max),
            _ => wrong(path, "must be a string or a number"),
        }
    }

    /// The whole number at path, from low to high.
    pub fn integer(&self, path: &str, low: i64, high: i64) -> Result<i64, Error> {
        match self.data.integer(path) {
            Some(n) if n >= low && n <= high => Ok(n),
            _ => wrong(path, &join(&["must be a whole number from ", &decimal(low), " to ", &decimal(high)])),
        }
    }

    /// As integer, but it may be missing or null: then fallback.
    pub fn integer_or(&self, path: &str, low: i64, high: i64, fallback: i64) -> Result<i64, Error> {
        if !self.data.has(path) {
            return Ok(fallback);
        }
        self.integer(path, low, high)
    }
}

/// The field at at, which moves on behind it.
#[inline(always)]
unsafe fn field<'a>(at: &mut *const u8) -> &'a [u8] {
    let n = (*at as *const u32).read_unaligned() as usize;
    let field = core::slice::from_raw_parts(at.add(4), n);
    *at = at.add(4 + n);
    field
}

#[cold]
#[inline(never)]
fn wrong<T>(path: &str, what: &str) -> Result<T, Error> {
    fail("bad_request", &join(&[path, " ", what]))
}

fn within(path: &str, s: Text, max: usize) -> Result<Text, Error> {
    if s.len() <= max {
        return Ok(s); // no character has fewer bytes than units
    }
    // UTF-16 units: one for each first byte of a character, two for those of four bytes.
    let n = s.bytes().fold(0, |n, c| n + (c & 0xc0 != 0x80) as usize + (c >= 0xf0) as usize);
    if n > max {
        return wrong(path, &join(&["has ", &decimal(n as i64), " characters, the limit is ", &decimal(max as i64)]));
    }
    Ok(s)
}
