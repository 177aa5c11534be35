//! Reading JSON and the configuration: the host walks both.

use crate::text::text_ref;
use crate::{abi, answer, parse, List, Text};
use core::ops::Deref;

/// JSON text to look into. A path is keys joined by dots, in a list an index from
/// 0: `user.name`, `items.0.id`; the empty path is the whole.
pub struct Value<'a>(Json<'a>);

enum Json<'a> {
    Lent(&'a [u8]),
    Own(List<u8>),
}

impl Deref for Json<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Json::Lent(json) => json,
            Json::Own(json) => json,
        }
    }
}

/// What the host has found: its type and its bytes.
pub(crate) struct Found {
    kind: u8,
    result: List<u8>,
}

impl Found {
    pub(crate) fn of(result: List<u8>) -> Option<Found> {
        Some(Found { kind: *result.first()?, result })
    }

    fn bytes(&self) -> &[u8] {
        self.result.get(1..).unwrap_or(&[])
    }

    fn text(self) -> Text {
        Text(self.result.behead()) // the host has looked that it is UTF-8
    }

    fn json(self) -> Value<'static> {
        let owned = match self.kind {
            b's' => answer(text_ref(self.bytes())).0 .0,
            b't' => List::from(&b"true"[..]),
            b'f' => List::from(&b"false"[..]),
            b'z' => List::from(&b"null"[..]),
            _ => self.result.behead(),
        };
        Value(Json::Own(owned))
    }
}

impl<'a> Value<'a> {
    pub(crate) fn of(json: &'a [u8]) -> Self {
        Value(Json::Lent(json))
    }

    /// Looks into JSON text, for instance from the store. What is no JSON has nothing in it.
    pub fn parse(json: &'a [u8]) -> Self {
        Value::of(json)
    }

    pub(crate) fn owned(json: List<u8>) -> Value<'static> {
        Value(Json::Own(json))
    }

    pub(crate) fn found(found: Option<Found>) -> Value<'static> {
        found.map_or(Value(Json::Lent(&[])), Found::json)
    }

    fn find(&self, path: &str) -> Option<Found> {
        if self.0.is_empty() {
            return None;
        }
        // SAFETY: the addresses and lengths are those of slices, and of a buffer.
        let result = abi::read(&mut |out, cap| unsafe { abi::json_get(self.0.as_ptr(), self.0.len(), path.as_ptr(), path.len(), out, cap) });
        Found::of(result.ok()?) // not there, or no JSON
    }

    fn find_kind(&self, path: &str, kinds: &[u8]) -> Option<Found> {
        self.find(path).filter(|f| kinds.contains(&f.kind))
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The JSON text; empty if it is no UTF-8.
    pub fn as_str(&self) -> &str {
        utf8(&self.0)
    }

    /// Whether something other than null stands at path.
    pub fn has(&self, path: &str) -> bool {
        self.find(path).map_or(false, |f| f.kind != b'z')
    }

    /// The string at path.
    pub fn string(&self, path: &str) -> Option<Text> {
        Some(self.find_kind(path, b"s")?.text())
    }

    /// The string or number at path as text: ids come as either.
    pub fn text(&self, path: &str) -> Option<Text> {
        Some(self.find_kind(path, b"sn")?.text())
    }

    /// The whole number at path, of at most 18 digits.
    pub fn integer(&self, path: &str) -> Option<i64> {
        parse(text_ref(self.find_kind(path, b"n")?.bytes()))
    }

    /// The number at path.
    pub fn number(&self, path: &str) -> Option<f64> {
        text_ref(self.find_kind(path, b"n")?.bytes()).parse().ok()
    }

    /// The bool at path.
    pub fn bool(&self, path: &str) -> Option<bool> {
        Some(self.find_kind(path, b"tf")?.kind == b't')
    }

    /// The JSON at path; empty if there is nothing.
    pub fn get(&self, path: &str) -> Value<'static> {
        Value::found(self.find(path))
    }

    /// The items of the list at path.
    pub fn items(&self, path: &str) -> List<Value<'static>> {
        self.find_kind(path, b"a").map_or(List::new(), |f| split(f.bytes()))
    }

    /// The strings and numbers of the list at path as texts, or the one that stands there.
    pub fn texts(&self, path: &str) -> List<Text> {
        match self.find_kind(path, b"sna") {
            Some(f) if f.kind == b'a' => split(f.bytes()).iter().filter_map(|item| item.text("")).collect(),
            Some(f) => core::iter::once(f.text()).collect(),
            None => List::new(),
        }
    }
}

/// JSON from outside (the store, another server) may be any bytes: what is no text is empty.
fn utf8(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or("")
}

/// Cuts the text of a list into its items.
fn split(list: &[u8]) -> List<Value<'static>> {
    let mut items = List::new();
    let (mut item, mut depth, mut quoted, mut escaped, mut blank) = (List::new(), 0, false, false, true);
    for (i, &c) in list.iter().enumerate().skip(1) {
        if !quoted && depth == 0 && (c == b',' || i == list.len() - 1) {
            if !blank {
                items.push(Value(Json::Own(core::mem::replace(&mut item, List::new()))));
            }
            item = List::new();
            blank = true;
            continue;
        }
        item.push(c);
        if quoted {
            quoted = escaped || c != b'"';
            escaped = !escaped && c == b'\\';
            continue;
        }
        match c {
            b'"' => quoted = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        blank &= c <= b' ';
    }
    items
}
