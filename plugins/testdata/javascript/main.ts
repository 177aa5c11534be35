// What the conformance suite does not ask for: fields and patterns, as
// testdata/native has them, and what only this library has.

import { config, fail, http, kv, log, on, onHttp, onTimer, publish, random, refusal, timer, unsubscribe, user } from "driplet";

on("fields.read", (e) => ({
  string: e.string("s", 3), string_or: e.stringOr("so", 3, "fall"), id: e.id("id", 3), integer: e.integer("n", -5, 5), integer_or: e.integerOr("no", 0, 9, 7),
}));
on("fields.deep", (e) => e.string("user.names.1", 9));
on("fields.some.*", (e) => "some " + e.event);
on("fields.some.more.*", (e) => "more " + e.event);

on("fields.kv", ({ data }) => {
  kv.set("k", data, { ttl: "7d" });
  return kv.get("k");
});
on("fields.text", () => [kv.get("text"), kv.text.get("text"), kv.get("none"), kv.get("json").a]);
on("fields.cas", () => [
  kv.cas("c", null, { n: 1 }), kv.cas("c", { n: 2 }, { n: 3 }), kv.cas("c", { n: 1 }, { n: 2 }, { ttl: "500ms" }), kv.scan("c"), kv.cas("c", { n: 2 }, null), kv.scan("c", 5, { reverse: true }),
]);
on("fields.ttl", ({ data }) => kv.set("k", 1, { ttl: data }));
on("fields.undefined", () => publish("fields.t", { a: undefined, b: [undefined] }));

on("fields.fetch", ({ data }) => http.fetch({ url: "https://api.example.com/", method: "POST", ...data.request }, data.to));
on("fields.callback", () => http.fetch({ url: "https://api.example.com/" }, { then: (() => 1) as any }));
onHttp("answered", (e) => publish("fields.t", ["answered", e.status, e.data, e.state]));
onHttp((e) => publish("fields.t", ["other", e.body, e.state]));
on("fields.timer", ({ data }) => timer.set("t", 5, data));
onTimer("*", (e) => publish("fields.t", [e.event, e.state]));

on("fields.refusal", () => refusal("fields.no", "not now", { in: 5 }));
on("fields.late", () => {
  publish("fields.t", 1);
  fail("fields.no", "not now");
});
on("fields.rethrown", () => {
  try {
    throw new RangeError("inner");
  } catch (e: any) {
    log.warn("caught", e, { n: 1 }, undefined);
    (globalThis as any).console.log("a", 1);
    return e.name;
  }
});
on("fields.list", () => unsubscribe([user("1"), user("2")], "fields.t", "go"));
on("fields.random", () => random(3).length);
on("fields.config", () => Object.keys(config));
on("fields.frozen", (e) => { e.data.n++; return [e.data.n, e.data === e.data]; });
