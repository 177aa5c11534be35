//! A plugin that lets through what is said on a topic, hides words that the
//! configuration lists, and mutes who uses them too often.
#![no_std]

use driplet::{config, fail, join, kv, metric, object, publish, Event, PublishOptions, Reply, Text, Value};

driplet::plugin! {
    "moderation.say" => say,
    "moderation.check" => check,
}

/// Publishes data.text on data.topic, when its sender is subscribed there.
fn say(e: &Event) -> Reply {
    let (topic, text) = (e.string("topic", 200)?, e.string("text", 2000)?);
    if !topic.starts_with("talk.") || !e.subscribed(&topic) {
        return fail("moderation.not_member", &join(&["subscribe to ", &topic, " first"]));
    }
    let strikes = join(&["strikes/", e.user]);
    let used = kv::get(&strikes)?.map_or(0, |n| Value::parse(&n).integer("").unwrap_or(0));
    if used >= config::integer("strikes").unwrap_or(3) {
        return fail("moderation.muted", "you used words that are not wanted here too often: wait ten minutes");
    }
    let (text, hidden) = mask(&text);
    if hidden > 0 {
        kv::incr(&strikes, hidden, 10 * kv::MINUTE)?;
        metric("hidden", hidden);
    }
    let message = object().set("from", e.user).set("text", text).set("at", e.time);
    publish(&topic, message, PublishOptions { event: "moderation.said", ..Default::default() })?;
    Ok(object().set("hidden", hidden))
}

/// Tells what say would make of data.text.
fn check(e: &Event) -> Reply {
    let (text, hidden) = mask(&e.string("text", 2000)?);
    Ok(object().set("text", text).set("hidden", hidden))
}

/// Writes stars over the words that the configuration lists, and counts them.
fn mask(text: &str) -> (Text, i64) {
    let words = config::texts("words");
    let (mut out, mut hidden) = (Text::new(), 0);
    // What is not ASCII counts as letters.
    for piece in text.split_inclusive(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric());
        if !word.is_empty() && words.iter().any(|w| w.eq_ignore_ascii_case(word)) {
            hidden += 1;
            word.chars().for_each(|_| out.push('*'));
            out.push_str(piece.get(word.len()..).unwrap_or(""));
        } else {
            out.push_str(piece);
        }
    }
    (out, hidden)
}
