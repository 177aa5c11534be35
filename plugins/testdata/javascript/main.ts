// What the conformance suite does not ask for: fields and patterns, as
// testdata/native has them, and what only this library has.

import { config, defer, fail, http, kv, log, on, onHttp, onTimer, publish, random, refusal, reply, timer, unsubscribe, user } from "driplet";

on("fields.read", (e) => ({
  string: e.string("s", 3), string_or: e.stringOr("so", 3, "fall"), id: e.id("id", 3), integer: e.integer("n", -5, 5), integer_or: e.integerOr("no", 0, 9, 7),
}));
on("fields.deep", (e) => e.string("user.names.1", 9));
on("fields.whole", (e) => e.string("", 9));
on("fields.elsewhere", ({ data }) => (0, eval)(data));
on("fields.log", () => { const o: any = {}; o.o = o; log.info(o, 5n, [5n], Object.create(null), new Error("e"), null); });
on("fields.url", ({ data }) => http.fetch(data));
on("fields.lasting", ({ data }) => kv.set("k", 1, data));
on("fields.incr", ({ data }) => kv.incr("n", data));
on("fields.nobody", () => reply(defer(), 1));
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
on("fields.at", ({ data }) => timer.set("t", data));
on("fields.never", () => kv.set("k", 1, { ttl: NaN }));
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
on("fields.again", () => { on("fields.again", () => 2); return 1; });
on("fields.then", ({ data }) => data === null ? { then() {} } : { then: data });
on("fields.bare", () => Object.assign(Object.create(null), { a: 1 }));
on("fields.random", () => random(3).length);
on("fields.config", () => Object.keys(config));
on("fields.frozen", (e) => { e.data.n++; return [e.data.n, e.data === e.data]; });

// The library writes plain values' JSON by itself: as the engine does.
on("fields.json", () => {
  const cycle: any = {}, shared = { n: 1 }, wrong: string[] = [];
  cycle.self = cycle;
  let deep: any = 1;
  for (let i = 0; i < 100; i++) deep = i % 2 ? [deep] : { deep };
  class Point { constructor(public x: number) {} get y() { return 2; } }
  class Dated extends Point { toJSON() { return "dated"; } }
  const odd: any[] = [
    undefined, null, true, false, 0, -0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 53, 0.1, 1e21, 1e-7, -1.5e300, NaN, Infinity, "", "a", "é€😀", "\ud800", "\udc00x", "\ufffd", "\u2028",
    String.fromCharCode(...Array.from({ length: 140 }, (_, i) => i)), "x".repeat(70000), "0123456789".repeat(3000).slice(5, 20000), "é".repeat(30000).slice(7, 20000), "ab" + "c".repeat(10000), [], {}, [undefined], [, 1, , ], [[]], [() => 1, Symbol("s")], { a: undefined, b: () => 1, c: Symbol("s"), d: null },
    { 2: "b", 1: "a", x: 0, [Symbol("s")]: 1 }, { "": 1, "\"": 2, "\n": 3, "é": 4, "__proto__x": 5 }, JSON.parse('{"__proto__":{"a":1}}'), Object.create(null), Object.create({ inherited: 1 }),
    new Date(0), new Map([[1, 2]]), new Uint8Array(3), new String("s"), new Number(5), new Boolean(true), /x/g, new Error("e"), new Point(1), new Dated(1), [new Dated(1)], { toJSON: 1 }, { toJSON: () => 5 },
    { get a() { return [1]; } }, { get a(): any { throw new Error("no"); } }, { get a() { return JSON.stringify({ in: 1 }) + (driplet$json({ b: 1 }) ?? JSON.stringify({ b: 1 })); } }, Object.defineProperty({}, "hidden", { value: 1 }),
    new Proxy({ a: 1 }, {}), new Proxy([1], {}), [new Proxy({}, { get() { throw new Error("no"); } })], 1n, [1n], cycle, [shared, shared], deep, Symbol("s"), () => 1, class {}, globalThis.Math, (function (..._: any[]) { return arguments; })(1, 2),
    Object.assign([1, 2], { extra: 3 }), Array.from({ length: 5000 }, (_, i) => i / 3),
  ];
  let seed = 1, short = 0;
  const next = (n: number): number => (seed = seed * 48271 % 0x7fffffff) % n;
  const any = (depth: number): any => {
    switch (next(depth > 3 ? 6 : 8)) {
      case 0: return next(1000) - 500;
      case 1: return (next(1e9) - 5e8) / (next(1000) + 1);
      case 2: return String.fromCodePoint(...Array.from({ length: next(20) }, () => next(5) ? next(128) : next(0x10ffff)));
      case 3: return next(2) === 0;
      case 4: return null;
      case 5: return undefined;
      case 6: return Array.from({ length: next(5) }, () => any(depth + 1));
    }
    return Object.fromEntries(Array.from({ length: next(5) }, () => ["k" + next(20), any(depth + 1)]));
  };
  for (let i = 0; i < 300; i++) odd.push(any(0));
  for (let n = 0; n < 20; n++) odd.push("a".repeat(n) + "ü\"\x01ÿ\x7f\\" + "z".repeat(20 - n), "\n".repeat(n), "\x80".repeat(n), "ok".repeat(n), { ["k".repeat(5 * n)]: 10 ** n });
  for (const [i, v] of odd.entries()) {
    let want: unknown;
    try { want = JSON.stringify(v); } catch (e: any) { want = e.name; }
    const got = driplet$json(v);
    if (got !== undefined) short++;
    if (got !== undefined && got !== want) wrong.push(`${i}: ${got.slice(0, 80)}, want ${String(want).slice(0, 80)}`);
  }
  return { wrong, most: short > odd.length / 2 };
});
on("fields.within", () => {
  const topic: any = { toString() { publish("fields.in", 1); return "fields.out"; } };
  publish(topic, 2);
});
