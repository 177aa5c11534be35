// The SDK against the real server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import type { DripletClient } from "../src/client.ts";
import type { Options } from "../src/types.ts";
import { open, rejection, until } from "./given.ts";
import { root } from "./root.ts";
import { DripletServer } from "./server.ts";

let server: DripletServer;
const clients: DripletClient[] = [];
before(async () => (server = await DripletServer.start({ endpoint: 'TokenExpiry = "enforce"\n' })));
after(() => server.stop());
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

/** A connected client of a user with these claims. */
async function user(uid: string, custom: Record<string, unknown> = {}, options: Options = {}, ttl = 3600) {
  let tokens = 0;
  const source = () => {
    tokens++;
    return Promise.resolve(server.token({ uid, ...custom }, {}, ttl));
  };
  const opened = open(server.ws, source, options);
  clients.push(opened.client);
  opened.client.connect();
  await until("connected", () => opened.client.isConnected());
  return { ...opened, tokens: () => tokens };
}

describe("against the real server", () => {
  test("greets by name", async () => {
    const { client } = await user("7");
    assert.equal(client.user, "7");
    assert.match(client.session ?? "", /.{20}/);
  });

  test("and with the token in the query", async () => {
    const { client } = await user("7", {}, { tokenIn: "query" });
    await client.subscribe("news").ready;
  });

  test("a targeted push reaches exactly who it is for", async () => {
    const heard: string[] = [];
    const admin = await user("1", { roles: ["administrator", "editor"] });
    const author = await user("2", { roles: ["administrator"] });
    const guest = await user("3", { roles: ["guest"] });
    for (const [name, { client }] of Object.entries({ admin, author, guest })) {
      client.onMessage((m) => heard.push(`${name} ${JSON.stringify(m)}`));
      await client.subscribe("log").ready;
    }
    await server.publish("log", { n: 1 }, { target: { include: { roles: "administrator" }, exclude: { uid: 2 } }, event: "entry" });
    await server.publish("log", { n: 2 });
    await until("all", () => heard.length === 4);
    assert.deepEqual(heard.sort(), [
      'admin {"topic":"log","message":{"n":1},"event":"entry"}',
      'admin {"topic":"log","message":{"n":2}}',
      'author {"topic":"log","message":{"n":2}}',
      'guest {"topic":"log","message":{"n":2}}',
    ]);
  });

  test("the backend may leave out the session that caused it", async () => {
    const one = await user("7");
    const two = await user("7");
    const heard: string[] = [];
    await one.client.subscribe("t", (m) => heard.push(`one ${String(m.message)}`)).ready;
    await two.client.subscribe("t", (m) => heard.push(`two ${String(m.message)}`)).ready;
    await server.publish("t", "others", { except: one.client.session });
    await server.publish("t", "all");
    await until("three", () => heard.length === 3);
    assert.deepEqual(heard.sort(), ["one all", "two all", "two others"]);
  });

  test("a topic of one's own; another's is forbidden", async () => {
    const { client, errors } = await user("7");
    await client.subscribe("user.7").ready;
    assert.equal((await rejection(client.subscribe("user.8").ready)).code, "forbidden");
    assert.deepEqual(errors.map((e) => [e.code, e.data]), [["forbidden", { topic: "user.8" }]]);
  });

  test("publishes to the topic's other subscribers", async () => {
    const ada = await user("ada");
    const bob = await user("bob");
    const heard: unknown[] = [];
    const held = bob.client.subscribe("room.1", (m) => heard.push(m));
    await held.ready;
    await ada.client.subscribe("room.1", () => assert.fail("her own")).ready;
    await ada.client.publish("room.1", { x: 1 });
    await until("heard", () => heard.length === 1);
    assert.deepEqual(heard, [{ topic: "room.1", message: { x: 1 }, from: "ada" }]);
    assert.equal((await rejection(ada.client.publish("log", 1))).code, "forbidden");
    held.unsubscribe();
  });

  test("calls a plugin, and hears what it refuses", async () => {
    const { client, errors } = await user("7", { name: "Ada" });
    const room = client.subscribe("chat.lobby");
    await room.ready;
    const state = await client.call<{ you: { name: string } }>("chat.enter", { room: "lobby" });
    assert.equal(state.you.name, "Ada");
    const heard: unknown[] = [];
    room.on("event:chat.message", (m) => heard.push((m.message as { text: string }).text));
    const sent = await client.call<{ id: number }>("chat.send", { room: "lobby", text: "hi" });
    assert.equal(typeof sent.id, "number");
    client.send("chat.send", { room: "lobby", text: "again" });
    await until("both", () => heard.length === 2);
    assert.deepEqual(heard, ["hi", "again"]);
    assert.equal((await rejection(client.call("chat.send", { room: "other", text: "hi" }))).code, "chat.not_member");
    assert.equal((await rejection(client.call("nobody.listens", {}))).code, "no_handler");
    assert.equal(errors.length, 0);
    client.send("nobody.listens", {});
    await until("told", () => errors.length === 1);
    assert.equal(errors[0]?.code, "no_handler");
  });

  test("put out by a plugin", async () => {
    const mod = await user("1", { roles: ["moderator"] });
    const bad = await user("9");
    for (const { client } of [mod, bad]) {
      await client.subscribe("chat.den", () => undefined).ready;
      await client.call("chat.enter", { room: "den" });
    }
    const ended: unknown[] = [];
    const held = bad.client.subscribe("chat.den");
    held.on("unsubscribed", (u) => ended.push(u));
    await mod.client.call("chat.kick", { room: "den", user: "9" });
    await until("told", () => ended.length === 1);
    assert.deepEqual(ended, [{ topic: "chat.den", reason: "chat.kicked" }]);
    assert.equal((await rejection(bad.client.subscribe("chat.den").ready)).code, "chat.banned");
    assert.equal(bad.client.state, "connected");
  });

  test("presence says that it is to come", async () => {
    const { client } = await user("7");
    const held = client.subscribe("room.1");
    assert.equal((await rejection(held.presence())).code, "unavailable");
  });

  test("a token that runs out is renewed on the same connection", async () => {
    const { client, states, tokens } = await user("7", {}, {}, 15);
    const { session } = client;
    await until("a second token", () => tokens() > 1);
    await client.call("nobody.listens").catch(() => undefined);
    assert.equal(client.session, session);
    assert.deepEqual(states, ["connecting", "connected"]);
  });

  test("a token that the server refuses: one more is tried", async () => {
    let tokens = 0;
    const { client, states, errors } = open(server.ws, () => Promise.resolve(`${server.token({ uid: ++tokens })}x`));
    clients.push(client);
    client.connect();
    await until("refused", () => client.state === "refused");
    assert.equal(tokens, 2);
    assert.deepEqual(states, ["connecting", "refused"]);
    assert.deepEqual(errors.map((e) => e.code), ["unauthorized"]);
  });

  test("an unknown endpoint is refused", async () => {
    const { client, errors } = open(server.ws.replace(/default$/, "nowhere"), () => Promise.resolve(server.token({})));
    clients.push(client);
    client.connect();
    await until("refused", () => client.state === "refused");
    assert.deepEqual(errors.map((e) => e.code), ["not_found"]);
  });

  test("a frame over the limit does not leave", async () => {
    const { client } = await user("7");
    const error = await rejection(client.publish("room.1", "x".repeat(70_000)));
    assert.equal(error.code, "too_large");
    await client.subscribe("room.1").ready;
  });

  test("serves both builds as they are", async () => {
    for (const name of ["driplet.mjs", "driplet.js"]) {
      const response = await fetch(`${server.origin}/sdk/${name}`);
      assert.match(response.headers.get("content-type") ?? "", /^text\/javascript/);
      assert.ok((await response.text()) === readFileSync(join(root, "dist", name), "utf8"), `${name} differs from dist/: build the server anew`);
    }
  });

  for (const kill of [false, true]) {
    test(`comes back after the server was ${kill ? "killed" : "restarted"}, and hears on`, async () => {
      const { client, states, tokens } = await user("7");
      const heard: unknown[] = [];
      const held = client.subscribe("t", (m) => heard.push(m.message));
      await held.ready;
      await server.end(kill);
      await until("lost", () => client.state !== "connected");
      const asked = client.call("nobody.listens", {}, { timeout: 60_000 });
      await server.run();
      assert.equal((await rejection(asked)).code, "no_handler", "a call waited for the connection");
      await held.ready;
      await server.publish("t", "after");
      await until("heard", () => heard.length === 1);
      assert.equal(tokens(), 1, "the token is used again");
      assert.ok(states.includes("waiting"));
    });
  }

  test("works with WebSocket implementations of different kinds", () => {
    // Compiles, that is: the browser's, Node's and that of ws are all welcome.
    const all: NonNullable<Options["WebSocket"]>[] = [WebSocket];
    if (typeof globalThis.WebSocket === "function") all.push(globalThis.WebSocket);
    assert.ok(all.length > 0);
  });
});
