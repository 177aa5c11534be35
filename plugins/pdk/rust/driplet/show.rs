//! How things look in `{:?}` and `{}`: for `unwrap`, `dbg!`, tests and logs. A plugin that prints
//! none of them has none of this in its module.

use crate::{Errno, Error, Json, List, Refusal, Text, Value};
use core::fmt::{Debug, Display, Formatter, Result};

impl Debug for Text {
    fn fmt(&self, f: &mut Formatter) -> Result {
        Debug::fmt(&**self, f)
    }
}

impl<T: Debug> Debug for List<T> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        Debug::fmt(&**self, f)
    }
}

impl Debug for Json {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str(self.as_str())
    }
}

impl Debug for Value<'_> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str(self.as_str())
    }
}

/// The JSON text.
impl Display for Json {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str(self.as_str())
    }
}

/// The JSON text.
impl Display for Value<'_> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str(self.as_str())
    }
}

impl Display for Errno {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str(self.call)?;
        f.write_str(": ")?;
        f.write_str(self.text())
    }
}

/// The JSON that the caller gets.
impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter) -> Result {
        Display::fmt(&self.json, f)
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter) -> Result {
        match self {
            Error::Refusal(r) => Display::fmt(r, f),
            Error::Errno(e) => Display::fmt(e, f),
        }
    }
}
