//! Writing JSON. Reading is the host's: see [`Value`].

use crate::{decimal, List, Text, Value};

/// JSON text: an object or list that grows, or one value. It is also a handler's
/// answer; empty, it is no answer.
#[derive(Clone)]
pub struct Json(pub(crate) Text);

/// A new, empty JSON object.
pub fn object() -> Json {
    Json(Text::from("{}"))
}

/// A new, empty JSON list.
pub fn list() -> Json {
    Json(Text::from("[]"))
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
        self.open('}');
        key.write(&mut self.0);
        self.0.push(':');
        value.write(&mut self.0);
        self.0.push('}');
        self
    }

    /// Adds an item to a list.
    pub fn push(mut self, value: impl ToJson) -> Json {
        self.open(']');
        value.write(&mut self.0);
        self.0.push(']');
        self
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the closing bracket off. Panics for a set of what is no object, a push to what is no list.
    fn open(&mut self, close: char) {
        if self.0.as_bytes().last() != Some(&(close as u8)) {
            crate::trap("set is for an object(), push for a list()");
        }
        // SAFETY: the last byte is a bracket.
        unsafe { self.0 .0.set_len(self.0.len() - 1) };
        if self.0.len() > 1 {
            self.0.push(',');
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
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn write(&self, out: &mut Text) {
        (**self).write(out)
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
            out.push_str(&decimal(*self as i64))
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
        const HEX: &[u8; 16] = b"0123456789abcdef";
        // Whole characters are copied, and what is put between them is ASCII.
        let out: &mut List<u8> = &mut out.0;
        out.reserve(self.len() + 2);
        out.push(b'"');
        let mut rest = self.as_bytes();
        while let Some(at) = rest.iter().position(|&c| c < 0x20 || c == b'"' || c == b'\\') {
            let (run, tail) = rest.split_at(at);
            out.append(run);
            let c = tail.first().copied().unwrap_or(0);
            if c >= 0x20 {
                out.append(&[b'\\', c]);
            } else {
                out.append(&[b'\\', b'u', b'0', b'0', HEX[(c >> 4) as usize & 15], HEX[(c & 15) as usize]]);
            }
            rest = tail.get(1..).unwrap_or(&[]);
        }
        out.append(rest);
        out.push(b'"');
    }
}
