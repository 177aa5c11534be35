//! The guest library for Driplet plugins in Rust.
//!
//! ```ignore
//! #![no_std]
//! use driplet::{fail, object, publish, kv, join, Event, PublishOptions, Reply};
//!
//! driplet::plugin! {
//!     on_subscribe: admit,
//!     "chat.send" => send,
//! }
//!
//! fn admit(e: &Event) -> Reply {
//!     if e.account.is_empty() { fail("chat.anonymous", "log in first") } else { driplet::done() }
//! }
//!
//! fn send(e: &Event) -> Reply {
//!     let (room, text) = (e.string("room", 64)?, e.string("text", 2000)?);
//!     let topic = join(&["chat.", &room]);
//!     let id = kv::incr(&join(&["seq/", &topic]), 1, kv::FOREVER)?;
//!     let message = object().set("id", id).set("from", e.user).set("text", text);
//!     publish(&topic, message, PublishOptions { event: "chat.message", ..Default::default() })?;
//!     Ok(object().set("id", id))
//! }
//! ```
//!
//! What a handler publishes, subscribes, disconnects and sets happens when it
//! ends, or, if it panics, not at all. An instance may be replaced between any two
//! events: what must last is kept in [`kv`], never in variables.
//!
//! A plugin that begins with `#![no_std]` has 7 KB and up; this library brings its
//! memory and its panics. Built with `--cfg 'feature="std"'` it leaves both to the
//! standard library: 30 KB more, and `HashMap`, `format!` and all the rest.
//!
//! The names are the same in every language's guest library; ABI.md of the
//! server's package core/plugin tells what is beneath.
#![no_std]
#![warn(missing_docs)]

#[cfg(feature = "std")]
extern crate std;

mod abi;
mod digits;
mod event;
mod grow;
mod handlers;
mod history;
mod host;
mod json;
pub mod kv;
mod memory;
mod quote;
mod reply;
mod show;
#[cfg(feature = "std")]
mod standard;
mod text;
mod topics;
mod value;
mod verdict;

pub use event::Event;
pub use grow::List;
pub use handlers::{Filter, Handler, Route};
pub use history::{history, HistoryOptions, Past, PastEvent, Position};
pub use host::{config, http, log, metric, now, random, timer, trap};
pub use json::{answer, json, list, object, Json, ToJson};
pub use reply::{admit, done, fail, fail_with, Errno, Error, Refusal, Reply};
pub use text::{contains, decimal, join, parse, Text};
pub use topics::{defer, disconnect, presence, publish, reply, session, subscribe, subscribed, unsubscribe, user, PublishOptions, Who};
pub use value::Value;
pub use verdict::{both, drop, pass, replace, retarget, Filtered, Verdict};

#[doc(hidden)]
pub use handlers::{alloc_inbox, dispatch, Handles};
