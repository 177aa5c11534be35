// A push from PHP reaches exactly the browsers that it is for.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { enterChat, flawless, heard, hears, launch, listens } from "./browser.mjs";
import { Demo, php } from "./programs.mjs";

let demo;
let browser;

before(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
});
after(async () => {
  await browser.close();
  await demo.stop();
});

const publish = (code) => php(`use Driplet\\{Driplet, Message, Target}; ${code}`, { DRIPLET_URL: `${demo.url}/api/default`, DRIPLET_API_SECRET: demo.apiSecret });

test("roles are included, a user is excluded", async () => {
  const people = {};
  for (const [name, role] of [["Ada", "editor"], ["Ben", "editor"], ["Cleo", "member"], ["Dora", "moderator"]]) {
    people[name] = await enterChat(browser, demo, name, role);
    await listens(people[name], "demo.news");
  }
  const { Ada, Ben, Cleo, Dora } = people;
  const ben = await Ben.evaluate(() => JSON.parse(sessionStorage.getItem("driplet-chat-user")).uid);
  await publish(`Driplet::fromEnv()->publish(Message::to('demo.news', ['text' => 'for editors and moderators'])
    ->target(Target::roles('editor', 'moderator')->except(['uid' => '${ben}'])));`);
  await Promise.all([hears(Ada, "for editors and moderators"), hears(Dora, "for editors and moderators")]);

  // A topic has one order: whoever hears what came later has got nothing of what was before.
  await publish(`Driplet::fromEnv()->publish(Message::to('demo.news', 'for everybody'));`);
  await Promise.all(Object.values(people).map((page) => hears(page, "for everybody")));
  for (const page of [Ben, Cleo]) assert.doesNotMatch((await heard(page)).join(), /for editors/);
  flawless(Object.values(people));
});
