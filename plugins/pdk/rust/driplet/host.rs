//! The other calls to the host.

use crate::{abi, Errno};

/// Requests to other servers.
pub mod http {
    use crate::abi::{self, check, envelope};
    use crate::Errno;

    /// A request: `Request { url: "https://…", ..Default::default() }`.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Request<'a> {
        /// GET when empty.
        pub method: &'a str,
        /// Must begin with one of those that the manifest lists.
        pub url: &'a str,
        /// A JSON object of strings, or empty.
        pub headers: &'a str,
        /// 64 KiB at most.
        pub body: &'a [u8],
        /// Milliseconds, at most 30,000; 0: 5,000.
        pub timeout: i32,
        /// With the endpoint's secret, so that the other side knows who asks.
        pub signed: bool,
    }

    /// Sends a request when the handler ends. The answer comes to the handler of
    /// `on_http`, with state (4 KiB at most).
    pub fn fetch(r: Request, state: impl AsRef<[u8]>) -> Result<(), Errno> {
        let state = state.as_ref();
        let q = envelope(&[r.method.as_bytes(), r.url.as_bytes(), r.headers.as_bytes(), r.body, &r.timeout.to_le_bytes(), &[r.signed as u8]]);
        // SAFETY: the addresses and lengths are those of slices.
        check(unsafe { abi::http_fetch(q.as_ptr(), q.len(), state.as_ptr(), state.len()) }, "http::fetch").map(drop)
    }
}

/// Timers.
pub mod timer {
    use crate::abi::{self, check};
    use crate::Errno;

    /// Has the handler of `on_timer name` called at a time (milliseconds since 1970),
    /// with state (4 KiB at most). The same name again replaces it.
    pub fn set(name: &str, at: i64, state: impl AsRef<[u8]>) -> Result<(), Errno> {
        let state = state.as_ref();
        // SAFETY: the addresses and lengths are those of slices.
        check(unsafe { abi::timer_set(name.as_ptr(), name.len(), at.max(1), state.as_ptr(), state.len()) }, "timer::set").map(drop)
    }

    /// Takes a timer back.
    pub fn cancel(name: &str) -> Result<(), Errno> {
        // SAFETY: as in set; an empty span may have any address.
        check(unsafe { abi::timer_set(name.as_ptr(), name.len(), 0, name.as_ptr(), 0) }, "timer::cancel").map(drop)
    }
}

/// The plugin's configuration: `[config]` of its manifest, with what the endpoint overrides.
pub mod config {
    use crate::value::Found;
    use crate::{abi, List, Text, Value};

    /// The value at path, to look further into; empty if there is none.
    pub fn get(path: &str) -> Value<'static> {
        // SAFETY: the addresses and lengths are those of a slice and a buffer.
        let result = abi::read(&mut |out, cap| unsafe { abi::config_get(path.as_ptr(), path.len(), out, cap) });
        Value::found(result.ok().and_then(Found::of))
    }

    /// The string at path.
    pub fn string(path: &str) -> Option<Text> {
        get(path).string("")
    }

    /// The whole number at path.
    pub fn integer(path: &str) -> Option<i64> {
        get(path).integer("")
    }

    /// The bool at path.
    pub fn bool(path: &str) -> Option<bool> {
        get(path).bool("")
    }

    /// The texts of the list at path.
    pub fn texts(path: &str) -> List<Text> {
        get(path).texts("")
    }
}

/// The server's log.
pub mod log {
    fn write(level: i32, text: &str) {
        // SAFETY: the address and length are those of a slice. A line too many is no reason to fail.
        unsafe { crate::abi::log(level, text.as_ptr(), text.len()) };
    }

    /// For whoever looks for an error.
    pub fn debug(text: &str) {
        write(0, text)
    }
    /// For the record.
    pub fn info(text: &str) {
        write(1, text)
    }
    /// For whoever runs the server, some day.
    pub fn warn(text: &str) {
        write(2, text)
    }
    /// For whoever runs the server, now.
    pub fn error(text: &str) {
        write(3, text)
    }
}

/// Logs and traps: what must not happen. `panic!` tells its place only.
pub fn trap(text: &str) -> ! {
    log::error(text);
    core::arch::wasm32::unreachable()
}

/// Adds to the plugin's counter of this name (a-z 0-9 _).
pub fn metric(name: &str, value: i64) {
    // SAFETY: the address and length are those of a slice.
    unsafe { abi::metric(name.as_ptr(), name.len(), value) };
}

/// Now, in milliseconds since 1970. An event's time is when it happened.
pub fn now() -> i64 {
    // SAFETY: it takes nothing.
    unsafe { abi::now() }
}

/// Fills a buffer (65,536 bytes at most) with random bytes good for secrets.
pub fn random(buffer: &mut [u8]) -> Result<(), Errno> {
    // SAFETY: the address and length are those of a slice.
    abi::check(unsafe { abi::random(buffer.as_mut_ptr(), buffer.len()) }, "random").map(drop)
}
