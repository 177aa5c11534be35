// Histories and recovery against the real server.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { DripletClient } from "../src/client.ts";
import type { Gap, Message } from "../src/types.ts";
import { open, rejection, until } from "./given.ts";
import { Proxy } from "./proxy.ts";
import { DripletServer } from "./server.ts";

let server: DripletServer;
let network: Proxy;
const clients: DripletClient[] = [];
before(async () => {
  server = await DripletServer.start();
  network = await Proxy.start(server.port);
});
after(async () => {
  network.stop();
  await server.stop();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

/** A client that hears a topic. */
async function hearer(topic: string, uid = "7") {
  const { client } = open(network.ws, () => Promise.resolve(server.token({ uid })));
  clients.push(client);
  client.connect();
  const heard: Message[] = [];
  const gaps: Gap[] = [];
  const held = client.subscribe(topic, (m) => heard.push(m));
  held.on("gap", (gap) => gaps.push(gap));
  await held.ready;
  return { client, held, heard, gaps, texts: () => heard.map((m) => `${String(m.message)}${m.recovered ? " recovered" : ""}`) };
}

describe("recovery from the real server", () => {
  test("what is published while the connection is cut arrives once and in order", async () => {
    const { client, held, heard, gaps, texts } = await hearer("kept.1");
    await server.publish("kept.1", "one");
    await until("one", () => heard.length === 1);
    network.cut();
    await until("lost", () => client.state !== "connected");
    for (const text of ["two", "three"]) await server.publish("kept.1", text);
    await server.publish("kept.1", "not for us", { target: { include: { uid: "8" } } });
    network.mend();
    await until("both", () => heard.length === 3);
    assert.deepEqual(await held.ready, { recovered: true });
    await server.publish("kept.1", "four");
    await until("four", () => heard.length === 4);
    assert.deepEqual(texts(), ["one", "two recovered", "three recovered", "four"]);
    assert.deepEqual(heard.map((m) => m.offset), [1, 2, 3, 5]);
    assert.deepEqual(gaps, []);
  });

  test("a history that does not reach back is a gap, and what is left of it follows", async () => {
    const { client, heard, gaps, texts } = await hearer("kept.2");
    network.cut();
    await until("lost", () => client.state !== "connected");
    for (let n = 1; n <= 12; n++) await server.publish("kept.2", n);
    network.mend();
    await until("what is left", () => heard.length === 10);
    assert.deepEqual(gaps, [{ topic: "kept.2", reason: "expired" }]);
    assert.deepEqual(texts(), Array.from({ length: 10 }, (_, i) => `${i + 3} recovered`));
  });

  test("history: the newest, or page by page", async () => {
    const { held, client } = await hearer("kept.3");
    assert.deepEqual(await held.history(), []);
    for (let n = 1; n <= 4; n++) await server.publish("kept.3", { n }, { event: "entry" });
    const newest = await held.history({ limit: 2 });
    assert.deepEqual(newest, [3, 4].map((n) => ({ topic: "kept.3", message: { n }, event: "entry", offset: n })));
    assert.deepEqual(await client.subscribe("plain").history(), []);
    assert.equal((await rejection(client.subscribe("user.8").history())).code, "forbidden");
  });
});
