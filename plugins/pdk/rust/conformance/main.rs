//! The guest of the conformance suite: core/plugin/plugintest/conformance/README.md
//! says what each handler does.
#![cfg_attr(not(feature = "std"), no_std)]

use driplet::{
    admit, answer, both, config, decimal, defer, disconnect, done, drop, fail, fail_with, history, http, join, json, kv, list, log, metric, now, object, parse,
    pass, presence, publish, random, replace, reply, retarget, session, subscribe, subscribed, timer, trap, unsubscribe, user, Event, Filtered, HistoryOptions, List, Position, PublishOptions, Reply,
    Text, Value, Who,
};

driplet::plugin! {
    on_connect: connect,
    on_disconnect: gone,
    on_subscribe: admitted,
    on_unsubscribe: left,
    on_publish: filter,
    on_http: fetched,
    on_timer "tick" => tick,
    "conformance.echo" => echo,
    "conformance.nothing" => |_| done(),
    "conformance.refuse" => refuse,
    "conformance.trap" => |e| if e.data.has("message") { trap("as asked") } else { panic!("as asked") },
    "conformance.publish" => publishes,
    "conformance.subscribe" => subscribes,
    "conformance.unsubscribe" => |e| {
        unsubscribe(&text(e, "topic"), &text(e, "reason"), &who(e))?;
        done()
    },
    "conformance.disconnect" => |e| {
        disconnect(&text(e, "reason"), &who(e))?;
        done()
    },
    "conformance.subscribed" => |e| Ok(answer(subscribed(&text(e, "session"), &text(e, "topic"))?)),
    "conformance.presence" => present,
    "conformance.history" => past,
    "conformance.kv_get" => get,
    "conformance.kv_set" => |e| {
        kv::set(&text(e, "key"), text(e, "value"), number(e, "ttl"))?;
        get(e)
    },
    "conformance.kv_delete" => |e| {
        kv::delete(&text(e, "key"))?;
        done()
    },
    "conformance.kv_cas" => cas,
    "conformance.kv_incr" => |e| Ok(answer(kv::incr(&text(e, "key"), number(e, "delta"), number(e, "ttl"))?)),
    "conformance.kv_scan" => scan,
    "conformance.kv_pages" => pages,
    "conformance.fetch" => fetch,
    "conformance.timer" => sets,
    "conformance.defer" => |e| {
        kv::set(&text(e, "key"), decimal(defer()?), kv::FOREVER)?;
        done()
    },
    "conformance.reply" => late,
    "conformance.log" => logs,
    "conformance.metric" => |e| {
        metric(&text(e, "name"), number(e, "value"));
        done()
    },
    "conformance.config" => |_| Ok(object()
        .set("max_text", config::integer("max_text")).set("title", config::string("title"))
        .set("second", config::get("").bool("deep.list.1.yes"))),
    "conformance.field" => field,
    "conformance.now" => |_| Ok(answer(now())),
    "conformance.random" => |_| {
        let (mut a, mut b) = ([0; 16], [0; 16]);
        random(&mut a)?;
        random(&mut b)?;
        Ok(answer(a != b))
    },
}

fn text(e: &Event, path: &str) -> Text {
    e.data.string(path).unwrap_or(Text::new())
}

fn number(e: &Event, path: &str) -> i64 {
    e.data.integer(path).unwrap_or(0)
}

fn given(e: &Event, path: &str) -> Option<Value<'static>> {
    Some(e.data.get(path)).filter(|v| !v.is_empty())
}

fn string_of(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or("")
}

fn echo(e: &Event) -> Reply {
    Ok(object()
        .set("event", e.event).set("topic", e.topic).set("session", e.session).set("user", e.user).set("request", e.request)
        .set("claims", &e.claims).set("time", e.time).set("data", &e.data).set("account", e.account).set("endpoint", e.endpoint))
}

fn field(e: &Event) -> Reply {
    let (kind, path, max) = (text(e, "as"), text(e, "path"), e.data.integer("max").unwrap_or(10) as usize);
    let (low, high) = (number(e, "low"), e.data.integer("high").unwrap_or(10));
    Ok(match &*kind {
        "string" => answer(e.string(&path, max)?),
        "string_or" => answer(e.string_or(&path, max, "fallback")?),
        "id" => answer(e.id(&path, max)?),
        "integer" => answer(e.integer(&path, low, high)?),
        _ => answer(e.integer_or(&path, low, high, -1)?),
    })
}

fn refuse(e: &Event) -> Reply {
    let (code, message) = (text(e, "code"), text(e, "message"));
    match given(e, "data") {
        Some(data) => fail_with(&code, &message, data),
        None => fail(&code, &message),
    }
}

fn publishes(e: &Event) -> Reply {
    let (event, except, id, target) = (text(e, "event"), text(e, "except"), text(e, "id"), e.data.get("target"));
    let no_history = e.data.bool("history") == Some(false);
    publish(&text(e, "topic"), e.data.get("message"), PublishOptions { event: &event, except: &except, id: &id, target: target.as_str(), no_history })?;
    done()
}

fn subscribes(e: &Event) -> Reply {
    subscribe(&text(e, "session"), &text(e, "topic"), given(e, "info"))?;
    done()
}

fn who(e: &Event) -> List<Who> {
    let (sessions, users) = (e.data.texts("sessions"), e.data.texts("users"));
    sessions.iter().map(|s| session(s)).chain(users.iter().map(|u| user(u))).collect()
}

fn present(e: &Event) -> Reply {
    let here = presence(&text(e, "topic"), number(e, "limit") as i32)?;
    let ids = here.items("members").iter().fold(list(), |ids, member| ids.push(member.string("id")));
    Ok(object().set("count", here.integer("count")).set("ids", ids))
}

fn past(e: &Event) -> Reply {
    let since = e.data.string("since.epoch").map(|epoch| Position { epoch, offset: number(e, "since.offset") as u64 });
    let mut o = HistoryOptions { since: since.as_ref(), ..Default::default() };
    if let Some(limit) = e.data.integer("limit") {
        o.limit = limit as i32;
    }
    let past = history(&text(e, "topic"), o)?;
    let events = past.events.iter().fold(list(), |events, p| {
        events.push(list().push(p.offset as i64).push(&p.event).push(&p.from).push(&p.data).push(&p.target))
    });
    Ok(object()
        .set("kept", past.kept).set("epoch", &past.head.epoch).set("offset", past.head.offset as i64).set("next", past.next.offset as i64)
        .set("whole", past.whole).set("more", past.more).set("events", events))
}

fn get(e: &Event) -> Reply {
    match kv::get(&text(e, "key"))? {
        Some(value) => Ok(answer(string_of(&value))),
        None => done(),
    }
}

fn cas(e: &Event) -> Reply {
    let (old, new) = (e.data.string("old"), e.data.string("new"));
    Ok(answer(kv::cas(&text(e, "key"), old.as_ref().map(|t| t.as_bytes()), new.as_ref().map(|t| t.as_bytes()), number(e, "ttl"))?))
}

fn scan(e: &Event) -> Reply {
    let limit = number(e, "limit") as i32;
    let pairs = match e.data.bool("reverse") {
        Some(true) => kv::scan_back(&text(e, "prefix"), limit)?,
        _ => kv::scan(&text(e, "prefix"), limit)?,
    };
    Ok(pairs.iter().fold(list(), |out, p| out.push(list().push(&p.key).push(string_of(&p.value)))))
}

fn pages(e: &Event) -> Reply {
    let (prefix, limit, back) = (text(e, "prefix"), number(e, "limit") as i32, e.data.bool("reverse") == Some(true));
    for key in e.data.texts("delete").iter() {
        kv::delete(key)?;
    }
    for key in e.data.texts("set").iter() {
        kv::set(key, "new", kv::FOREVER)?;
    }
    let mut out = list();
    if limit == 0 {
        for pair in if back { kv::all_back(&prefix) } else { kv::all(&prefix) } {
            out = out.push(shown(&pair?));
        }
        return Ok(out);
    }
    let mut after = Text::from("");
    loop {
        let page = if back { kv::scan_back_after(&prefix, &after, limit)? } else { kv::scan_after(&prefix, &after, limit)? };
        for pair in page.iter() {
            out = out.push(shown(pair));
        }
        match page.last() {
            Some(last) => after = last.key.clone(),
            None => return Ok(out),
        }
        kv::delete(&after)?;
    }
}

fn shown(pair: &kv::Pair) -> Text {
    join(&[&pair.key, "=", &string_of(&pair.value)])
}

fn fetch(e: &Event) -> Reply {
    let (method, url, headers, body) = (text(e, "method"), text(e, "url"), e.data.get("headers"), text(e, "body"));
    let (timeout, signed) = (number(e, "timeout") as i32, e.data.bool("signed").unwrap_or(false));
    let request = http::Request { method: &method, url: &url, headers: headers.as_str(), body: body.as_bytes(), timeout, signed };
    http::fetch(request, text(e, "state"))?;
    done()
}

fn sets(e: &Event) -> Reply {
    match number(e, "at") {
        0 => timer::cancel(&text(e, "name"))?,
        at => timer::set(&text(e, "name"), at, text(e, "state"))?,
    }
    done()
}

fn late(e: &Event) -> Reply {
    let handle = kv::get(&text(e, "key"))?.and_then(|v| parse(string_of(&v))).unwrap_or(0);
    let code = text(e, "code");
    let answer = if code.is_empty() { Ok(json(e.data.get("answer").as_str())) } else { fail(&code, &text(e, "message")) };
    if reply(handle, answer)? {
        return done();
    }
    fail("not_found", "nobody waits any more")
}

fn logs(e: &Event) -> Reply {
    let line = text(e, "text");
    match number(e, "level") {
        0 => log::debug(&line),
        1 => log::info(&line),
        2 => log::warn(&line),
        _ => log::error(&line),
    }
    done()
}

fn tick(e: &Event) -> Reply {
    publish("conformance.done", object().set("timer", e.event).set("state", string_of(e.state)), PublishOptions::default())?;
    done()
}

fn served(e: &Event) -> Reply {
    if e.data.has("code") {
        return fail(&text(e, "code"), &text(e, "message"));
    }
    if e.data.has("key") {
        kv::set(&text(e, "key"), decimal(defer()?), kv::FOREVER)?;
        return done();
    }
    let o = object().set("method", e.method).set("query", e.query).set("type", e.headers.string("content-type"));
    Ok(o.set("body", string_of(e.body)).set("session", e.session).set("user", e.user).set("endpoint", e.endpoint))
}

fn fetched(e: &Event) -> Reply {
    if !e.method.is_empty() {
        return served(e);
    }
    let o = object().set("status", e.status).set("type", e.headers.string("content-type"));
    publish("conformance.done", o.set("body", string_of(e.body)).set("state", string_of(e.state)), PublishOptions::default())?;
    done()
}

fn connect(e: &Event) -> Reply {
    if e.user == "banned" {
        return fail("conformance.banned", "go away");
    }
    done()
}

fn admitted(e: &Event) -> Reply {
    match e.topic {
        "conformance.closed" => fail("conformance.closed", "closed"),
        "conformance.info" => admit(object().set("user", e.user)),
        _ => done(),
    }
}

fn left(e: &Event) -> Reply {
    kv::set(&join(&["left/", e.topic]), e.user, kv::FOREVER)?;
    done()
}

fn gone(e: &Event) -> Reply {
    kv::set("gone", e.user, kv::FOREVER)?;
    done()
}

fn seen(e: &Event) -> Filtered {
    replace(
        object().set("event", e.event).set("topic", e.topic).set("session", e.session).set("user", e.user).set("account", e.account)
            .set("claims", &e.claims).set("target", &e.target).set("message", &e.data),
    )
}

fn filter(e: &Event) -> Filtered {
    let (message, target) = (e.data.get("message"), e.data.get("target"));
    match &*text(e, "do") {
        "drop" => drop(),
        "replace" => replace(message),
        "retarget" => retarget(target),
        "both" => both(message, target),
        "refuse" => fail("conformance.no", "not this"),
        "see" => seen(e),
        _ => pass(),
    }
}
