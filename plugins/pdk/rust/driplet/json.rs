//! Writing JSON. Reading is the host's: see [`Value`].

use crate::quote::quote;
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

fn started(text: &[u8; 2]) -> Json {
    let mut out = List::with_capacity(256); // most fit: growing copies
    // SAFETY: there is room.
    unsafe {
        (out.address() as *mut [u8; 2]).write(*text);
        out.set_len(2);
    }
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

/// What can stand in JSON: strings, numbers, bools, `Option` (`None` is null),
/// [`Json`], [`Value`], lists of these, and references to them; with the standard
/// library also `String`, `Vec`, `Box` and `Cow`.
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

/// A list.
impl<T: ToJson> ToJson for [T] {
    fn write(&self, out: &mut Text) {
        out.push('[');
        for (i, item) in self.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            item.write(out);
        }
        out.push(']');
    }
}

impl<T: ToJson, const N: usize> ToJson for [T; N] {
    fn write(&self, out: &mut Text) {
        self[..].write(out)
    }
}

impl<T: ToJson> ToJson for List<T> {
    fn write(&self, out: &mut Text) {
        self[..].write(out)
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

impl ToJson for u64 {
    fn write(&self, out: &mut Text) {
        if *self > i64::MAX as u64 {
            out.push_decimal((*self / 10) as i64);
            out.push((b'0' + (*self % 10) as u8) as char);
        } else {
            out.push_decimal(*self as i64)
        }
    }
}

macro_rules! fraction {
    ($($number:ty)*) => { $(
        /// Infinities and NaN, of which JSON knows nothing, become null.
        impl ToJson for $number {
            fn write(&self, out: &mut Text) {
                use core::fmt::Write;
                let size = if *self < 0.0 { -*self } else { *self };
                let _ = if !self.is_finite() {
                    out.write_str("null")
                } else if size != 0.0 && (size < 1e-6 || size >= 1e21) {
                    write!(out, "{:e}", self) // as JavaScript does
                } else {
                    write!(out, "{}", self)
                };
            }
        }
    )* };
}
fraction!(f32 f64);

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
