// Every example of the README, run as it stands there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { open, until } from "../given.ts";
import { root } from "../root.ts";
import { DripletServer } from "../server.ts";
import { launch, visit } from "./chromium.ts";
import { Site } from "./site.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");

let driplet: DripletServer;
let browser: Browser;
before(async () => {
  driplet = await DripletServer.start();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await driplet.stop();
});

/** The code blocks of a kind, with this server's address. */
function blocks(kind: string): string[] {
  const found = [...readme.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, "gms"))];
  return found.map(([, text]) => (text ?? "").replaceAll("https://rt.example.com", driplet.origin).replaceAll("wss://rt.example.com/ws/default", driplet.ws));
}

const show = "<script>var shown = []; function show(...what) { shown.push(what); }</script>";
const shown = (page: Page, what: unknown[]) =>
  page.waitForFunction(`shown.some((s) => JSON.stringify(s) === ${JSON.stringify(JSON.stringify(what))})`);

test("every block is run here", () => {
  assert.equal(readme.match(/^```\w/gm)?.length, blocks("html").length + blocks("js").length + blocks("js node").length);
  assert.deepEqual([blocks("html").length, blocks("js node").length], [1, 1]);
});

test("the page with a script element", async () => {
  const site = await Site.start(driplet, show + blocks("html").join(""));
  const { page, faults } = await visit(browser, `${site.origin}/ada`);
  await page.evaluate("client.subscribe('news').ready");
  await driplet.publish("news", "hello");
  await shown(page, ["news", "hello"]);
  assert.deepEqual(faults, []);
  await page.context().close();
  await site.stop();
});

test("the page with a module", async () => {
  const imports = `<script type="importmap">{"imports":{"driplet":"/driplet.mjs"}}</script>`;
  const code = `${blocks("js").join("\n")}\nwindow.client = client;`;
  const site = await Site.start(driplet, `${show}<button id="login">log in</button>${imports}<script type="module">${code}</script>`);
  const { page, faults } = await visit(browser, `${site.origin}/ada`);
  await shown(page, ["entered as", "ada"]);
  await shown(page, ["chat.not_moderator", false]);
  await page.waitForFunction("shown.some(([, m]) => m && m.text === 'hello')");
  await page.waitForFunction("window.client");

  const moderator = open(driplet.ws, () => Promise.resolve(driplet.token({ uid: "mod", roles: ["moderator"] })));
  moderator.client.connect();
  await until("connected", () => moderator.client.isConnected());
  await moderator.client.subscribe("chat.lobby").ready;
  await moderator.client.call("chat.enter", { room: "lobby" });
  await moderator.client.call("chat.typing", { room: "lobby" });
  await page.waitForFunction("shown.some(([what, m]) => what === 'typing' && m.id === 'mod')");
  await moderator.client.call("chat.kick", { room: "lobby", user: "ada" });
  moderator.client.disconnect();
  await shown(page, ["put out", "chat.kicked"]);
  await page.waitForFunction("shown.some(([what]) => what === 'error')");

  await page.click("#login");
  await page.waitForFunction("client.user === 'eve'");
  await shown(page, ["state", "connected"]);
  assert.deepEqual(faults, []);
  await page.context().close();
  await site.stop();
});

/** Runs a program of Node that waits for a push on "news". */
async function program(code: string, flags: string[] = []): Promise<string> {
  // Inside this package, so that its own name can be imported.
  const folder = join(root, ".build/readme");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "example.mjs");
  writeFileSync(file, code);
  const child = spawn(process.execPath, [...flags, file], {
    env: { ...process.env, DRIPLET_TOKEN: driplet.token({ uid: "7" }) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  const ended = once(child, "exit");
  await until("ready", () => output.includes("ready\n"));
  await driplet.publish("news", { text: "hello" });
  assert.deepEqual(await ended, [0, null]);
  return output;
}

test("the program in Node", async () => {
  assert.equal(await program(blocks("js node").join("")), "ready\nhello\n");
});

test("and with the WebSocket of Node itself", async () => {
  const code = blocks("js node").join("").replace(/^import .* from "ws";$/m, "").replace("{ WebSocket, ", "{ ");
  assert.doesNotMatch(code, /WebSocket/);
  assert.equal(await program(code, ["--experimental-websocket"]), "ready\nhello\n"); // Node 20's flag for what 22 has
});
