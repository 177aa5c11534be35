// The guest of the conformance suite: core/plugin/plugintest/conformance/README.md
// says what each handler does.

import {
  admit, both, config, defer, disconnect, drop, fail, history, http, kv, log, metric, now, on, onConnect, onDisconnect, onHttp, onPublish,
  onSubscribe, onTimer, onUnsubscribe, pass, presence, publish, random, refusal, replace, reply, retarget, session, subscribe,
  subscribed, timer, unsubscribe, user,
} from "driplet";

on("conformance.echo", (e) => ({
  event: e.event, topic: e.topic, session: e.session, user: e.user, request: e.request, claims: e.claims, time: e.time,
  data: e.data, account: e.account, endpoint: e.endpoint,
}));

on("conformance.nothing", () => {});

on("conformance.refuse", ({ data }) => fail(data.code, data.message, data.data));

on("conformance.trap", () => { throw new Error("as asked"); });

on("conformance.publish", ({ data: { topic, message, ...options } }) => publish(topic, message, options));

on("conformance.subscribe", ({ data }) => subscribe(data.session, data.topic, data.info));

const who = (data: any): string[] => [...(data.sessions ?? []).map(session), ...(data.users ?? []).map(user)];

on("conformance.unsubscribe", ({ data }) => unsubscribe(who(data), data.topic, data.reason));

on("conformance.disconnect", ({ data }) => disconnect(who(data), data.reason));

on("conformance.subscribed", ({ data }) => subscribed(data.session, data.topic));

on("conformance.presence", ({ data }) => {
  const { members, count } = presence(data.topic, data.limit);
  return { count, ids: members.map((m) => m.id) };
});

on("conformance.history", ({ data: { topic, ...options } }) => {
  const { kept, head, next, whole, more, events } = history(topic, options);
  return { kept, ...head, next: next.offset, whole, more, events: events.map((p) => [p.offset, p.event, p.from, p.data, p.target]) };
});

on("conformance.kv_get", ({ data }) => kv.text.get(data.key));

on("conformance.kv_set", ({ data }) => {
  kv.text.set(data.key, data.value, { ttl: data.ttl });
  return kv.text.get(data.key);
});

on("conformance.kv_delete", ({ data }) => kv.delete(data.key));

on("conformance.kv_cas", ({ data }) => kv.text.cas(data.key, data.old, data.new, { ttl: data.ttl }));

on("conformance.kv_incr", ({ data }) => kv.incr(data.key, data.delta, { ttl: data.ttl }));

on("conformance.kv_scan", ({ data }) => kv.text.scan(data.prefix, data.limit, { reverse: data.reverse }).map((p) => [p.key, p.value]));

on("conformance.kv_pages", ({ data: { prefix, limit, reverse, set = [], delete: gone = [] } }) => {
  for (const key of gone) kv.delete(key);
  for (const key of set) kv.text.set(key, "new");
  const out: string[] = [];
  if (limit === undefined) {
    for (const { key, value } of kv.text.all(prefix, { reverse })) out.push(`${key}=${value}`);
    return out;
  }
  for (let page = kv.text.scanAfter(prefix, "", limit, { reverse }); page.length > 0;) {
    for (const { key, value } of page) out.push(`${key}=${value}`);
    const last = page.at(-1)!.key;
    kv.delete(last);
    page = kv.text.scanAfter(prefix, last, limit, { reverse });
  }
  return out;
});

on("conformance.fetch", ({ data: { state, ...request } }) => http.fetch(request, { state }));

on("conformance.timer", ({ data }) => data.at === 0 ? timer.cancel(data.name) : timer.set(data.name, data.at, data.state));

on("conformance.defer", ({ data }) => {
  kv.text.set(data.key, defer() ?? fail("conformance.nobody", "nobody waits for an answer"));
});

on("conformance.reply", ({ data }) => {
  const handle = kv.text.get(data.key) ?? fail("not_found", "no handle");
  if (!reply(handle, data.code ? refusal(data.code, data.message) : data.answer)) fail("not_found", "nobody waits any more");
});

on("conformance.log", ({ data }) => [log.debug, log.info, log.warn, log.error][data.level]!(data.text));

on("conformance.metric", ({ data }) => metric(data.name, data.value));

on("conformance.config", () => ({ max_text: config.max_text, title: config.title, second: config.deep.list[1].yes }));

on("conformance.field", (e) => {
  const { as, path, max = 10, low = 0, high = 10 } = e.data;
  switch (as) {
    case "string": return e.string(path, max);
    case "string_or": return e.stringOr(path, max, "fallback");
    case "id": return e.id(path, max);
    case "integer": return e.integer(path, low, high);
  }
  return e.integerOr(path, low, high, -1);
});

on("conformance.now", () => now());

on("conformance.random", () => String(random(16)) !== String(random(16)));

onTimer("tick", (e) => publish("conformance.done", { timer: e.event, state: e.state }));

onHttp((e) => {
  const type = e.headers["content-type"] ?? null, { body, data } = e;
  if (e.method === "") return publish("conformance.done", { status: e.status, type, body, state: e.state });
  if (data?.code) fail(data.code, data.message);
  if (data?.key) return kv.text.set(data.key, defer()!);
  return { method: e.method, query: e.query, type, body, session: e.session, user: e.user, endpoint: e.endpoint };
});

onConnect((e) => e.user !== "banned" || fail("conformance.banned", "go away"));

onSubscribe((e) => {
  if (e.topic === "conformance.closed") fail("conformance.closed", "closed");
  return e.topic === "conformance.info" ? admit({ user: e.user }) : undefined;
});

onUnsubscribe((e) => kv.text.set(`left/${e.topic}`, e.user));

onDisconnect((e) => kv.text.set("gone", e.user));

onPublish((e) => {
  const { do: what, message, target } = e.data;
  switch (what) {
    case "pass": return pass();
    case "drop": return drop();
    case "replace": return replace(message);
    case "retarget": return retarget(target);
    case "both": return both(message, target);
    case "refuse": return fail("conformance.no", "not this");
    case "see": return replace({
      event: e.event, topic: e.topic, session: e.session, user: e.user, account: e.account, claims: e.claims, target: e.target, message: e.data,
    });
  }
});
