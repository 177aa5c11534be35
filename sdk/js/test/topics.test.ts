// Topics: who in the page holds them, and what the server says of them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Message } from "../src/types.ts";
import type { Peer } from "./fake.ts";
import { fixture } from "./fixture.ts";
import { rejection, until } from "./given.ts";

const given = fixture();

const say = (peer: Peer, topic: string, message: unknown, more = {}) => peer.say({ type: "message", topic, message, ...more });

describe("the old calls", () => {
  test("onMessage hears objects with topic and message, and no other frame", async () => {
    const { client, peer } = await given.connected();
    const heard: Message[] = [];
    const off = client.onMessage((m) => heard.push(m));
    client.subscribe("a");
    await peer.answer("subscribe", { topic: "a" });
    say(peer, "a", { x: 1 });
    say(peer, "a", null, { event: "e", offset: 3, from: "8" });
    say(peer, "made-by-a-plugin", 2);
    await until("three", () => heard.length === 3);
    assert.deepEqual(heard, [
      { topic: "a", message: { x: 1 } },
      { topic: "a", message: null, event: "e", offset: 3, from: "8" },
      { topic: "made-by-a-plugin", message: 2 },
    ]);
    off();
    say(peer, "a", 4);
    await client.call("sync", 0, { timeout: 20 }).catch(() => undefined);
    assert.equal(heard.length, 3);
  });

  test("subscribe twice counts once, and one unsubscribe ends it", async () => {
    const { client, peer } = await given.connected();
    client.subscribe("a");
    client.subscribe("a");
    await peer.answer("subscribe");
    client.unsubscribe("a");
    assert.equal((await peer.answer("unsubscribe"))["topic"], "a");
    client.unsubscribe("a");
    client.unsubscribe("never");
    client.subscribe("b");
    await peer.hear("subscribe");
  });

  test("setTopics replaces what was held, and asks only for the difference", async () => {
    const { client, peer } = await given.connected();
    client.setTopics(["a", "b", "a"]);
    assert.deepEqual([(await peer.answer("subscribe"))["topic"], (await peer.answer("subscribe"))["topic"]], ["a", "b"]);
    client.subscribe("c");
    await peer.answer("subscribe");
    client.setTopics(["b", "d"]);
    assert.equal((await peer.answer("subscribe"))["topic"], "d");
    assert.deepEqual([(await peer.answer("unsubscribe"))["topic"], (await peer.answer("unsubscribe"))["topic"]], ["a", "c"]);
    client.unsubscribe("b");
    assert.equal((await peer.answer("unsubscribe"))["topic"], "b");
  });

  test("setTopics asks again for what was refused", async () => {
    const { client, peer } = await given.connected();
    client.on("error", () => undefined);
    client.setTopics(["a", "b"]);
    const refused = await peer.refuse("subscribe", { code: "forbidden", message: "no", retry: false });
    assert.equal(refused["topic"], "a");
    await peer.answer("subscribe");
    const sync = client.call("sync");
    await peer.answer("event");
    await sync;
    client.setTopics(["a", "b"]);
    assert.equal((await peer.answer("subscribe"))["topic"], "a");
    client.setTopics([]);
    assert.deepEqual([(await peer.answer("unsubscribe"))["topic"], (await peer.answer("unsubscribe"))["topic"]], ["a", "b"]);
  });

  test("they do not take a topic from a component that holds it", async () => {
    const { client, peer } = await given.connected();
    const heard: Message[] = [];
    const held = client.subscribe("a", (m) => heard.push(m));
    await peer.answer("subscribe");
    client.setTopics(["a"]);
    client.setTopics([]);
    client.unsubscribe("a");
    say(peer, "a", 1);
    await until("one", () => heard.length === 1);
    held.unsubscribe();
    assert.equal((await peer.answer("unsubscribe"))["topic"], "a");
  });
});

test("a topic whose readiness was awaited is spared by setTopics, and ended by name", async () => {
  const { client, peer } = await given.connected();
  const { ready } = client.subscribe("a");
  await peer.answer("subscribe");
  await ready;
  client.setTopics(["b"]);
  assert.equal((await peer.answer("subscribe"))["topic"], "b");
  client.unsubscribe("a");
  assert.equal((await peer.answer("unsubscribe"))["topic"], "a");
});

describe("subscriptions", () => {
  test("are counted", async () => {
    const { client, peer } = await given.connected();
    const heard: string[] = [];
    const one = client.subscribe("a", () => heard.push("one"));
    const two = client.subscribe("a", () => heard.push("two"));
    await peer.answer("subscribe");
    await Promise.all([one.ready, two.ready]);
    say(peer, "a", 1);
    await until("both", () => heard.length === 2);
    one.unsubscribe();
    one.unsubscribe();
    say(peer, "a", 2);
    await until("the other", () => heard.length === 3);
    two.unsubscribe();
    await peer.hear("unsubscribe");
    assert.deepEqual(heard, ["one", "two", "two"]);
  });

  test("hear by event name", async () => {
    const { client, peer } = await given.connected();
    const heard: unknown[] = [];
    const held = client.subscribe<number>("a");
    held.on("message", (m) => heard.push(["all", m.message]));
    const off = held.on("event:e", (m) => heard.push(["e", m.message]));
    held.on("event:message", (m) => heard.push(["plain", m.message]));
    await peer.answer("subscribe");
    say(peer, "a", 1);
    say(peer, "a", 2, { event: "e" });
    say(peer, "a", 3, { event: "f" });
    await until("all", () => heard.length === 5);
    assert.deepEqual(heard, [["all", 1], ["plain", 1], ["all", 2], ["e", 2], ["all", 3]]);
    off();
  });

  test("a handler that throws disturbs no other", async (t) => {
    t.mock.method(console, "error", () => undefined);
    const { client, peer } = await given.connected();
    const heard: unknown[] = [];
    client.subscribe("a", () => assert.fail("mine"));
    client.subscribe("a", (m) => heard.push(m.message));
    client.onMessage((m) => heard.push(m.message));
    await peer.answer("subscribe");
    say(peer, "a", 1);
    await until("both", () => heard.length === 2);
    assert.equal(client.state, "connected");
  });

  test("come back after a loss, with ready pending meanwhile", async () => {
    const { client, peer } = await given.connected();
    client.setTopics(["b"]);
    const held = client.subscribe("a");
    await peer.answer("subscribe");
    await peer.answer("subscribe");
    const before = held.ready;
    assert.deepEqual(await before, { recovered: false });
    peer.cut();
    const again = await given.server.accept();
    assert.notEqual(held.ready, before);
    const asked = held.ready;
    again.welcome();
    assert.equal((await again.answer("subscribe"))["topic"], "b");
    await again.answer("subscribe");
    await asked;
    assert.equal(held.ready, asked);
  });

  test("unsubscribed before there was a connection: the server never hears of it", async () => {
    const { client } = given.open();
      const held = client.subscribe("a");
    const { ready } = held;
    held.unsubscribe();
    assert.equal((await rejection(ready)).code, "unavailable");
    client.subscribe("b");
    client.connect();
    const peer = (await given.server.accept()).welcome();
    assert.equal((await peer.hear("subscribe"))["topic"], "b");
  });

  test("what still comes after an unsubscribe is for nobody", async () => {
    const { client, peer } = await given.connected();
    const heard: unknown[] = [];
    client.onMessage((m) => heard.push(m.message));
    const held = client.subscribe("a");
    await peer.answer("subscribe");
    held.unsubscribe();
    const left = await peer.hear("unsubscribe");
    say(peer, "a", "late");
    peer.say({ type: "reply", id: left["id"] });
    const sync = client.call("sync");
    await peer.answer("event");
    await sync;
    say(peer, "a", "a plugin subscribed us anew");
    await until("one", () => heard.length > 0);
    assert.deepEqual(heard, ["a plugin subscribed us anew"]);
  });

  test("a forbidden topic rejects ready and is an error event, and no unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const note = (thrown: unknown) => unhandled.push(thrown);
    process.on("unhandledRejection", note);
    const { client, errors, peer } = await given.connected();
    const held = client.subscribe("a");
    await peer.refuse("subscribe", { code: "forbidden", message: "no", retry: false });
    await until("told", () => errors.length === 1);
    assert.deepEqual([errors[0]?.code, errors[0]?.data], ["forbidden", { topic: "a" }]);
    assert.equal((await rejection(held.ready)).code, "forbidden");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    assert.deepEqual(unhandled, []);
    // Asked for again it may be allowed now.
    const again = client.subscribe("a");
    await peer.answer("subscribe");
    await again.ready;
    await held.ready;
  });

  test("one that the server cannot take now is tried again", async () => {
    const { client, errors, peer } = await given.connected();
    const held = client.subscribe("a");
    await peer.refuse("subscribe", { code: "unavailable", message: "later", retry: true });
    await peer.answer("subscribe");
    await held.ready;
    assert.deepEqual(errors.map((e) => e.code), ["unavailable"]);
  });

  test("ended by the server: told, not asked for again before the next connection", async () => {
    const { client, errors, peer } = await given.connected();
    const held = client.subscribe("a");
    await peer.answer("subscribe");
    const ended: unknown[] = [];
    held.on("unsubscribed", (u) => ended.push(u));
    peer.say({ type: "unsubscribed", topic: "a", reason: "put out" });
    await until("told", () => ended.length === 1);
    assert.deepEqual(ended, [{ topic: "a", reason: "put out" }]);
    assert.deepEqual([errors[0]?.code, errors[0]?.data], ["forbidden", { topic: "a", reason: "put out" }]);
    assert.equal((await rejection(held.ready)).code, "forbidden");
    peer.say({ type: "subscribed", topic: "a", reason: "let in" });
    const sync = client.call("sync");
    await peer.answer("event");
    await sync;
    assert.equal(errors.length, 1);
    await held.ready;
    peer.cut();
    await (await given.server.accept()).welcome().answer("subscribe");
  });

  test("presence, history, joins and leaves", async () => {
    const { client, peer } = await given.connected();
    const seen: unknown[] = [];
    const held = client.subscribe("a");
    held.on("join", (m) => seen.push(["join", m]));
    held.on("leave", (m) => seen.push(["leave", m]));
    await peer.answer("subscribe");
    peer.say({ type: "join", topic: "a", member: { id: "8", info: { name: "Ada" } } });
    peer.say({ type: "leave", topic: "a", member: { id: "8" } });
    await until("both", () => seen.length === 2);
    assert.deepEqual(seen, [["join", { id: "8", info: { name: "Ada" } }], ["leave", { id: "8" }]]);
    const present = held.presence();
    await peer.answer("presence", { members: [{ id: "7" }], count: 12 });
    assert.deepEqual(await present, { members: [{ id: "7" }], count: 12 });
    const past = held.history({ limit: 5 });
    assert.equal((await peer.answer("history", { messages: [{ message: 1, offset: 4 }] }))["limit"], 5);
    assert.deepEqual(await past, [{ topic: "a", message: 1, offset: 4 }]);
    const refused = rejection(held.presence());
    await peer.refuse("presence", { code: "unavailable", message: "not yet", retry: true });
    assert.equal((await refused).message, "not yet");
  });
});
