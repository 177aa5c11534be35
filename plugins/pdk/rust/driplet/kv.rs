//! The plugin's store on this endpoint: all that outlives an event. Keys are 1 to
//! 512 bytes; values any bytes; lifetimes in milliseconds.

use crate::abi::{self, check, Fields};
use crate::text::text_ref;
use crate::{Errno, List, Text};

/// No lifetime.
pub const FOREVER: i64 = 0;
/// 1,000 ms.
pub const SECOND: i64 = 1000;
/// 60 seconds.
pub const MINUTE: i64 = 60 * SECOND;
/// 60 minutes.
pub const HOUR: i64 = 60 * MINUTE;
/// 24 hours.
pub const DAY: i64 = 24 * HOUR;

/// A key with its value.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The key.
    pub key: Text,
    /// Its value.
    pub value: List<u8>,
}

/// The value at key.
pub fn get(key: &str) -> Result<Option<List<u8>>, Errno> {
    // SAFETY: as everywhere in this file: the addresses and lengths are those of slices and buffers.
    match abi::read(&mut |out, cap| unsafe { abi::kv_get(key.as_ptr(), key.len(), out, cap) }) {
        Ok(value) => Ok(Some(value)),
        Err(abi::NOT_FOUND) => Ok(None),
        Err(code) => Err(Errno { code, call: "kv::get" }),
    }
}

/// The value at key as text; what is no UTF-8 is as nothing.
pub fn text(key: &str) -> Result<Option<Text>, Errno> {
    Ok(get(key)?.and_then(|value| core::str::from_utf8(&value).ok().map(Text::from)))
}

/// Sets key when the handler ends; [`get`] and [`scan`] of this event see it at once.
pub fn set(key: &str, value: impl AsRef<[u8]>, ttl: i64) -> Result<(), Errno> {
    let value = value.as_ref();
    check(unsafe { abi::kv_set(key.as_ptr(), key.len(), value.as_ptr(), value.len(), ttl) }, "kv::set").map(drop)
}

/// Deletes key when the handler ends.
pub fn delete(key: &str) -> Result<(), Errno> {
    check(unsafe { abi::kv_delete(key.as_ptr(), key.len()) }, "kv::delete").map(drop)
}

/// Sets key to next (None: deletes it) if it holds old (None: if it is absent): at
/// once, atomically, also if the handler fails later. Tells whether it did.
pub fn cas(key: &str, old: Option<&[u8]>, next: Option<&[u8]>, ttl: i64) -> Result<bool, Errno> {
    let span = |v: Option<&[u8]>| v.map_or((core::ptr::null(), usize::MAX), |v| (v.as_ptr(), v.len()));
    let ((old, old_len), (next, next_len)) = (span(old), span(next));
    check(unsafe { abi::kv_cas(key.as_ptr(), key.len(), old, old_len, next, next_len, ttl) }, "kv::cas").map(|n| n == 1)
}

/// Adds delta to the whole number at key (absent: 0) and returns the sum: at once,
/// atomically, also if the handler fails later. A lifetime applies to a key that it creates.
pub fn incr(key: &str, delta: i64, ttl: i64) -> Result<i64, Errno> {
    let mut sum = 0;
    check(unsafe { abi::kv_incr(key.as_ptr(), key.len(), delta, ttl, &mut sum) }, "kv::incr")?;
    Ok(sum)
}

/// At most limit (1,000) pairs whose keys begin with prefix, in key order.
pub fn scan(prefix: &str, limit: i32) -> Result<List<Pair>, Errno> {
    from_start(prefix, limit, 0)
}

/// As [`scan`], backwards from the last key.
pub fn scan_back(prefix: &str, limit: i32) -> Result<List<Pair>, Errno> {
    from_start(prefix, limit, 1)
}

/// As [`scan`], of what lies behind the key after: give the last key that came, until
/// nothing comes. There need be no such key any more; "" is from the start.
pub fn scan_after(prefix: &str, after: &str, limit: i32) -> Result<List<Pair>, Errno> {
    behind(prefix, after, limit, 0)
}

/// As [`scan_back`], of what lies before the key after.
pub fn scan_back_after(prefix: &str, after: &str, limit: i32) -> Result<List<Pair>, Errno> {
    behind(prefix, after, limit, 1)
}

/// All pairs whose keys begin with prefix, in key order, read a thousand at a time:
/// `for pair in kv::all("item/") { let pair = pair?; … }`. An error is the last that
/// comes. What is set or deleted meanwhile is seen from the next thousand on.
pub fn all(prefix: &str) -> All<'_> {
    All { prefix, reverse: 0, page: List::new(), next: 0, over: false }
}

/// As [`all`], backwards from the last key.
pub fn all_back(prefix: &str) -> All<'_> {
    All { reverse: 1, ..all(prefix) }
}

/// What [`all`] goes through.
pub struct All<'a> {
    prefix: &'a str,
    reverse: i32,
    page: List<Pair>,
    next: usize,
    over: bool,
}

impl Iterator for All<'_> {
    type Item = Result<Pair, Errno>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        if self.next == self.page.len() {
            let after = self.page.last().map_or("", |p| &p.key);
            match behind(self.prefix, after, 1000, self.reverse) {
                Ok(page) => self.page = page,
                Err(e) => {
                    self.over = true;
                    return Some(Err(e));
                }
            }
            self.next = 0;
            self.over = self.page.is_empty();
        }
        let pair = self.page.get(self.next)?;
        self.next += 1;
        Some(Ok(pair.clone()))
    }
}

fn from_start(prefix: &str, limit: i32, reverse: i32) -> Result<List<Pair>, Errno> {
    pairs(abi::read(&mut |out, cap| unsafe { abi::kv_scan(prefix.as_ptr(), prefix.len(), limit, reverse, out, cap) }), "kv::scan")
}

fn behind(prefix: &str, after: &str, limit: i32, reverse: i32) -> Result<List<Pair>, Errno> {
    let call = &mut |out, cap| unsafe { abi::kv_scan_after(prefix.as_ptr(), prefix.len(), after.as_ptr(), after.len(), limit, reverse, out, cap) };
    pairs(abi::read(call), "kv::scan_after")
}

fn pairs(result: Result<List<u8>, i32>, call: &'static str) -> Result<List<Pair>, Errno> {
    let result = result.map_err(|code| Errno { code, call })?;
    let mut fields = Fields::of(&result);
    let mut pairs = List::with_capacity(fields.left() / 2);
    while fields.left() >= 2 {
        pairs.push(Pair { key: Text::from(text_ref(fields.take())), value: List::from(fields.take()) });
    }
    Ok(pairs)
}
