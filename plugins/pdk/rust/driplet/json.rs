//! Writing JSON. Reading is the host's: see [`Value`].

use crate::{List, Text, Value};

/// JSON text: an object or list that grows, or one value. It is also a handler's
/// answer; empty, it is no answer.
#[derive(Clone)]
pub struct Json(pub(crate) Text);

/// A new, empty JSON object.
pub fn object() -> Json {
    started(b"{}")
}

/// A new, empty JSON list.
pub fn list() -> Json {
    started(b"[]")
}

fn started(text: &[u8]) -> Json {
    let mut out = List::with_capacity(256); // most fit: growing copies
    out.append(text);
    Json(Text(out))
}

/// One value as JSON: `answer(true)`.
pub fn answer(value: impl ToJson) -> Json {
    let mut out = Text::new();
    value.write(&mut out);
    Json(out)
}

/// JSON text as it is, for instance what the store holds.
pub fn json(text: &str) -> Json {
    Json(Text::from(text))
}

impl Json {
    /// Adds a field to an object. A field set twice stands there twice: don't.
    pub fn set(mut self, key: &str, value: impl ToJson) -> Json {
        self.open(b'}');
        quote(key.as_bytes(), &mut self.0 .0, b':');
        value.write(&mut self.0);
        self.0 .0.push(b'}');
        self
    }

    /// Adds an item to a list.
    pub fn push(mut self, value: impl ToJson) -> Json {
        self.open(b']');
        value.write(&mut self.0);
        self.0 .0.push(b']');
        self
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the closing bracket off. Panics for a set of what is no object, a push to what is no list.
    fn open(&mut self, close: u8) {
        if self.0.as_bytes().last() != Some(&close) {
            crate::trap("set is for an object(), push for a list()");
        }
        match &mut self.0 .0[..] {
            // SAFETY: the last byte is a bracket.
            [_, _] => unsafe { self.0 .0.set_len(1) },
            [.., last] => *last = b',',
            [] => {}
        }
    }
}

impl AsRef<[u8]> for Json {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// What can stand in JSON: strings, whole numbers, bools, `Option` (`None` is
/// null), [`Json`], [`Value`], and references to these.
pub trait ToJson {
    /// Appends the JSON text.
    fn write(&self, out: &mut Text);

    /// The JSON text, if it lies somewhere already.
    #[doc(hidden)]
    fn written(&self) -> Option<&str> {
        None
    }
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn write(&self, out: &mut Text) {
        (**self).write(out)
    }
    fn written(&self) -> Option<&str> {
        (**self).written()
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn write(&self, out: &mut Text) {
        match self {
            Some(v) => v.write(out),
            None => out.push_str("null"),
        }
    }
}

impl ToJson for Json {
    fn write(&self, out: &mut Text) {
        out.push_str(if self.0.is_empty() { "null" } else { &self.0 })
    }
    fn written(&self) -> Option<&str> {
        Some(&self.0).map(|text| &**text).filter(|text| !text.is_empty())
    }
}

impl ToJson for Value<'_> {
    fn write(&self, out: &mut Text) {
        out.push_str(if self.is_empty() { "null" } else { self.as_str() })
    }
}

impl ToJson for bool {
    fn write(&self, out: &mut Text) {
        out.push_str(if *self { "true" } else { "false" })
    }
}

macro_rules! whole {
    ($($number:ty)*) => { $(impl ToJson for $number {
        fn write(&self, out: &mut Text) {
            out.push_decimal(*self as i64)
        }
    })* };
}
whole!(i8 u8 i16 u16 i32 u32 i64 isize usize);

/// Infinities and NaN, of which JSON knows nothing, become null.
impl ToJson for f64 {
    fn write(&self, out: &mut Text) {
        use core::fmt::Write;
        if self.is_finite() {
            let _ = write!(out, "{}", self);
        } else {
            out.push_str("null")
        }
    }
}

impl ToJson for Text {
    fn write(&self, out: &mut Text) {
        (**self).write(out)
    }
}

impl ToJson for str {
    fn write(&self, out: &mut Text) {
        quote(self.as_bytes(), &mut out.0, 0);
    }
}

/// Which of eight bytes do not stand for themselves in a JSON string: the lowest bit that is set is of the first. With
/// its second bit turned a quotation mark is 0x20, a space 0x22: one comparison finds it with the control characters.
fn special(x: u64) -> u64 {
    const ONES: u64 = 0x0101010101010101;
    ((x ^ ONES * 2).wrapping_sub(ONES * 0x21) | (x ^ ONES * b'\\' as u64).wrapping_sub(ONES)) & !x & (ONES << 7)
}

fn plain(c: u8) -> bool {
    c >= 0x20 && c != b'"' && c != b'\\'
}

/// Copies while it looks, and tells how many bytes stand for themselves: some at a time, the last ones in a piece that
/// may overlap the one before.
///
/// # Safety
/// n bytes lie at from, and have room at to.
unsafe fn copy_plain(to: *mut u8, from: *const u8, n: usize) -> usize {
    let word = |i: usize| (from.add(i) as *const u64).read_unaligned();
    let put = |i: usize, x: u64| (to.add(i) as *mut u64).write_unaligned(x);
    let mut i = 0;
    if n >= 8 {
        while i + 16 <= n {
            let (x, next) = (word(i), word(i + 8));
            if special(x) | special(next) != 0 {
                break;
            }
            put(i, x);
            put(i + 8, next);
            i += 16;
        }
        while i < n {
            i = i.min(n - 8);
            let x = word(i);
            put(i, x);
            let found = special(x);
            if found != 0 {
                return i + (found.trailing_zeros() as usize >> 3);
            }
            i += 8;
        }
        return n;
    }
    if n >= 4 {
        let (x, y) = ((from as *const u32).read_unaligned(), (from.add(n - 4) as *const u32).read_unaligned());
        (to as *mut u32).write_unaligned(x);
        (to.add(n - 4) as *mut u32).write_unaligned(y);
        if special(x as u64 | (y as u64) << 32) == 0 {
            return n;
        }
    }
    while i < n && plain(*from.add(i)) {
        *to.add(i) = *from.add(i);
        i += 1;
    }
    i
}

/// Writes text as a JSON string. Whole characters are copied, and what is put between them is ASCII. Behind the
/// quotation marks goes one more byte, unless it is 0.
fn quote(text: &[u8], out: &mut List<u8>, after: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.reserve(text.len() + 3); // the quotation marks, and what stands behind most strings
    let (mut from, mut left) = (text.as_ptr(), text.len());
    // SAFETY: what is read lies within text; there is room for what is left of it and two bytes more,
    // for those of an escape besides where there is one.
    unsafe {
        let mut to = out.address().add(out.len());
        to.write(b'"');
        to = to.add(1);
        loop {
            let n = copy_plain(to, from, left);
            to = to.add(n);
            if n == left {
                break;
            }
            let c = *from.add(n);
            from = from.add(n + 1);
            left -= n + 1;
            out.set_len(to.offset_from(out.as_ptr()) as usize);
            out.reserve(left + 8);
            if c >= 0x20 {
                out.append(&[b'\\', c]);
            } else {
                out.append(&[b'\\', b'u', b'0', b'0', HEX[(c >> 4) as usize & 15], HEX[(c & 15) as usize]]);
            }
            to = out.address().add(out.len());
        }
        to.write(b'"');
        to.add(1).write(after);
        out.set_len(to.offset_from(out.as_ptr()) as usize + 1 + (after != 0) as usize);
    }
}
