// Tokens: where they come from, when they end, and what becomes of the user.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { counting, fixture, quiet } from "./fixture.ts";
import { jwt, rejection, until } from "./given.ts";

const given = fixture();

describe("tokens", () => {
  test("null: refused, and no loop", async () => {
    let asked = 0;
    const { client, errors } = given.open(() => (asked++, Promise.resolve(null)));
    client.connect();
    await until("refused", () => client.state === "refused");
    await quiet();
    assert.equal(asked, 1);
    assert.deepEqual(errors.map((e) => e.code), ["unauthorized"]);
  });

  test("401 of the token endpoint: refused, and no loop; after a login relogin() connects", async () => {
    let asked = 0;
    let loggedIn = false;
    const endpoint = createServer((_, response) => {
      asked++;
      response.writeHead(loggedIn ? 200 : 401).end(JSON.stringify({ status: "success", message: "", token: jwt({ sub: "7" }) }));
    }).listen(0, "127.0.0.1");
    await until("listening", () => endpoint.listening);
    const { client } = given.open(`http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/jwt`);
    client.connect();
    await until("refused", () => client.state === "refused");
    await quiet();
    assert.equal(asked, 1);
    assert.equal((await rejection(client.relogin())).code, "unauthorized");
    loggedIn = true;
    const done = client.relogin();
    (await given.server.accept()).welcome();
    await done;
    assert.equal(client.state, "connected");
    endpoint.closeAllConnections();
    endpoint.close();
  });

  test("a source that fails is asked again, later", async () => {
    let asked = 0;
    const { client, states, errors } = given.open(() => (++asked < 3 ? Promise.reject(new Error("no network")) : Promise.resolve(jwt({}))));
    client.connect();
    (await given.server.accept()).welcome();
    await until("connected", () => client.isConnected());
    assert.deepEqual(states, ["connecting", "waiting", "connecting", "waiting", "connecting", "connected"]);
    assert.deepEqual(errors.map((e) => e.message), ["no network", "no network"]);
  });

  test("a slow source is given up and asked again", async () => {
    let asked = 0;
    const { client, errors } = given.open(() => (++asked < 2 ? new Promise(() => undefined) : Promise.resolve(jwt({}))), { timeout: 30 });
    given.server.greet();
    client.connect();
    await until("connected", () => client.isConnected());
    assert.deepEqual(errors.map((e) => e.code), ["timeout"]);
  });

  test("expiring: a new one is sent over the same connection", async () => {
    const { tokens, source } = counting();
    const { client, errors, peer } = await given.connected(source);
    peer.say({ type: "expiring", in: 30 });
    const refresh = await peer.answer("refresh");
    assert.equal(refresh["token"], tokens[1]);
    peer.cut();
    const again = await given.server.accept();
    assert.equal(again.token, tokens[1], "and it is the one to come back with");
    again.welcome();
    await until("connected", () => client.isConnected());
    assert.deepEqual(errors, []);
  });

  test("expiring: a refused one makes a new connection", async () => {
    const { tokens, source } = counting();
    const { errors, peer } = await given.connected(source);
    peer.say({ type: "expiring", in: 30 });
    await peer.refuse("refresh", { code: "forbidden", message: "another user's", retry: false });
    assert.equal((await given.server.accept()).token, tokens[1]);
    assert.equal(errors[0]?.message, "another user's");
  });

  test("expiring: logged out meanwhile", async () => {
    const answers = [jwt({}), null];
    const { client, peer } = await given.connected(() => Promise.resolve(answers.shift() ?? null));
    peer.say({ type: "expiring", in: 30 });
    await peer.closed;
    assert.equal(client.state, "refused");
  });

  test("expiring: a source that fails leaves the connection alone", async () => {
    let asked = 0;
    const { client, errors, peer } = await given.connected(() => (asked++ ? Promise.reject(new Error("no network")) : Promise.resolve(jwt({}))));
    peer.say({ type: "expiring", in: 30 });
    await until("told", () => errors.length === 1);
    assert.equal(client.state, "connected");
  });

  test("relogin: nothing of the old user goes to the new one", async () => {
    let user = "old";
    const { client, states, peer } = await given.connected(() => Promise.resolve(jwt({ sub: user, exp: Date.now() / 1000 + 3600 })));
    const asked = client.call("who");
    await peer.hear("event");
    user = "new";
    const done = client.relogin();
    assert.equal((await rejection(asked)).code, "unavailable");
    assert.equal(await peer.closed, 1000);
    const again = await given.server.accept();
    assert.notEqual(again.token, peer.token);
    again.welcome({ user: "new" });
    await done;
    assert.equal(client.user, "new");
    assert.deepEqual(states, ["connecting", "connected", "connecting", "connected"]);
    await client.call("x", 1, { timeout: 20 }).catch(() => undefined);
    assert.equal((await again.hear("event"))["event"], "x");
  });

  test("relogin: what waits is dropped, and a late server is told", async () => {
    const { client } = given.open(undefined, { timeout: 60 });
    client.connect();
    const asked = rejection(client.call("who"));
    const late = rejection(client.relogin());
    assert.match((await asked).message, /user changed/);
    assert.equal((await late).code, "timeout");
    client.disconnect();
  });
});
