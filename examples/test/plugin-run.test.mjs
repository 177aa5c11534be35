// The page of 'driplet plugin run' sends a plugin events and shows what comes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { close, flawless, launch, open } from "./browser.mjs";
import { PluginRun } from "./programs.mjs";

let run;
let browser;

before(async () => {
  [run, browser] = await Promise.all([PluginRun.start("chat"), launch()]);
});
after(async () => {
  await browser.close();
  assert.equal(await run.stop(), 0);
});

test("an author talks to a plugin", async () => {
  const page = await open(browser, run.url);
  const send = async (event, data) => {
    await page.getByLabel("Event").fill(event);
    await page.getByLabel("Data, JSON").fill(data);
    await page.getByRole("button", { name: "Send" }).click();
  };
  await page.getByText("connected as 7").waitFor();
  await page.getByLabel("Topic").fill("chat.lobby");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.getByText("subscribed to chat.lobby").waitFor();
  await send("chat.send", '{"room":"lobby","text":"<b>hello</b>"}');
  await page.getByText('chat.send  {"id":1}').waitFor();
  await page.getByText('chat.lobby  chat.message  {"id":1').waitFor();
  await run.says('answer   {"id":1}  (');

  await send("chat.send", '{"room":"attic","text":"hi"}');
  await page.getByText("chat.not_member: subscribe to chat.attic first").waitFor();
  await send("chat.send", "{");
  await page.locator("li.refused", { hasText: "JSON" }).waitFor();

  await page.getByLabel("User").fill("8");
  await page.getByRole("button", { name: "Connect anew" }).click();
  await page.getByText("connected as 8").waitFor();
  flawless([page]);
  await close(page);
});
