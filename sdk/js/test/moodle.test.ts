// A page's events for Moodle: the SDK, the real server, its plugin moodle, and
// a Moodle that answers as its webhook does, always with HTTP 200.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { DripletClient } from "../src/client.ts";
import { open, rejection } from "./given.ts";
import { DripletServer } from "./server.ts";

const key = "the-key-of-moodle";

/** What the webhook is sent. */
interface Asked {
  user: string;
  data: { component: string; payload: unknown; sesskey: string };
}

let moodle: Server;
let driplet: DripletServer;
let client: DripletClient;
const seen: { key: unknown; asked: Asked }[] = [];

/** A server whose plugin waits so many milliseconds for this Moodle. */
const serving = (timeout: number) =>
  DripletServer.start({
    plugins: ["moodle"],
    tables: `
[Endpoints.default.PluginConfig.moodle]
url = "http://127.0.0.1:${(moodle.address() as AddressInfo).port}/callback.php"
key = "${key}"
timeout = ${timeout}
`,
  });

/** Answers as Moodle; mod_stuck never. */
async function webhook(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const asked = JSON.parse(body) as Asked;
  seen.push({ key: request.headers["x-moodle-key"], asked });
  const { component, payload, sesskey } = asked.data;
  if (component === "mod_stuck") return;
  const refused = (code: number, message: string) => ({ error: { code, message } });
  const answer =
    component === "mod_refuses" ? refused(500, "No such attempt") : sesskey === "outworn" ? refused(401, "Session expired") : { result: { data: [asked.user, payload] } };
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
}

before(async () => {
  moodle = createServer((request, response) => void webhook(request, response)).listen(0, "127.0.0.1");
  await once(moodle, "listening");
  driplet = await serving(30_000);
  client = open(driplet.ws, () => Promise.resolve(driplet.token({ uid: 7 }))).client;
  client.connect();
});
after(async () => {
  client.disconnect();
  await driplet.stop();
  moodle.closeAllConnections();
  moodle.close();
});

test("the answer comes back, and Moodle has heard who asks", async () => {
  const payload = { attempt: 5, text: "Žluť/\"😀" };
  assert.deepEqual(await client.call("mod_quiz", { payload, sesskey: "aBc", user: "1" }), ["7", payload]);
  assert.deepEqual(seen.at(-1), { key, asked: { user: "7", data: { component: "mod_quiz", payload, sesskey: "aBc" } } });
});

test("what Moodle refuses rejects", async () => {
  const refused = await rejection(client.call("mod_refuses", { payload: 1 }));
  assert.deepEqual([refused.code, refused.message, refused.retry], ["moodle.error", "No such attempt", false]);
  const outworn = await rejection(client.call("mod_quiz", { payload: 1, sesskey: "outworn" }));
  assert.deepEqual([outworn.code, outworn.message], ["unauthorized", "Session expired"]);
  assert.equal((await rejection(client.call("mod_quiz", {}))).code, "bad_request");
  assert.equal((await rejection(client.call("other_plugin", { payload: 1 }))).code, "no_handler");
});

test("a Moodle that is stuck rejects: by the caller's patience, by the server's, and holds nobody up", async () => {
  const mine = await rejection(client.call("mod_stuck", { payload: 1 }, { timeout: 50 }));
  assert.deepEqual([mine.code, mine.retry], ["timeout", true]);

  const hasty = await serving(1000);
  const { client: other } = open(hasty.ws, () => Promise.resolve(hasty.token({ uid: 8 })));
  other.connect();
  const error = await rejection(other.call("mod_stuck", { payload: 1 }));
  assert.deepEqual([error.code, error.message], ["timeout", "Moodle did not answer in time; it may have acted"]);
  other.disconnect();
  await hasty.stop();
  assert.deepEqual(await client.call("mod_quiz", { payload: 2 }), ["7", 2]);
});
