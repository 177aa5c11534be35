//! The handler of the benchmark table in Rust: what somebody says in a room.
#![cfg_attr(not(feature = "std"), no_std)]

use driplet::{decimal, fail, join, kv, object, publish, Event, PublishOptions, Reply};

driplet::plugin! {
    "compare.send" => send,
    "compare.count" => count,
}

fn send(e: &Event) -> Reply {
    let (room, text) = (e.string("room", 64)?, e.string("text", 2000)?);
    let topic = join(&["compare.", &room]);
    if !e.subscribed(&topic) {
        return fail("compare.not_member", "enter the room first");
    }
    let id = kv::incr(&join(&["seq/", &topic]), 1, 0)?;
    let message = object().set("id", id).set("from", e.user).set("text", text).set("at", e.time);
    kv::set(&join(&["msg/", &topic, "/", &decimal(id)]), &message, 7 * kv::DAY)?;
    publish(&topic, message, PublishOptions { event: "compare.message", ..Default::default() })?;
    Ok(object().set("id", id))
}

/// Counts the words of a text.
fn count(e: &Event) -> Reply {
    let (room, text) = (e.string("room", 64)?, e.string("text", 2000)?);
    let (mut words, mut inside) = (0, false);
    for b in text.bytes() {
        let letter = b != b' ' && b != b'\n';
        words += i64::from(letter && !inside);
        inside = letter;
    }
    Ok(object().set("room", room).set("from", e.user).set("text", text).set("words", words))
}
