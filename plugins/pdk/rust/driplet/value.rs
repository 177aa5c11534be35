//! Reading JSON and the configuration: the host walks both.

use crate::text::{same, text_ref};
use crate::{abi, answer, parse, List, Text};
use core::mem::size_of;
use core::ops::Deref;

/// JSON text to look into. A path is keys joined by dots, in a list an index from
/// 0: `user.name`, `items.0.id`; the empty path is the whole.
pub struct Value<'a>(Json<'a>);

enum Json<'a> {
    Lent(&'a [u8]),
    Own(List<u8>),
    /// The event's data, with what the envelope tells of its members.
    Shown { json: &'a [u8], envelope: &'a [u8], members: &'a [u8] },
}

impl Deref for Json<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Json::Lent(json) | Json::Shown { json, .. } => json,
            Json::Own(json) => json,
        }
    }
}

/// What stands at a path: its type and its bytes.
pub(crate) struct Found<'a> {
    kind: u8,
    bytes: Bytes<'a>,
}

enum Bytes<'a> {
    Shown(&'a [u8]),
    /// As the host told them: behind the type.
    Told(List<u8>),
}

impl<'a> Found<'a> {
    pub(crate) fn of(result: List<u8>) -> Option<Self> {
        Some(Found { kind: *result.first()?, bytes: Bytes::Told(result) })
    }

    fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Shown(bytes) => bytes,
            Bytes::Told(result) => result.get(1..).unwrap_or(&[]),
        }
    }

    fn own(self) -> List<u8> {
        match self.bytes {
            Bytes::Shown(bytes) => List::from(bytes),
            Bytes::Told(result) => result.behead(),
        }
    }

    fn text(self) -> Text {
        Text(self.own()) // the host has looked that it is UTF-8
    }

    fn json(self) -> Value<'static> {
        let owned = match self.kind {
            b's' => answer(text_ref(self.bytes())).0 .0,
            b't' => List::from(&b"true"[..]),
            b'f' => List::from(&b"false"[..]),
            b'z' => List::from(&b"null"[..]),
            _ => self.own(),
        };
        Value(Json::Own(owned))
    }
}

/// A member of the event's data, as ABI.md, 3, has it.
#[derive(Clone, Copy)]
#[repr(C)]
struct Member {
    key: u32,
    value: u32,
    length: u32,
    key_length: u16,
    kind: u8,
    zero: u8,
}

/// Looks into the index of the event's data. None: ask the host; Some(None): nothing stands there.
fn look<'a>(envelope: &'a [u8], members: &'a [u8], path: &[u8]) -> Option<Option<Found<'a>>> {
    if path.is_empty() {
        return None;
    }
    for m in members.chunks_exact(size_of::<Member>()) {
        // SAFETY: the host has written it.
        let m = unsafe { (m.as_ptr() as *const Member).read_unaligned() };
        if m.key_length as usize != path.len() {
            continue;
        }
        // SAFETY: the host says that they lie in the envelope.
        let span = |at: u32, n: u32| unsafe { core::slice::from_raw_parts(envelope.as_ptr().add(at as usize), n as usize) };
        if same(span(m.key, m.key_length as u32), path) {
            return Some(Some(Found { kind: m.kind, bytes: Bytes::Shown(span(m.value, m.length)) }));
        }
    }
    if path.contains(&b'.') {
        return None;
    }
    Some(None)
}

impl<'a> Value<'a> {
    pub(crate) fn of(json: &'a [u8]) -> Self {
        Value(Json::Lent(json))
    }

    /// The event's data, with the envelope's field index.
    pub(crate) fn shown(json: &'a [u8], envelope: &'a [u8], index: &'a [u8]) -> Self {
        match index {
            [a, b, c, d, rest @ ..] => {
                let n = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
                Value(Json::Shown { json, envelope, members: rest.get(..n * size_of::<Member>()).unwrap_or(&[]) })
            }
            _ => Value::of(json),
        }
    }

    /// Looks into JSON text, for instance from the store. What is no JSON has nothing in it.
    pub fn parse(json: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Value::of(json.as_ref())
    }

    pub(crate) fn owned(json: List<u8>) -> Value<'static> {
        Value(Json::Own(json))
    }

    pub(crate) fn found(found: Option<Found<'_>>) -> Value<'static> {
        found.map_or(Value(Json::Lent(&[])), Found::json)
    }

    fn find(&self, path: &str) -> Option<Found<'_>> {
        if let Json::Shown { envelope, members, .. } = self.0 {
            if let Some(found) = look(envelope, members, path.as_bytes()) {
                return found;
            }
        }
        self.ask(path)
    }

    #[inline(never)]
    fn ask(&self, path: &str) -> Option<Found<'static>> {
        if self.0.is_empty() {
            return None;
        }
        // SAFETY: the addresses and lengths are those of slices, and of a buffer.
        let result = abi::read(&mut |out, cap| unsafe { abi::json_get(self.0.as_ptr(), self.0.len(), path.as_ptr(), path.len(), out, cap) });
        Found::of(result.ok()?) // not there, or no JSON
    }

    fn find_kind(&self, path: &str, kinds: &[u8]) -> Option<Found<'_>> {
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

    /// The whole number at path.
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
