//! What the conformance suite does not ask for: fields, patterns, memory. fields.c is the same.
#![no_std]
use driplet::{answer, join, kv, list, object, publish, Event, PublishOptions, Reply};

driplet::plugin! {
    "fields.some.*" => |e| Ok(answer(join(&["some ", e.event]))),
    "fields.some.more.*" => |e| Ok(answer(join(&["more ", e.event]))),
    "fields.read" => read,
    "fields.lists" => lists,
    "fields.size" => |e| Ok(answer(kv::get(&e.string("key", 64)?)?.map_or(0, |v| v.len()))),
    "fields.grow" => grow,
    "fields.wrong" => |e| Ok(object().set("user", e.user).push(1)),
    "fields.denied" => |e| {
        publish("other", 1, PublishOptions::default())?;
        Ok(answer(e.user))
    },
}

fn read(e: &Event) -> Reply {
    Ok(object()
        .set("string", e.string("s", 3)?).set("string_or", e.string_or("so", 3, "fall")?).set("id", e.id("id", 3)?)
        .set("integer", e.integer("n", -5, 5)?).set("integer_or", e.integer_or("no", 0, 9, 7)?))
}

fn lists(e: &Event) -> Reply {
    let items = e.data.items("list").iter().fold(list(), |l, item| l.push(item));
    let texts = e.data.texts("list").iter().fold(list(), |l, text| l.push(text));
    Ok(object().set("items", items).set("texts", texts))
}

fn grow(e: &Event) -> Reply {
    let mut l = list();
    for i in 0..e.integer("n", 0, 1000000000)? {
        l = l.push(i);
    }
    Ok(answer(l.as_str().len()))
}
