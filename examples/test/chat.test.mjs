// The chat of `driplet demo`, as people use it.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { close, enterChat, flawless, goTo, hears, inRoom, launch, listens, message, notices, open, picture, readable, reads, say } from "./browser.mjs";
import { Demo, shell } from "./programs.mjs";

let demo;
let browser;
const pages = [];

before(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
});
after(async () => {
  await browser.close();
  await demo.stop();
});
afterEach(async () => {
  const left = pages.splice(0);
  await close(...left);
  flawless(left);
});

async function enter(name, role = "member", options = {}) {
  const page = await enterChat(browser, demo, name, role, options);
  pages.push(page);
  return page;
}

const texts = (page) => page.locator(".message .bubble").allTextContents();

test("two people talk, and see each other come, type and go", async () => {
  const ada = await enter("Ada");
  const ben = await enter("Ben");
  await ada.locator(".notice", { hasText: "Ben came in" }).waitFor();
  await reads(ada, "#count", "2");
  await readable(ada);
  await ben.locator("#people-list", { hasText: "Ada" }).waitFor();

  const typing = notices(ada, "#typing", "Ben is typing…");
  await ben.locator("#text").pressSequentially("Hel");
  await typing;
  await say(ben, "Hello Ada");
  await message(ada, "Hello Ada").waitFor();
  await reads(ada, "#typing", "");
  await say(ada, "Hello Ben");
  await message(ben, "Hello Ben").waitFor();
  assert.deepEqual(await texts(ada), ["Hello Ada", "Hello Ben"]);
  assert.deepEqual(await texts(ben), ["Hello Ada", "Hello Ben"]);

  await close(ben);
  await ada.locator(".notice", { hasText: "Ben left" }).waitFor();
  await reads(ada, "#count", "1");
});

test("what people write is text, never markup", async () => {
  const ada = await enter("<b>Ada</b>", "member", { room: "markup" });
  const ben = await enter("Ben", "member", { room: "markup" });
  const text = '<img src=x onerror="document.title=1"><script>alert(1)</script>';
  await say(ada, text);
  await message(ben, text).waitFor();
  assert.equal(await ben.locator(".message strong").textContent(), "<b>Ada</b>");
  assert.equal(await ben.locator("#messages img, #messages script, #messages b").count(), 0);
});

test("whoever enters sees the last 50 messages", async () => {
  // A client may send 60 events at once, then 20 a second, and each message is two: typing, and the text.
  const authors = [];
  for (const name of ["Ada", "Cleo", "Dora"]) authors.push(await enter(name, "member", { room: "archive" }));
  for (let i = 1; i <= 53; i++) await say(authors[i % 3], `number ${i}.`);
  const ben = await enter("Ben", "member", { room: "archive" });
  assert.deepEqual(await texts(ben), Array.from({ length: 50 }, (_, i) => `number ${i + 4}.`));
});

test("authors delete their own messages, moderators any", async () => {
  const ada = await enter("Ada", "moderator", { room: "deletion" });
  const ben = await enter("Ben", "member", { room: "deletion" });
  await say(ada, "by Ada");
  await say(ben, "by Ben");
  await say(ben, "by Ben as well");
  assert.equal(await message(ben, "by Ada").getByRole("button").count(), 0);
  await message(ben, "by Ben as well").hover();
  await message(ben, "by Ben as well").getByRole("button", { name: "Delete" }).click();
  await message(ada, "by Ben as well").waitFor({ state: "detached" });
  await message(ada, "by Ben").getByRole("button", { name: "Delete" }).click();
  for (const page of [ada, ben]) await message(page, "by Ben").waitFor({ state: "detached" });
  assert.deepEqual(await texts(ben), ["by Ada"]);
  assert.deepEqual(await texts(ada), ["by Ada"]);
});

test("a moderator puts somebody out, who hears no more of the room", async () => {
  const ada = await enter("Ada", "moderator", { room: "order" });
  const ben = await enter("Ben", "member", { room: "order" });
  const cleo = await enter("Cleo", "member", { room: "order" });
  for (const page of [ada, ben]) await reads(page, "#count", "3"); // and the lists of people stand still
  assert.equal(await ben.getByRole("button", { name: "Put Cleo out" }).count(), 0);
  await ada.getByRole("button", { name: "Put Ben out" }).click();
  await ada.getByLabel("For how long").selectOption("an hour");
  await ada.getByRole("dialog").getByRole("button", { name: "Put out" }).click();

  await ben.locator("#out", { hasText: "A moderator put you out of this room until" }).waitFor();
  assert.ok(await ben.getByRole("button", { name: "Come back in" }).isDisabled());
  assert.ok(await ben.locator("#text").isDisabled());
  await cleo.locator(".notice", { hasText: "Ben was put out" }).waitFor();
  await reads(cleo, "#count", "2");
  await say(cleo, "without Ben");
  await message(ada, "without Ben").waitFor();

  // A reload is the same person, who stays out of this room alone.
  await ben.reload();
  await ben.locator("#out", { hasText: "A moderator put you out" }).waitFor();
  assert.equal(await message(ben, "without Ben").count(), 0);
  await goTo(ben, "random");
  await inRoom(ben);
  await say(ben, "here I may");
});

test("rooms that are not in view count what is unread", async () => {
  const ada = await enter("Ada", "member", { room: "news-desk" });
  const ben = await enter("Ben", "member", { room: "news-desk" });
  await say(ben, "seen");
  await message(ada, "seen").waitFor();
  await ada.getByLabel("Name of another room").fill("sports");
  await ada.getByRole("button", { name: "Enter" }).click();
  await reads(ada, "#room-name", "sports");
  await inRoom(ada);
  await ada.locator("#text").fill("begun");
  await say(ben, "unseen one");
  await say(ben, "unseen two");
  await reads(ada, '[data-room="news-desk"] .badge', "2");
  assert.match(await ada.title(), /^\(2\) #sports/);

  await goTo(ada, "news-desk");
  await ada.locator(".unread + .message", { hasText: "unseen one" }).waitFor();
  await ada.waitForFunction(() => document.title.startsWith("#news-desk"));
  assert.equal(await ada.locator("#text").inputValue(), "");
  await goTo(ada, "sports");
  await reads(ada, "#room-name", "sports");
  assert.equal(await ada.locator("#text").inputValue(), "begun");
  await ada.getByRole("button", { name: "Leave" }).click();
  await reads(ada, "#room-name", "news-desk");
});

test("a phone has the lists in drawers, and nothing wider than the screen", async () => {
  const ada = await enter("Ada", "moderator", { room: "small", viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  await say(ada, "x".repeat(300));
  await ada.waitForFunction(() => document.documentElement.scrollWidth === 360);
  await ada.getByRole("button", { name: "Rooms" }).click();
  await goTo(ada, "lobby");
  await reads(ada, "#room-name", "lobby");
  assert.equal(await ada.getByRole("button", { name: "Rooms" }).getAttribute("aria-expanded"), "false");
  await ada.getByRole("button", { name: "here" }).click();
  await ada.locator("#people-list li", { hasText: "Ada" }).waitFor();
  await ada.keyboard.press("Escape");
  await ada.locator("#people-list").waitFor({ state: "hidden" });
});

test("the lines that the demo prints pop up in open pages", async () => {
  const landing = await open(browser, demo.url);
  pages.push(landing);
  const ada = await enter("Ada", "member", { room: "lines" });
  for (const page of [landing, ada]) await listens(page, "demo.news");
  const [publish, curl] = demo.suggestions;
  assert.match(publish, / publish -url /);
  assert.match(await shell(publish), /published to demo\.news/);
  for (const page of [landing, ada]) await hears(page, "Hello from the command line");
  assert.equal(await landing.locator("#curl").textContent(), curl);
  assert.match(await shell(curl), /"status":"ok"/);
  for (const page of [landing, ada]) await hears(page, "Hello from curl");
  await ada.locator(".news", { hasText: "Hello from curl" }).waitFor();
  assert.equal(readdirSync(demo.folder).filter((name) => name.startsWith("driplet-demo-")).length, 1);
});

test("a conversation, as in the README's picture", async () => {
  const own = await Demo.start(); // without the rooms of the other tests
  const people = [];
  const join = async (name, role, options) => people[people.push(await enterChat(browser, own, name, role, options)) - 1];
  const ada = await join("Ada Lovelace", "moderator", { room: "help" });
  const dora = await join("Dora Maar", "member", { room: "help" });
  await goTo(ada, "lobby");
  await inRoom(ada);
  const ben = await join("Ben Okri", "member");
  const cleo = await join("Cleo Marin", "editor");
  await say(ben, "Good morning! The new release is out since eight.");
  await say(ben, "Nobody noticed the restart: every tab came back by itself.");
  await say(ada, "Lovely. The dashboard looks calm, too.");
  await say(cleo, "Shall I tell the editors? I would push it to that role only.");
  await say(ada, "Yes, please.");
  await message(ben, "Yes, please.").waitFor();
  await say(dora, "How do I write a plugin in Go?");
  await say(dora, "Found it: driplet plugin new");
  await reads(ada, '[data-room="help"] .badge', "2");
  const typing = notices(ada, "#typing", "Ben Okri is typing…");
  await ben.locator("#text").pressSequentially("On");
  await typing;
  assert.equal(await ada.locator(".message.together").count(), 1);
  await ada.evaluate(() => document.activeElement.blur());
  await picture(ada, "examples/chat/screenshot.png");
  await close(...people);
  flawless(people);
  await own.stop();
});
