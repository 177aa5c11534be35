//! What a handler returns.

use crate::{log, object, Json, Text, ToJson};

/// What a handler returns: `Ok` of an answer ([`object`], [`list`](crate::list),
/// [`answer`](crate::answer), [`json`](crate::json())), [`done`] for none,
/// [`admit`], or an error: made by [`fail`], or passed on with `?`.
pub type Reply = Result<Json, Error>;

/// Why a handler does not answer.
#[derive(Debug)]
pub enum Error {
    /// Reaches the caller as it is.
    Refusal(Refusal),
    /// A call to the host failed: it is logged, and the caller gets plugin_failed.
    Errno(Errno),
}

/// A refusal, made by [`fail`].
#[derive(Debug)]
pub struct Refusal {
    pub(crate) json: Json,
}

/// Refuses: `return fail("chat.banned", "you were put out of this room")`. The
/// code is one of the server's (bad_request, forbidden, not_found, conflict, …) or
/// `<plugin>.<name>`; the message says what to do.
pub fn fail<T>(code: &str, message: &str) -> Result<T, Error> {
    Err(Error::Refusal(Refusal { json: object().set("code", code).set("message", message) }))
}

/// As [`fail`], with more for the caller's program.
pub fn fail_with<T>(code: &str, message: &str, data: impl ToJson) -> Result<T, Error> {
    Err(Error::Refusal(Refusal { json: object().set("code", code).set("message", message).set("data", data) }))
}

/// No answer; from `on_connect` and `on_subscribe`: yes.
pub fn done() -> Reply {
    Ok(Json(Text::new()))
}

/// Admits to a topic (`on_subscribe`), with what others see of this member in presence.
pub fn admit(info: impl ToJson) -> Reply {
    Ok(object().set("info", info))
}

/// Why a call to the host failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno {
    /// As ABI.md numbers them.
    pub code: i32,
    /// The call's name.
    pub call: &'static str,
}

impl Errno {
    /// No such key, handle, session.
    pub const NOT_FOUND: i32 = -1;
    /// The manifest does not grant it.
    pub const DENIED: i32 = -2;
    /// Broken JSON, or a name or value over its limit.
    pub const BAD_ARGUMENT: i32 = -3;
    /// More than one event may ask for.
    pub const LIMIT: i32 = -4;
    /// The store is full.
    pub const QUOTA: i32 = -5;
    /// This event has a pending write of the key, or the value is no integer.
    pub const CONFLICT: i32 = -6;
    /// Not now; at another event.
    pub const UNAVAILABLE: i32 = -7;
    /// Nobody waits for an answer.
    pub const NO_REQUEST: i32 = -8;
    /// Not while the plugin starts.
    pub const NOT_HERE: i32 = -9;

    /// What went wrong, and what to do.
    pub fn text(&self) -> &'static str {
        match self.code {
            Self::NOT_FOUND => "not found",
            Self::DENIED => "denied: grant it under [capabilities] of the manifest",
            Self::BAD_ARGUMENT => "a bad argument: broken JSON, a name that is empty or too long, or a value or number out of its range",
            Self::LIMIT => "over the limit of one event",
            Self::QUOTA => "the store is full: raise kv under [capabilities] of the manifest",
            Self::CONFLICT => "a conflict: this event writes the same key, or the value is no integer",
            Self::UNAVAILABLE => "unavailable just now",
            Self::NO_REQUEST => "nobody waits for an answer",
            Self::NOT_HERE => "not possible while the plugin starts",
            _ => "an errno that this library does not know",
        }
    }
}

impl From<Errno> for Error {
    fn from(e: Errno) -> Error {
        Error::Errno(e)
    }
}

impl Error {
    /// The refusal that the caller gets.
    pub(crate) fn into_json(self) -> Json {
        match self {
            Error::Refusal(r) => r.json,
            Error::Errno(e) => {
                log::error(&crate::join(&[e.call, ": ", e.text()]));
                object().set("code", "plugin_failed").set("message", "the plugin failed to handle this; the server's log says why")
            }
        }
    }
}
