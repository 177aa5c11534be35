//! Text without `format!`, which brings 5 KB with it.

use crate::{digits, memory, List};
use core::ops::Deref;

/// Text in memory of its own, read as a `str`.
pub struct Text(pub(crate) List<u8>);

impl Text {
    /// An empty one, without memory.
    pub const fn new() -> Text {
        Text(List::new())
    }

    /// Adds text.
    pub fn push_str(&mut self, s: &str) {
        self.0.append(s.as_bytes());
    }

    /// Adds a character.
    pub fn push(&mut self, c: char) {
        if c.is_ascii() {
            self.0.push(c as u8);
        } else {
            self.push_str(c.encode_utf8(&mut [0; 4]));
        }
    }

    /// Adds a whole number.
    pub(crate) fn push_decimal(&mut self, n: i64) {
        self.0.reserve(digits::MOST);
        // SAFETY: there is room.
        unsafe {
            let end = digits::write(self.0.address().add(self.0.len()), n);
            self.0.set_len(end.offset_from(self.0.as_ptr()) as usize);
        }
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        text_ref(&self.0)
    }
}

impl From<&str> for Text {
    fn from(s: &str) -> Text {
        Text(List::from(s.as_bytes()))
    }
}

impl Clone for Text {
    fn clone(&self) -> Text {
        Text::from(&**self)
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::new()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Text) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Text) -> core::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl core::hash::Hash for Text {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state)
    }
}

/// A map with `Text` keys is asked by `str`.
impl core::borrow::Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl core::fmt::Write for Text {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        self.push_str(s);
        Ok(())
    }
}

impl core::fmt::Display for Text {
    fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
        f.write_str(self)
    }
}

/// Joins texts: `join(&["chat.", &room])`.
pub fn join(parts: &[&str]) -> Text {
    let len = parts.iter().fold(0, |n, p| n + p.len());
    let mut out = List::with_capacity(len);
    let mut at = out.address();
    for p in parts {
        // SAFETY: there is room for all of them.
        unsafe {
            memory::copy(p.as_ptr(), at, p.len());
            at = at.add(p.len());
        }
    }
    // SAFETY: they are written.
    unsafe { out.set_len(len) };
    Text(out)
}

/// Whether text contains part: `str::contains` in 60 bytes instead of 15 KB.
pub fn contains(text: &str, part: &str) -> bool {
    let mut rest = text.as_bytes();
    loop {
        if rest.starts_with(part.as_bytes()) {
            return true;
        }
        match rest {
            [_, tail @ ..] => rest = tail,
            [] => return false,
        }
    }
}

/// A whole number as text.
pub fn decimal(n: i64) -> Text {
    let mut out = Text::new();
    out.push_decimal(n);
    out
}

/// The whole number that a text is.
pub fn parse(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut n = 0u64;
    for c in digits {
        if !c.is_ascii_digit() {
            return None;
        }
        n = n * 10 + (c - b'0') as u64; // 19 digits fit
    }
    if n > i64::MAX as u64 + negative as u64 {
        return None;
    }
    Some(if negative { (n as i64).wrapping_neg() } else { n as i64 })
}

/// Whether two are the same: some bytes at a time, the last ones in a piece that may overlap the one before.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    // SAFETY: what is read lies within both.
    unsafe fn both<T: Copy + PartialEq>(a: *const u8, b: *const u8, at: usize) -> bool {
        (a.add(at) as *const T).read_unaligned() == (b.add(at) as *const T).read_unaligned()
    }
    let (n, a_at, b_at) = (a.len(), a.as_ptr(), b.as_ptr());
    if n != b.len() {
        return false;
    }
    unsafe {
        match n {
            0 => true,
            1 => *a_at == *b_at,
            2..=3 => both::<u16>(a_at, b_at, 0) && both::<u16>(a_at, b_at, n - 2),
            4..=8 => both::<u32>(a_at, b_at, 0) && both::<u32>(a_at, b_at, n - 4),
            9..=16 => both::<u64>(a_at, b_at, 0) && both::<u64>(a_at, b_at, n - 8),
            _ => a == b,
        }
    }
}

/// Bytes that are UTF-8 by the ABI.
pub(crate) fn text_ref(bytes: &[u8]) -> &str {
    // SAFETY: ABI.md promises that all text of the host is UTF-8, and a Text is made of str.
    unsafe { core::str::from_utf8_unchecked(bytes) }
}
