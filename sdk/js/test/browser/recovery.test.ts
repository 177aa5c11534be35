// A page whose connection breaks, in a real Chromium, against the real server.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DripletClient, Message } from "../../src/index.ts";
import { Proxy } from "../proxy.ts";
import { DripletServer } from "../server.ts";
import { launch, visit } from "./chromium.ts";
import { Site } from "./site.ts";

declare global {
  interface Window {
    DripletClient: typeof DripletClient;
    client: DripletClient;
    heard: Message[];
  }
}

test("a page recovers what was published while its connection was cut", async () => {
  const driplet = await DripletServer.start();
  const network = await Proxy.start(driplet.port);
  const site = await Site.start(driplet);
  const browser = await launch();
  const { page, faults } = await visit(browser, `${site.origin}/ada`);
  await page.evaluate(async (ws) => {
    window.heard = [];
    window.client = window.DripletClient.getInstance(ws, "/jwt", { reconnect: { min: 20, max: 200 }, timeout: 60_000 });
    await window.client.subscribe("kept.page", (m) => window.heard.push(m)).ready;
  }, network.ws);
  let sent = 0;
  const publish = async () => driplet.publish("kept.page", ++sent);
  for (let round = 0; round < 3; round++) {
    await publish();
    await page.waitForFunction((sent) => window.heard.length === sent, sent);
    network.cut();
    await page.waitForFunction(() => !window.client.isConnected());
    await publish();
    await publish();
    network.mend();
    await page.waitForFunction((sent) => window.heard.length === sent, sent);
  }
  const heard = await page.evaluate(() => window.heard);
  assert.deepEqual(heard.map((m) => m.message), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(heard.filter((m) => m.recovered).map((m) => m.message), [2, 3, 5, 6, 8, 9]);
  assert.deepEqual(faults.filter((fault) => !fault.startsWith("WebSocket connection to")), []); // attempts while it was cut
  await browser.close();
  await site.stop();
  network.stop();
  await driplet.stop();
});
