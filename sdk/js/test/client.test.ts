// Connecting and coming back, against a server that the test plays by hand:
// what cannot be forced upon a real one is forced here.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DripletClient } from "../src/client.ts";
import { FakeServer } from "./fake.ts";
import { counting, fixture, quiet } from "./fixture.ts";
import { never, rejection, until } from "./given.ts";
import { freePort } from "./server.ts";

const given = fixture();

describe("instances", () => {
  test("one per endpoint, and new throws", () => {
    const token = () => Promise.resolve(null);
    const one = DripletClient.getInstance("ws://one/ws/a", token);
    assert.equal(DripletClient.getInstance("ws://one/ws/a", token), one);
    assert.notEqual(DripletClient.getInstance("ws://one/ws/b", token), one);
    assert.notEqual(DripletClient.getInstance("ws://one/ws/a", token, { shared: false }), one);
    const Public = DripletClient as unknown as new () => DripletClient;
    assert.throws(() => new Public(), /getInstance/);
  });

  test("without an endpoint or a token source there is none", () => {
    const untyped = DripletClient as unknown as { getInstance(...given: unknown[]): DripletClient };
    for (const given of [[], [undefined, "/jwt"], ["", "/jwt"], ["ws://one/ws/c"], ["ws://one/ws/c", null], ["ws://one/ws/c", ""]]) {
      assert.throws(() => untyped.getInstance(...given), { name: "TypeError", message: /endpoint and a token/ });
    }
  });

  test("without a window nothing connects of itself", async () => {
    let asked = 0;
    const { client, states, errors } = given.open(() => Promise.resolve(String(asked++)));
    client.setTopics(["t"]);
    client.subscribe("u").on("message", () => assert.fail());
    await quiet();
    assert.equal(client.state, "closed");
    assert.deepEqual([asked, states, errors], [0, [], []]);
    assert.deepEqual([client.session, client.user, client.isConnected()], [null, null, false]);
  });

  test("without a WebSocket connect says what to do", async () => {
    if ("WebSocket" in globalThis) return; // Node 22 has one
    const client = DripletClient.getInstance(given.server.url, () => Promise.resolve("t"), { shared: false });
    assert.throws(() => client.connect(), /options\.WebSocket/);
    assert.match((await rejection(client.relogin())).message, /options\.WebSocket/);
    assert.equal(client.state, "closed");
  });
});

describe("connecting", () => {
  test("by subprotocols, so that access logs hold no token", async () => {
    const { tokens, source } = counting();
    const { client, states, peer } = await given.connected(source);
    assert.deepEqual(peer.protocols, ["driplet.v2", `bearer.${tokens[0]}`]);
    assert.equal(peer.url, "/ws/default");
    assert.deepEqual(states, ["connecting", "connected"]);
    assert.deepEqual([client.session, client.user], ["s1", "7"]);
    client.disconnect();
    assert.equal(await peer.closed, 1000);
    assert.deepEqual([client.session, client.user, client.state], [null, null, "closed"]);
  });

  test("by the query where a proxy drops subprotocols", async () => {
    const { tokens, source } = counting();
    const { peer } = await given.connected(source, { tokenIn: "query" });
    assert.deepEqual(peer.protocols, [""]);
    assert.equal(peer.url, `/ws/default?token=${tokens[0]}&v=2`);
  });

  test("an anonymous user is null", async () => {
    const { client } = await given.connected(undefined, undefined, { user: undefined });
    assert.equal(client.user, null);
  });

  test("a wrong URL or a token that no header can carry is refused, once", async () => {
    const wrong = given.open(undefined, undefined, "not a url");
    wrong.client.connect();
    await until("refused", () => wrong.client.state === "refused");
    assert.deepEqual(wrong.errors.map((e) => e.code), ["bad_request"]);
    const odd = given.open(() => Promise.resolve("a b"));
    odd.client.connect();
    await until("refused", () => odd.client.state === "refused");
    assert.deepEqual(odd.errors.map((e) => e.code), ["bad_request"]);
  });

  test("figures that no timer takes are the default, or the longest that one can wait", async (t) => {
    const waits: unknown[] = [];
    const set = globalThis.setTimeout;
    t.mock.method(globalThis, "setTimeout", (fn: () => void, ms?: number) => {
      waits.push(ms);
      return set(fn, ms === 500 ? 1 : ms);
    });
    t.mock.method(Math, "random", () => 0);
    const { client } = await given.connected(undefined, { timeout: Infinity, reconnect: { min: 0, max: Infinity } });
    assert.ok(waits.includes(2 ** 31 - 1), String(waits));
    assert.ok(!waits.includes(Infinity), String(waits));
    await given.server.stop();
    await until("a pause", () => waits.includes(500));
    client.disconnect();
  });

  for (const wrong of [-1, NaN]) {
    test(`figures of ${wrong} are the default`, async (t) => {
      const waits: unknown[] = [];
      const set = globalThis.setTimeout;
      t.mock.method(globalThis, "setTimeout", (fn: () => void, ms?: number) => {
        waits.push(ms);
        return set(fn, ms);
      });
      t.mock.method(Math, "random", () => 0);
      const { client, peer } = await given.connected(undefined, { timeout: wrong, reconnect: { min: wrong, max: wrong } });
      assert.ok(waits.includes(10_000), String(waits));
      peer.cut();
      await until("a pause", () => client.state === "waiting");
      assert.ok(waits.includes(500), String(waits));
      assert.ok(waits.every((ms) => Number(ms) >= 0), String(waits));
    });
  }

  test("who connects again while being told of what was given up is connecting", async () => {
    const { client, states } = given.open();
    client.connect();
    client.send("waits", 1);
    const off = client.on("error", () => client.connect());
    client.disconnect();
    off();
    assert.equal(client.state, "connecting");
    (await given.server.accept()).welcome();
    await until("connected", () => client.isConnected());
    assert.deepEqual(states, ["connecting", "connected"]);
  });

  test("a server that does not greet is left", async () => {
    const { client } = given.open(undefined, { timeout: 60 });
    client.connect();
    await (await given.server.accept()).closed;
    given.server.greet();
    await until("connected", () => client.isConnected());
  });

  test("disconnect while a token is fetched: the token changes nothing", async () => {
    let bring: (token: string) => void = never;
    const { client } = given.open(() => new Promise((resolve) => (bring = resolve)));
    const before = given.server.connections;
    client.connect();
    await until("asked", () => bring !== never);
    client.disconnect();
    bring("t");
    await quiet();
    assert.equal(client.state, "closed");
    assert.equal(given.server.connections, before);
  });
});

describe("coming back", () => {
  test("after a cut, with the same token", async () => {
    const { tokens, source } = counting();
    const { client, states, errors, peer } = await given.connected(source);
    peer.cut();
    const again = await given.server.accept();
    assert.equal(again.token, tokens[0]);
    again.welcome({ session: "s2" });
    await until("connected", () => client.isConnected());
    assert.deepEqual(states, ["connecting", "connected", "waiting", "connecting", "connected"]);
    assert.equal(client.session, "s2");
    assert.equal(tokens.length, 1);
    assert.deepEqual(errors, []);
  });

  test("after the server went away, and was away for some time", async () => {
    const port = await freePort();
    const first = await FakeServer.start(port);
    const { client, states } = given.open(undefined, undefined, first.url);
    client.connect();
    (await first.accept()).welcome();
    await until("connected", () => client.isConnected());
    await first.stop();
    await until("several attempts", () => states.filter((s) => s === "waiting").length > 5);
    const second = await FakeServer.start(port);
    (await second.accept()).welcome();
    await until("connected", () => client.isConnected());
    client.disconnect();
    await second.stop();
  });

  for (const code of [1001, 1011, 4003, 4004, 4005]) {
    test(`after close code ${code}`, async () => {
      const { client, states, peer } = await given.connected();
      peer.close(code);
      (await given.server.accept()).welcome();
      await until("connected", () => client.isConnected());
      assert.equal(states[2], "waiting");
    });
  }

  test("4001: with a new token", async () => {
    const { tokens, source } = counting();
    const { client, peer } = await given.connected(source, { reconnect: { min: 0, max: 10 } });
    peer.close(4001);
    const again = await given.server.accept();
    assert.equal(again.token, tokens[1]);
    again.welcome();
    await until("connected", () => client.isConnected());
  });

  test("a server that greets and refuses in turn is not run against", async () => {
    const { client, states, peer } = await given.connected(undefined, { reconnect: { min: 1e5, max: 1e6 } });
    peer.close(4006);
    await until("waiting", () => client.state === "waiting");
    assert.deepEqual(states, ["connecting", "connected", "waiting"]);
  });

  test("4002: not, until connect()", async () => {
    const { client, states, errors, peer } = await given.connected();
    const before = given.server.connections;
    peer.close(4002, "banned");
    await until("closed", () => client.state === "closed");
    await quiet();
    assert.equal(given.server.connections, before);
    assert.deepEqual(states, ["connecting", "connected", "closed"]);
    assert.match(String(errors[0]), /banned/);
    client.connect();
    (await given.server.accept()).welcome();
    await until("connected", () => client.isConnected());
  });

  test("4006: with one fresh token, then no more", async () => {
    const { tokens, source } = counting();
    const { client, states, errors } = given.open(source);
    client.connect();
    for (const n of [0, 1]) {
      const peer = await given.server.accept();
      assert.equal(peer.token, tokens[n]);
      peer.say({ type: "error", error: { code: "unauthorized", message: "the signature is wrong", retry: false } });
      peer.close(4006);
    }
    await until("refused", () => client.state === "refused");
    const before = given.server.connections;
    await quiet();
    assert.equal(given.server.connections, before);
    assert.equal(tokens.length, 2);
    assert.deepEqual(states, ["connecting", "refused"]);
    assert.deepEqual(errors.map((e) => [e.code, e.message]), [["unauthorized", "the signature is wrong"]]);
    // The page may try again, with both tokens.
    client.connect();
    (await given.server.accept()).close(4006);
    (await given.server.accept()).welcome();
    await until("connected", () => client.isConnected());
  });

  for (const [code, want] of [[4007, "not_found"], [4008, "forbidden"]] as const) {
    test(`${code}: refused`, async () => {
      const { client, errors } = given.open();
      client.connect();
      (await given.server.accept()).close(code, "no");
      await until("refused", () => client.state === "refused");
      assert.deepEqual(errors.map((e) => e.code), [want]);
    });
  }

  test("connect() while waiting does not wait", async () => {
    const { client, peer } = await given.connected(undefined, { reconnect: { min: 1e6, max: 1e6 } });
    peer.cut();
    await until("waiting", () => client.state === "waiting");
    client.connect();
    (await given.server.accept()).welcome();
    await until("connected", () => client.isConnected());
  });
});
