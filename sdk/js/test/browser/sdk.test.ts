// The global build, as the real server serves it, in a real Chromium.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { DripletClient, Message, Options } from "../../src/index.ts";
import { DripletServer } from "../server.ts";
import { launch, visit, type WatchedPage } from "./chromium.ts";
import { Site } from "./site.ts";

declare global {
  interface Window {
    DripletClient: typeof DripletClient;
    Driplet: typeof import("../../src/index.ts");
    client: DripletClient;
    heard: Message[];
    states: string[];
    persisted: boolean;
  }
}

let driplet: DripletServer;
let site: Site;
let browser: Browser;
const open: WatchedPage[] = [];

before(async () => {
  driplet = await DripletServer.start();
  site = await Site.start(driplet);
  browser = await launch();
});
after(async () => {
  await browser.close();
  await site.stop();
  await driplet.stop();
});
afterEach(async () => {
  for (const { page } of open.splice(0)) await page.context().close();
});

/** A page of this user ("" is nobody) with its client, which hears topic. */
async function user(name: string, topic = "room.1", reconnect: Options["reconnect"] = { min: 20, max: 200 }) {
  const watched = await visit(browser, `${site.origin}/${name}`);
  open.push(watched);
  await watched.page.evaluate(
    ([ws, topic, reconnect]) => {
      window.heard = [];
      window.states = [];
      window.client = window.DripletClient.getInstance(ws, "/jwt", { reconnect, timeout: 60_000 });
      window.client.on("state", (state) => window.states.push(state));
      window.client.on("error", () => undefined);
      window.client.setTopics([topic]);
      window.client.onMessage((m) => window.heard.push(m));
    },
    [driplet.ws, topic, reconnect] as const,
  );
  return watched;
}

/** A subscribed page that was left, and is again there: kept where window.persisted is true, else loaded anew. */
async function wentAndCameBack() {
  const { page } = await user("ada");
  await subscribed(page);
  await page.evaluate(() => {
    window.addEventListener("pageshow", (event) => (window.persisted = event.persisted));
  });
  await page.goto(`${site.origin}/ada?elsewhere`);
  await page.goBack({ waitUntil: "commit" }); // a kept page loads nothing
  await page.waitForFunction(() => window.persisted || performance.getEntriesByType("navigation").some((n) => (n as PerformanceNavigationTiming).type === "back_forward"));
  return page;
}

const state = (page: Page, want: string) => page.waitForFunction((want) => window.client.state === want, want);
const subscribed = (page: Page, topic = "room.1") => page.evaluate((topic) => window.client.subscribe(topic).ready, topic);
const heard = async (page: Page, count: number) => {
  await page.waitForFunction((count) => window.heard.length >= count, count);
  return page.evaluate(() => window.heard);
};

describe("the global build in Chromium", () => {
  test("old names: connects by itself, one instance, new throws", async () => {
    const { page, faults } = await user("ada");
    await state(page, "connected");
    const seen = await page.evaluate((ws) => {
      let thrown = "";
      try {
        new (window.DripletClient as unknown as new () => unknown)();
      } catch (error) {
        thrown = String(error);
      }
      const { client } = window;
      return {
        same: window.DripletClient.getInstance(ws, "/jwt") === client,
        thrown,
        connected: client.isConnected(),
        user: client.user,
        namespace: Object.keys(window.Driplet),
      };
    }, driplet.ws);
    assert.match(seen.thrown, /^TypeError: use DripletClient\.getInstance/);
    assert.deepEqual({ ...seen, thrown: "" }, { same: true, thrown: "", connected: true, user: "ada", namespace: ["DripletClient", "DripletError"] });
    assert.deepEqual(faults, []);
  });

  test("two pages talk; a push reaches only who it is for", async () => {
    const ada = await user("ada");
    const bob = await user("bob");
    for (const { page } of [ada, bob]) await subscribed(page);
    await ada.page.evaluate(() => window.client.publish("room.1", { text: "hi" }));
    assert.deepEqual(await heard(bob.page, 1), [{ topic: "room.1", message: { text: "hi" }, from: "ada" }]);
    await driplet.publish("room.1", "for ada", { target: { include: { roles: ["ada"] } } });
    await driplet.publish("room.1", "for all");
    assert.deepEqual((await heard(ada.page, 2)).map((m) => m.message), ["for ada", "for all"]);
    assert.deepEqual((await heard(bob.page, 2)).map((m) => m.message), [{ text: "hi" }, "for all"]);
    assert.deepEqual([...ada.faults, ...bob.faults], []);
  });

  test("both come back after the server was restarted", async () => {
    const pages = [await user("ada"), await user("bob")];
    for (const { page } of pages) await subscribed(page);
    await driplet.end();
    for (const { page } of pages) await page.waitForFunction(() => !window.client.isConnected());
    await driplet.run();
    for (const { page } of pages) {
      await state(page, "connected");
      await subscribed(page);
    }
    await driplet.publish("room.1", "again");
    for (const { page } of pages) assert.deepEqual((await heard(page, 1)).map((m) => m.message), ["again"]);
  });

  test("logged out: refused; after the login relogin() connects", async () => {
    const { page } = await user("");
    await state(page, "refused");
    const asked = site.tokens;
    await page.evaluate(() => fetch("/eve"));
    await page.evaluate(() => window.client.relogin());
    assert.equal(await page.evaluate(() => window.client.user), "eve");
    assert.equal(site.tokens, asked + 1);
  });

  test("frozen on the way out, awake on the way back", async () => {
    let page = await wentAndCameBack();
    // A browser that is busy may give up freezing a page: that is its right.
    for (let i = 0; i < 5 && !(await page.evaluate(() => window.persisted)); i++) page = await wentAndCameBack();
    assert.ok(await page.evaluate(() => window.persisted), "the browser never keeps the page");
    await state(page, "connected");
    await subscribed(page);
    await driplet.publish("room.1", "welcome back");
    assert.deepEqual((await heard(page, 1)).map((m) => m.message), ["welcome back"]);
    assert.deepEqual(await page.evaluate(() => window.states.slice(-3)), ["waiting", "connecting", "connected"]);
  });

  test("offline: waits for the network, not for the pause", async () => {
    const { page } = await user("ada", "room.1", { min: 1e6, max: 1e6 });
    await subscribed(page);
    await page.context().setOffline(true);
    await page.waitForFunction(() => !navigator.onLine);
    await driplet.end();
    await state(page, "offline");
    await driplet.run();
    await page.context().setOffline(false);
    await state(page, "connected");
  });

  test("a page that is seen again does not wait for the pause", async () => {
    const { page } = await user("ada", "room.1", { min: 1e6, max: 1e6 });
    await subscribed(page);
    await driplet.end();
    await state(page, "waiting");
    await driplet.run();
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await state(page, "connected");
  });

  test("the module imports from where the server serves it", async () => {
    const watched = await visit(browser, `${driplet.origin}/sdk/driplet.js`);
    open.push(watched);
    const names = await watched.page.evaluate<string[]>('import("/sdk/driplet.mjs").then(Object.keys)');
    assert.deepEqual(names.sort(), ["DripletClient", "DripletError"]);
    // And a path is an endpoint of the page's own host.
    const connected = await watched.page.evaluate<boolean>(`import("/sdk/driplet.mjs").then(({ DripletClient }) => {
      const client = DripletClient.getInstance("/ws/default", async () => ${JSON.stringify(driplet.token({ uid: "7" }))});
      return client.subscribe("news").ready.then(() => client.isConnected());
    })`);
    assert.equal(connected, true);
  });
});
