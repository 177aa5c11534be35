//! The imports of the ABI driplet_v1, as ABI.md lists them (a span is an address
//! and a length; an out is an address and a capacity), envelopes, and results.

use crate::{memory, Errno, List};

#[link(wasm_import_module = "driplet_v1")]
extern "C" {
    pub fn publish(topic: *const u8, topic_len: usize, data: *const u8, data_len: usize, target: *const u8, target_len: usize, options: *const u8, options_len: usize) -> i32;
    pub fn reply(handle: i64, data: *const u8, data_len: usize) -> i32;
    pub fn defer() -> i64;
    pub fn subscribe(session: *const u8, session_len: usize, topic: *const u8, topic_len: usize, info: *const u8, info_len: usize) -> i32;
    pub fn unsubscribe(who: *const u8, who_len: usize, topic: *const u8, topic_len: usize, reason: *const u8, reason_len: usize) -> i32;
    pub fn subscribed(session: *const u8, session_len: usize, topic: *const u8, topic_len: usize) -> i32;
    pub fn disconnect(who: *const u8, who_len: usize, reason: *const u8, reason_len: usize) -> i32;
    pub fn presence(topic: *const u8, topic_len: usize, limit: i32, out: *mut u8, cap: usize) -> i32;
    pub fn history(topic: *const u8, topic_len: usize, limit: i32, since: *const u8, since_len: usize, out: *mut u8, cap: usize) -> i32;
    pub fn kv_get(key: *const u8, key_len: usize, out: *mut u8, cap: usize) -> i32;
    pub fn kv_set(key: *const u8, key_len: usize, value: *const u8, value_len: usize, ttl: i64) -> i32;
    pub fn kv_delete(key: *const u8, key_len: usize) -> i32;
    pub fn kv_cas(key: *const u8, key_len: usize, old: *const u8, old_len: usize, next: *const u8, next_len: usize, ttl: i64) -> i32;
    pub fn kv_incr(key: *const u8, key_len: usize, delta: i64, ttl: i64, sum: *mut i64) -> i32;
    pub fn kv_scan(prefix: *const u8, prefix_len: usize, limit: i32, reverse: i32, out: *mut u8, cap: usize) -> i32;
    pub fn kv_scan_after(prefix: *const u8, prefix_len: usize, after: *const u8, after_len: usize, limit: i32, reverse: i32, out: *mut u8, cap: usize) -> i32;
    pub fn http_fetch(request: *const u8, request_len: usize, state: *const u8, state_len: usize) -> i32;
    pub fn timer_set(name: *const u8, name_len: usize, at: i64, state: *const u8, state_len: usize) -> i32;
    pub fn log(level: i32, text: *const u8, text_len: usize) -> i32;
    pub fn metric(name: *const u8, name_len: usize, value: i64) -> i32;
    pub fn config_get(path: *const u8, path_len: usize, out: *mut u8, cap: usize) -> i32;
    pub fn json_get(json: *const u8, json_len: usize, path: *const u8, path_len: usize, out: *mut u8, cap: usize) -> i32;
    pub fn now() -> i64;
    pub fn random(buffer: *mut u8, buffer_len: usize) -> i32;
}

pub const NOT_FOUND: i32 = -1;

/// The result of a call that is not an errno.
pub fn check(n: i32, call: &'static str) -> Result<i32, Errno> {
    if n < 0 {
        return Err(Errno { code: n, call });
    }
    Ok(n)
}

/// Runs an import whose result goes to a buffer: again with a larger one while it
/// does not fit. What call gets are the buffer's address and capacity.
pub fn read(call: &mut dyn FnMut(*mut u8, usize) -> i32) -> Result<List<u8>, i32> {
    let mut out = List::with_capacity(512);
    loop {
        let n = call(out.address(), out.capacity());
        if n < 0 {
            return Err(n);
        }
        if n as usize <= out.capacity() {
            // SAFETY: the host has written n bytes.
            unsafe { out.set_len(n as usize) };
            return Ok(out);
        }
        out.reserve(n as usize);
    }
}

/// Packs fields: u16 version, u16 fields, then u32 length and bytes of each.
pub fn envelope(fields: &[&[u8]]) -> List<u8> {
    let len = fields.iter().fold(4, |n, f| n + 4 + f.len());
    let mut out: List<u8> = List::with_capacity(len);
    // SAFETY: there is room for all of them.
    unsafe {
        let mut at = out.address();
        (at as *mut u32).write_unaligned(1 | (fields.len() as u32) << 16);
        at = at.add(4);
        for f in fields {
            (at as *mut u32).write_unaligned(f.len() as u32);
            memory::copy(f.as_ptr(), at.add(4), f.len());
            at = at.add(4 + f.len());
        }
        out.set_len(len);
    }
    out
}

/// The fields of an envelope, one after the other; then empty ones.
pub struct Fields<'a> {
    rest: &'a [u8],
    count: usize,
}

impl<'a> Fields<'a> {
    pub fn of(envelope: &'a [u8]) -> Self {
        match envelope {
            [_, _, low, high, rest @ ..] => Fields { rest, count: u16::from_le_bytes([*low, *high]) as usize },
            _ => Fields { rest: &[], count: 0 },
        }
    }

    pub fn left(&self) -> usize {
        self.count
    }

    #[inline(never)]
    pub fn take(&mut self) -> &'a [u8] {
        if self.count == 0 {
            return &[];
        }
        self.count -= 1;
        match self.rest {
            [a, b, c, d, rest @ ..] => {
                let n = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
                let (field, rest) = if n <= rest.len() { rest.split_at(n) } else { (&[][..], &[][..]) };
                self.rest = rest;
                field
            }
            _ => &[],
        }
    }
}
