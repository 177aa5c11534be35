//! What the library in Rust does with the standard library's types.
use driplet::{answer, done, fail, kv, list, object, Errno, Error, Event, Reply, Text};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

driplet::plugin! {
    "fields.written" => written,
    "fields.shown" => shown,
    "fields.keys" => keys,
    "fields.floats" => |_| {
        let wide = [0.0, 1000000.0, -1234567.5, 1e20, 1e21, -1e300, 0.000001, 0.0000001, f64::NAN].iter().map(|n| answer(n).to_string());
        Ok(answer(wide.chain([answer(0.1f32).to_string(), answer(16777216f32).to_string()]).collect::<Vec<_>>()))
    },
    "fields.boxed" => boxed,
    "fields.panics" => |_| panic!("as asked"),
    "fields.unwrap" => |_| { kv::set("", "x", kv::FOREVER).unwrap(); done() },
}

fn written(_: &Event) -> Reply {
    let (own, shared): (String, Cow<str>) = (format!("{}-{}", 1, 2), Cow::Borrowed("c"));
    Ok(object()
        .set("string", own).set("vec", vec![Some("a"), None]).set("slice", &[1u8, 2][..]).set("array", [true, false]).set("cow", shared).set("box", Box::new(5))
        .set("u64", u64::MAX).set("small", 7u64).set("edge", 9223372036854775808u64).set("f32", 0.1f32).set("nested", vec![list(), list().push(1)]))
}

fn shown(e: &Event) -> Reply {
    let errno = kv::set("", "x", kv::FOREVER).err().map(|e| format!("{} | {:?}", e, e.code));
    let refusal = fail::<()>("fields.no", "no").err().map(|e| e.to_string());
    Ok(list().push(format!("{:?}", Text::from("a\"b"))).push(format!("{} {:?}", e.data, e.data.get("n"))).push(object().set("a", 1).to_string()).push(errno).push(refusal))
}

/// Texts are keys of maps, and are looked for by what they are made of.
fn keys(e: &Event) -> Reply {
    let mut hashed: HashMap<Text, i64> = HashMap::new();
    let mut sorted: BTreeMap<Text, i64> = BTreeMap::new();
    for word in &e.data.texts("words") {
        *hashed.entry(word.clone()).or_default() += 1;
        *sorted.entry(word.clone()).or_default() += 1;
    }
    let names = sorted.into_iter().map(|(word, n)| format!("{}{}", String::from(word), n)).collect::<Vec<_>>();
    Ok(object().set("b", hashed.get("b").copied()).set("none", hashed.get("none").copied()).set("sorted", names))
}

/// An errno is an error as any.
fn boxed(_: &Event) -> Reply {
    fn fails() -> Result<i64, Box<dyn std::error::Error>> {
        kv::set("", "x", kv::FOREVER)?;
        Ok("5".parse::<i64>()?)
    }
    match fails() {
        Ok(n) => Ok(answer(n)),
        Err(e) => match e.downcast::<Errno>() {
            Ok(errno) => Err(Error::from(*errno)),
            Err(other) => fail("fields.other", &other.to_string()),
        },
    }
}
