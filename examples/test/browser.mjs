// Chromium, and what people do on the examples' pages.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { project } from "./programs.mjs";

// The SDK's tests have the one browser driver of the project.
const { chromium } = createRequire(join(project, "sdk/js/package.json"))("playwright-core");

/** How long anything may take on a busy machine; the SDK alone pauses up to 30 s between attempts. */
const patienceMs = 60_000;

/** Debian's Chromium; CHROMIUM names another. */
export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** Opens a page for a person of their own. What goes wrong on it fails the test: see flawless. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 740 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.faults.push(`${message.text()} ${message.location().url}`));
  await page.addInitScript(noteAnnouncements);
  await page.goto(url);
  return page;
}

/** Runs in the page. Announcements are taken away after some seconds: whoever looks late finds them here. */
function noteAnnouncements() {
  window.announced = [];
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      if (node.classList?.contains("announcement")) window.announced.push(node.textContent);
    }
  }).observe(document, { childList: true, subtree: true });
}

/** What a screen reader needs before all else: one heading for the page, and names that say what is to be seen. */
export async function readable(page) {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  const faults = await page.evaluate(() => {
    const seen = (e) => e.checkVisibility({ visibilityProperty: true });
    const text = (e) => e.innerText.trim().toLowerCase();
    const headings = [...document.querySelectorAll("h1")].filter(seen).length;
    const controls = [...document.querySelectorAll("button, a, input, select, textarea")].filter(seen);
    const unnamed = controls.filter((e) => !(e.getAttribute("aria-label") ?? (text(e) || e.labels?.length)));
    // WCAG 2.5.3: who speaks to the page says what stands there. Signs such as × are no words.
    const others = controls.filter((e) => e.hasAttribute("aria-label") && /[a-z]{2}/.test(text(e)) && !e.getAttribute("aria-label").toLowerCase().includes(text(e)));
    return [...(headings === 1 ? [] : [`${headings} headings of level 1`]), ...[...unnamed, ...others].map((e) => e.outerHTML)];
  });
  assert.deepEqual(faults, []);
}

/** Nothing went wrong on the pages; expected is for what a test provokes. */
export function flawless(pages, expected = /^$/) {
  for (const page of pages) assert.deepEqual(page.faults.filter((fault) => !expected.test(fault)), []);
}

export const close = (...pages) => Promise.all(pages.map((page) => page.context().close()));

/** Enters the demo's chat. */
export async function enterChat(browser, demo, name, role, { room = "lobby", ...options } = {}) {
  const page = await open(browser, `${demo.url}/demo/chat/#${room}`, options);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Role").selectOption(role);
  await page.getByRole("button", { name: "Enter the chat" }).click();
  await inRoom(page);
  return page;
}

/** The page is connected, and its room to be written in. */
export async function inRoom(page) {
  await connected(page);
  await page.locator("#text:enabled").waitFor();
}

export const connected = (page) => page.locator('#connection[data-state="connected"]').waitFor();

/** The page has what was said to everybody, or to it. */
export const hears = (page, text) => page.waitForFunction((text) => window.announced.some((a) => a.includes(text)), text);

/** All announcements that came to the page so far. */
export const heard = (page) => page.evaluate(() => window.announced);

/** The page is subscribed to a topic: what is published from here on comes. */
export const listens = (page, topic) =>
  page.evaluate(async (topic) => {
    const { DripletClient } = await import("/sdk/driplet.mjs");
    const held = DripletClient.getInstance("/ws/default", "the page has its own").subscribe(topic);
    await held.ready;
    held.unsubscribe();
  }, topic);

export const message = (page, text) => page.locator(".message", { hasText: text });

/** Writes a message and sees it in the room. */
export async function say(page, text) {
  await page.locator("#text").fill(text);
  await page.locator("#text").press("Enter");
  await message(page, text).waitFor();
}

/** Goes to another room. By the keyboard: a link that is drawn anew between press and release of a mouse hears no click. */
export async function goTo(page, room) {
  const link = page.locator(`[data-room="${room}"]`);
  await link.waitFor(); // what is not to be seen takes no focus
  await link.press("Enter");
}

/** Waits until a page's element has exactly this text, and keeps it. */
export const reads = (page, selector, text) =>
  page.waitForFunction(([selector, text]) => document.querySelector(selector)?.textContent === text, [selector, text]);

/** Notices this text even if it stays for a moment only: to be called before, awaited after. */
export const notices = (page, selector, text) =>
  page.evaluate(
    ([selector, text, patienceMs]) =>
      new Promise((resolve, reject) => {
        const element = document.querySelector(selector);
        setTimeout(() => reject(new Error(`${selector} did not read ${text}, it is ${element.textContent}`)), patienceMs);
        const look = () => element.textContent === text && resolve();
        new MutationObserver(look).observe(element, { childList: true, characterData: true, subtree: true });
        look();
      }),
    [selector, text, patienceMs],
  );

/** A picture for the READMEs, written where DRIPLET_PICTURES is set. */
export async function picture(page, name) {
  const taken = await page.screenshot({ animations: "disabled", caret: "hide" });
  if (process.env.DRIPLET_PICTURES) writeFileSync(join(project, name), taken);
}
