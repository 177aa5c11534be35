// What was missed: asked for anew, marked, or told as a gap.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Gap } from "../src/types.ts";
import { fixture } from "./fixture.ts";
import { until } from "./given.ts";

const given = fixture();

describe("recovery", () => {
  test("a reconnection recovers: asks since what was heard last, and marks what comes of it", async () => {
    const { client, peer } = await given.connected();
    const heard: unknown[] = [];
    const held = client.subscribe("a", ({ message, recovered }) => heard.push([message, recovered]));
    const first = await peer.answer("subscribe", { epoch: "e1", offset: 5 });
    assert.equal(first["since"], undefined);
    peer.say({ type: "message", topic: "a", message: "six", offset: 6 });
    await until("six", () => heard.length === 1);
    peer.cut();
    const again = (await given.server.accept()).welcome();
    // A plugin subscribed us first: what comes before the answer comes again behind it.
    again.say({ type: "subscribed", topic: "a", epoch: "e1", offset: 8 });
    again.say({ type: "message", topic: "a", message: "nine", offset: 9 });
    again.say({ type: "message", topic: "a", message: "no place" });
    const asked = await again.hear("subscribe");
    assert.deepEqual(asked["since"], { epoch: "e1", offset: 6 });
    // In one go, as one read of a socket brings them.
    again.say({ type: "reply", id: asked["id"], epoch: "e1", offset: 6, recovered: true, missed: 2 });
    for (const [message, offset] of [["seven", 7], ["nine", 9], ["ten", 10]]) again.say({ type: "message", topic: "a", message, offset });
    await until("ten", () => heard.length === 5);
    assert.deepEqual(heard, [["six", undefined], ["no place", undefined], ["seven", true], ["nine", true], ["ten", undefined]]);
    assert.deepEqual(await held.ready, { recovered: true });
    again.cut();
    assert.deepEqual((await (await given.server.accept()).welcome().answer("subscribe"))["since"], { epoch: "e1", offset: 10 });
  });

  test("read too slowly: the topic is asked for again, and what cannot be recovered is a gap", async () => {
    const { client, peer } = await given.connected();
    const gaps: Gap[] = [];
    const held = client.subscribe("a");
    held.on("gap", (g) => gaps.push(g));
    client.on("gap", (g) => gaps.push(g));
    await peer.answer("subscribe", { epoch: "e1", offset: 5 });
    await held.ready;
    peer.say({ type: "unsubscribed", topic: "a", reason: "gap" });
    const asked = await peer.answer("subscribe", { epoch: "e1", offset: 5, recovered: true });
    assert.deepEqual(asked["since"], { epoch: "e1", offset: 5 });
    assert.deepEqual([await held.ready, gaps.length], [{ recovered: true }, 0]);
    peer.say({ type: "unsubscribed", topic: "a", reason: "gap" });
    await peer.answer("subscribe", { epoch: "e1", offset: 9, recovered: false });
    await until("a gap", () => gaps.length === 2);
    peer.say({ type: "unsubscribed", topic: "a", reason: "gap" });
    await peer.answer("subscribe", { epoch: "e2", offset: 1, recovered: false });
    await until("another", () => gaps.length === 4);
    peer.say({ type: "unsubscribed", topic: "given", reason: "gap" });
    await until("one of a topic that nobody here asked for", () => gaps.length === 5);
    assert.deepEqual(gaps.map((g) => `${g.topic} ${g.reason}`), ["a expired", "a expired", "a epoch", "a epoch", "given limit"]);
  });

  test("another user recovers nothing of the one before", async () => {
    const { client, peer } = await given.connected();
    const held = client.subscribe("a");
    await peer.answer("subscribe", { epoch: "e1", offset: 5 });
    await held.ready;
    client.disconnect();
    client.connect();
    const same = (await given.server.accept()).welcome();
    assert.deepEqual((await same.answer("subscribe", { epoch: "e1", offset: 5, recovered: true }))["since"], { epoch: "e1", offset: 5 });
    void client.relogin();
    assert.equal((await (await given.server.accept()).welcome().answer("subscribe"))["since"], undefined);
  });
});
