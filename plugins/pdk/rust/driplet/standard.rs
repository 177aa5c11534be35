//! What the standard library's types can do here.

use crate::{Errno, Error, Text, ToJson};
use std::borrow::{Cow, ToOwned};
use std::boxed::Box;
use std::string::String;
use std::vec::Vec;

impl std::error::Error for Errno {}
impl std::error::Error for Error {}

impl ToJson for String {
    fn write(&self, out: &mut Text) {
        (**self).write(out)
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write(&self, out: &mut Text) {
        (**self).write(out)
    }
}

impl<T: ToJson + ?Sized> ToJson for Box<T> {
    fn write(&self, out: &mut Text) {
        (**self).write(out)
    }
}

impl<T: ToJson + ToOwned + ?Sized> ToJson for Cow<'_, T> {
    fn write(&self, out: &mut Text) {
        (**self).write(out)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        String::from(&*text)
    }
}

impl From<String> for Text {
    fn from(s: String) -> Text {
        Text::from(&*s)
    }
}
