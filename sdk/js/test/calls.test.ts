// Silence, calls, events and publishes, against a server that the test plays by hand.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DripletClient } from "../src/client.ts";
import { DripletError } from "../src/error.ts";
import { fixture } from "./fixture.ts";
import { rejection, until } from "./given.ts";

const given = fixture();

describe("silence", () => {
  test("is asked about; a pong is enough", async () => {
    // The second ping comes when the first one's time is over: that the pong came was enough.
    const { client, peer } = await given.connected(undefined, { timeout: 5000 }, { ping: 0.03 });
    for (let i = 0; i < 2; i++) {
      await peer.hear("ping");
      peer.say({ type: "pong" });
    }
    assert.equal(client.state, "connected");
  });

  test("that goes on ends the connection", async () => {
    given.server.greet({ ping: 0.03 });
    const { client, states } = given.open(undefined, { timeout: 50 });
    client.connect();
    await until("connected again", () => states.join(" ").includes("connected waiting connecting connected"));
  });

  test("frames that mean nothing to us are signs of life and no harm", async () => {
    const { client, errors, peer } = await given.connected();
    for (const junk of ["", "{", "[]", '{"type":"novelty"}', '{"type":"message"}', '{"type":"reply","id":99}']) peer.raw(junk);
    peer.raw(Buffer.from([0, 255]));
    peer.say({ type: "join", topic: "unknown", member: { id: "8" } });
    peer.say({ type: "error", error: { code: "rate_limited", message: "slow down", retry: true } });
    await until("told", () => errors.length === 1);
    assert.deepEqual([errors[0]?.code, client.state], ["rate_limited", "connected"]);
  });
});

describe("calls, events, publishes", () => {
  test("a call is answered, in whatever order", async () => {
    const { client, peer } = await given.connected();
    const one = client.call<{ id: number }>("chat.send", { text: "hi" }, { topic: "chat.a" });
    const two = client.call("chat.send");
    const first = await peer.hear("event");
    assert.deepEqual(first, { type: "event", event: "chat.send", topic: "chat.a", data: { text: "hi" }, id: first["id"] });
    await peer.answer("event", { data: null });
    peer.say({ type: "reply", id: first["id"], data: { id: 17 } });
    assert.deepEqual(await one, { id: 17 });
    assert.equal(await two, null);
  });

  test("a refusal that comes when its caller waits no more is for nobody", async () => {
    const { client, errors, peer } = await given.connected();
    assert.equal((await rejection(client.call("slow", 1, { timeout: 1 }))).code, "timeout");
    const stop = new AbortController();
    const stopped = assert.rejects(client.call("slow", 2, { signal: stop.signal }), { name: "AbortError" });
    stop.abort();
    await stopped;
    for (let i = 0; i < 2; i++) await peer.refuse("event", { code: "no_handler", message: "nobody", retry: false });
    const sync = client.call("sync");
    await peer.answer("event");
    await sync;
    assert.deepEqual(errors, []);
  });

  test("send never throws: what is no JSON is an error event", async () => {
    const { client, errors } = await given.connected();
    client.send("a", 1n);
    assert.deepEqual(errors.map((e) => e.code), ["bad_request"]);
    assert.equal((await rejection(client.call("a", 1n))).code, "bad_request");
    assert.equal((await rejection(client.publish("a", 1n))).code, "bad_request");
    assert.equal(errors.length, 1);
  });

  test("a refusal reaches the caller as it is", async () => {
    const { client, errors, peer } = await given.connected();
    const asked = rejection(client.call("chat.send", {}));
    await peer.refuse("event", { code: "chat.banned", message: "out", retry: false, data: { until: 5 } });
    const error = await asked;
    assert.ok(error instanceof DripletError);
    assert.deepEqual([error.code, error.message, error.retry, error.data], ["chat.banned", "out", false, { until: 5 }]);
    assert.deepEqual(errors, [], "and nobody else");
  });

  test("a call in flight fails when the connection is lost", async () => {
    const { client, peer } = await given.connected();
    const asked = rejection(client.call("slow"));
    await peer.hear("event");
    peer.cut();
    const error = await asked;
    assert.deepEqual([error.code, error.retry], ["unavailable", true]);
  });

  test("a call that nobody answers times out", async () => {
    given.server.greet();
    const { client } = given.open(undefined, { timeout: 30 });
    client.connect();
    await until("connected", () => client.isConnected());
    assert.equal((await rejection(client.call("slow"))).code, "timeout");
    assert.equal((await rejection(client.call("slow", 1, { timeout: 5 }))).code, "timeout");
    await assert.rejects(client.call("slow", 1, { signal: AbortSignal.timeout(5), timeout: 60_000 }), { name: "TimeoutError" });
  });

  test("what is said while connecting goes out then, topics first", async () => {
    const { client } = given.open();
    client.connect();
    client.send("one", 1);
    const asked = client.call("two");
    client.subscribe("t");
    const peer = (await given.server.accept()).welcome();
    await peer.answer("subscribe");
    assert.deepEqual(await peer.hear("event"), { type: "event", event: "one", data: 1 });
    await peer.answer("event", { data: 2 });
    assert.equal(await asked, 2);
  });

  test("closed: nothing waits in vain", async () => {
    const { client, errors } = given.open();
    assert.equal((await rejection(client.call("a"))).code, "unavailable");
    client.send("a", 1);
    assert.deepEqual(errors.map((e) => e.code), ["unavailable"]);
    client.connect();
    const asked = rejection(client.publish("t", 1));
    client.send("a", 1);
    client.disconnect();
    assert.equal((await asked).code, "unavailable");
    assert.equal(errors.length, 2);
  });

  test("publish", async () => {
    const { client, peer } = await given.connected();
    const done = client.publish("t", { x: 1 });
    assert.deepEqual((await peer.answer("publish"))["message"], { x: 1 });
    await done;
    const refused = rejection(client.publish("t", 1));
    await peer.refuse("publish", { code: "forbidden", message: "no", retry: false });
    assert.equal((await refused).code, "forbidden");
  });

  test("over the server's limit", async () => {
    const { client, errors } = await given.connected(undefined, undefined, { max_frame: 100 });
    assert.equal((await rejection(client.call("a", "x".repeat(100)))).code, "too_large");
    client.send("a", "x".repeat(100));
    assert.deepEqual(errors.map((e) => e.code), ["too_large"]);
  });

  test("an error that nobody listens to is a warning", async (t) => {
    const warned = t.mock.method(console, "warn", () => undefined);
    const client = DripletClient.getInstance(given.server.url, () => Promise.resolve(null), { shared: false });
    client.send("a", 1);
    assert.match(String(warned.mock.calls[0]?.arguments[0]), /^Driplet: unavailable: not connected/);
    await Promise.resolve();
  });
});
