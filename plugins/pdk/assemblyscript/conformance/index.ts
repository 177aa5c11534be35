// The guest of the conformance suite: core/plugin/plugintest/conformance/README.md
// says what each handler does.

import {
  Event, JSONList, Reply, admit, answer, config, defer, disconnect, fail, history, http, json, kv, list, log, metric, now, object, on,
  both, drop, onConnect, onDisconnect, onHttp, onPublish, onSubscribe, onTimer, onUnsubscribe, pass, presence, replace, retarget, publish, random, reply, session, subscribe,
  subscribed, timer, unsubscribe, user, Position, Request,
} from "../driplet";

function text(e: Event, path: string): string { return e.data.string(path); }

function orNull(text: string): string { return text.length > 0 ? text : "null"; }

on("conformance.echo", (e) => object()
  .set("event", e.event).set("topic", e.topic).set("session", e.session).set("user", e.user).set("request", e.request)
  .setRaw("claims", orNull(e.claims.toString())).set("time", e.time).setRaw("data", orNull(e.data.toString()))
  .set("account", e.account).set("endpoint", e.endpoint));

on("conformance.nothing", (_) => null);

on("conformance.refuse", (e) => {
  const data = e.data.raw("data");
  return fail(text(e, "code"), text(e, "message"), data === null ? null : json(data));
});

on("conformance.trap", (_) => { throw new Error("as asked"); });

on("conformance.publish", (e) => {
  const target = e.data.raw("target");
  publish(text(e, "topic"), json(orNull(e.data.get("message").toString())), {
    event: text(e, "event"), except: text(e, "except"), id: text(e, "id"),
    target: target === null ? "" : target, history: e.data.bool("history", true),
  });
  return null;
});

on("conformance.subscribe", (e) => {
  const info = e.data.raw("info");
  subscribe(text(e, "session"), text(e, "topic"), info === null ? null : json(info));
  return null;
});

function who(e: Event): string[] {
  return e.data.texts("sessions").map<string>((id) => session(id)).concat(e.data.texts("users").map<string>((id) => user(id)));
}

on("conformance.unsubscribe", (e) => {
  unsubscribe(who(e), text(e, "topic"), text(e, "reason"));
  return null;
});

on("conformance.disconnect", (e) => {
  disconnect(who(e), text(e, "reason"));
  return null;
});

on("conformance.subscribed", (e) => answer(subscribed(text(e, "session"), text(e, "topic"))));

on("conformance.presence", (e) => {
  const here = presence(text(e, "topic"), <i32>e.data.integer("limit")), members = here.items("members"), ids = list();
  for (let i = 0; i < members.length; i++) ids.push(members[i].string("id"));
  return object().set("count", here.integer("count")).set("ids", ids);
});

on("conformance.history", (e) => {
  const data = e.data, since = data.has("since") ? new Position(data.string("since.epoch"), data.integer("since.offset")) : null;
  const past = data.has("limit") ? history(text(e, "topic"), { limit: <i32>data.integer("limit"), since }) : history(text(e, "topic"), { since });
  const events = list();
  for (let i = 0; i < past.events.length; i++) {
    const p = past.events[i];
    events.push(list().push(p.offset).push(p.event).push(p.from).pushRaw(p.data.toString()).pushRaw(orNull(p.target.toString())));
  }
  return object().set("kept", past.kept).set("epoch", past.head.epoch).set("offset", past.head.offset).set("next", past.next.offset)
    .set("whole", past.whole).set("more", past.more).set("events", events);
});

function stored(key: string): Reply | null {
  const value = kv.get(key);
  return value === null ? null : answer(value);
}

on("conformance.kv_get", (e) => stored(text(e, "key")));

on("conformance.kv_set", (e) => {
  kv.set(text(e, "key"), text(e, "value"), e.data.integer("ttl"));
  return stored(text(e, "key"));
});

on("conformance.kv_delete", (e) => {
  kv.delete(text(e, "key"));
  return null;
});

on("conformance.kv_cas", (e) => answer(kv.cas(text(e, "key"), e.data.stringOrNull("old"), e.data.stringOrNull("new"), e.data.integer("ttl"))));

on("conformance.kv_incr", (e) => answer(kv.incr(text(e, "key"), e.data.integer("delta"), e.data.integer("ttl"))));

on("conformance.kv_scan", (e) => {
  const out = list(), pairs = kv.scan(text(e, "prefix"), <i32>e.data.integer("limit"), e.data.bool("reverse"));
  for (let i = 0; i < pairs.length; i++) out.push<JSONList>(list().push(pairs[i].key).push(pairs[i].value));
  return out;
});

on("conformance.kv_pages", (e) => {
  const prefix = text(e, "prefix"), limit = <i32>e.data.integer("limit"), back = e.data.bool("reverse");
  const gone = e.data.texts("delete"), fresh = e.data.texts("set");
  for (let i = 0; i < gone.length; i++) kv.delete(gone[i]);
  for (let i = 0; i < fresh.length; i++) kv.set(fresh[i], "new");
  const out = list();
  let last = "";
  while (true) {
    const page = kv.scanAfter(prefix, last, limit ? limit : 1000, back);
    for (let i = 0; i < page.length; i++) out.push(page[i].key + "=" + page[i].value);
    if (page.length == 0) return out;
    last = page[page.length - 1].key;
    if (limit) kv.delete(last);
  }
});

on("conformance.fetch", (e) => {
  const headers = e.data.raw("headers"), request: Request = { url: text(e, "url"), body: text(e, "body") };
  if (e.data.has("method")) request.method = text(e, "method");
  if (headers !== null) request.headers = headers;
  if (e.data.has("timeout")) request.timeout = <i32>e.data.integer("timeout");
  request.signed = e.data.bool("signed");
  http.fetch(request, text(e, "state"));
  return null;
});

on("conformance.timer", (e) => {
  const at = e.data.integer("at");
  if (at == 0) timer.cancel(text(e, "name"));
  else timer.set(text(e, "name"), at, text(e, "state"));
  return null;
});

on("conformance.defer", (e) => {
  const handle = defer();
  if (handle == 0) return fail("conformance.nobody", "nobody waits for an answer");
  kv.set(text(e, "key"), handle.toString());
  return null;
});

on("conformance.reply", (e) => {
  const handle = kv.get(text(e, "key")), answer = e.data.raw("answer");
  if (handle === null) return fail("not_found", "no handle");
  const ok = e.data.has("code") ? reply(I64.parseInt(handle), fail(text(e, "code"), text(e, "message")))
    : reply(I64.parseInt(handle), answer === null ? null : json(answer));
  return ok ? null : fail("not_found", "nobody waits any more");
});

on("conformance.log", (e) => {
  const line = text(e, "text");
  switch (<i32>e.data.integer("level")) {
    case 0: log.debug(line); break;
    case 1: log.info(line); break;
    case 2: log.warn(line); break;
    default: log.error(line);
  }
  return null;
});

on("conformance.metric", (e) => {
  metric(text(e, "name"), e.data.integer("value"));
  return null;
});

on("conformance.config", (_) => object()
  .set("max_text", config.integer("max_text", 0)).set("title", config.string("title", "")).set("second", config.get("").bool("deep.list.1.yes")));

on("conformance.now", (_) => answer(now()));

on("conformance.field", (e) => {
  const as = text(e, "as"), path = text(e, "path"), max = <i32>e.data.integer("max", 10), low = e.data.integer("low"), high = e.data.integer("high", 10);
  const value = as == "string" ? answer(e.string(path, max))
    : as == "string_or" ? answer(e.stringOr(path, max, "fallback"))
    : as == "id" ? answer(e.id(path, max))
    : as == "integer" ? answer(e.integer(path, low, high))
    : answer(e.integerOr(path, low, high, -1));
  const bad = e.err();
  return bad ? bad : value;
});

on("conformance.random", (_) => {
  const a = random(16), b = random(16);
  for (let i = 0; i < a.length; i++) {
    if (a[i] != b[i]) return answer(true);
  }
  return answer(false);
});

onTimer("tick", (e) => {
  publish("conformance.done", object().set("timer", e.event).set("state", e.state));
  return null;
});

onHttp((e) => {
  const type = e.headers.raw("content-type");
  if (e.method.length > 0) {
    if (e.data.has("code")) return fail(text(e, "code"), text(e, "message"));
    if (e.data.has("key")) {
      kv.set(text(e, "key"), defer().toString());
      return null;
    }
    return object().set("method", e.method).set("query", e.query).setRaw("type", type === null ? "null" : type).set("body", e.body)
      .set("session", e.session).set("user", e.user).set("endpoint", e.endpoint);
  }
  publish("conformance.done", object().set("status", e.status).setRaw("type", type === null ? "null" : type).set("body", e.body).set("state", e.state));
  return null;
});

onConnect((e) => e.user == "banned" ? fail("conformance.banned", "go away") : null);

onSubscribe((e) => {
  if (e.topic == "conformance.closed") return fail("conformance.closed", "closed");
  return e.topic == "conformance.info" ? admit(object().set("user", e.user)) : null;
});

onUnsubscribe((e) => {
  kv.set("left/" + e.topic, e.user);
  return null;
});

onDisconnect((e) => {
  kv.set("gone", e.user);
  return null;
});

function seen(e: Event): Reply {
  return object().set("event", e.event).set("topic", e.topic).set("session", e.session).set("user", e.user).set("account", e.account)
    .setRaw("claims", orNull(e.claims.toString())).setRaw("target", orNull(e.target.toString())).setRaw("message", orNull(e.data.toString()));
}

onPublish((e) => {
  const what = text(e, "do"), message = json(orNull(e.data.get("message").toString())), target = e.data.get("target").toString();
  if (what == "pass") return pass();
  if (what == "drop") return drop();
  if (what == "replace") return replace(message);
  if (what == "retarget") return retarget(target);
  if (what == "both") return both(message, target);
  if (what == "refuse") return fail("conformance.no", "not this");
  return what == "see" ? replace(seen(e)) : null;
});
