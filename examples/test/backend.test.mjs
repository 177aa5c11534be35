// The examples as their READMEs say to run them: with their PHP backends.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { close, connected, flawless, heard, hears, inRoom, launch, message, open, readable, reads, say } from "./browser.mjs";
import { Example } from "./programs.mjs";

let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

async function logIn(example, name, role) {
  const page = await open(browser, example.url);
  assert.equal(new URL(page.url()).pathname, "/login");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Role").selectOption(role);
  await page.getByRole("button", { name: "Log in" }).click();
  await connected(page);
  return page;
}

test("chat: users log in and talk; an announcement reaches one role", async (t) => {
  const example = await Example.start("chat");
  t.after(() => example.stop());
  const ada = await logIn(example, "Ada & <b>Co</b>", "administrator");
  const ben = await logIn(example, "Ben", "editor");
  const cleo = await logIn(example, "Cleo", "member");
  for (const page of [ada, ben, cleo]) await inRoom(page);
  await reads(cleo, "#count", "3");
  await say(ada, "welcome");
  await message(ben, "welcome").waitFor();
  assert.equal(await message(ben, "welcome").locator("strong").textContent(), "Ada & <b>Co</b>");
  assert.equal(await ben.getByRole("link", { name: "Announce" }).count(), 0);

  const desk = await ada.context().newPage();
  await desk.goto(`${example.url}/announce`);
  await readable(desk);
  for (const [role, text] of [["editor", "deadline <b>at five</b>"], ["member", "lunch is ready"]]) {
    await desk.getByLabel("To everybody with the role").selectOption(role);
    await desk.getByLabel("Text").fill(text);
    await desk.getByRole("button", { name: "Announce" }).click();
    await desk.getByText(`Sent to everybody with the role ${role}.`).waitFor();
  }
  await hears(ben, "For the role editordeadline <b>at five</b>");
  await ben.locator(".news", { hasText: "deadline" }).waitFor();
  // The later one was for cleo: the one before would be there.
  await hears(cleo, "lunch is ready");
  assert.equal((await heard(cleo)).length, 1);
  assert.deepEqual(await heard(ada), []);

  await ben.getByRole("link", { name: "Log out" }).click();
  await ben.waitForURL(`${example.url}/login`);
  await ada.locator(".notice", { hasText: "Ben left" }).waitFor();
  await close(ada, ben, cleo);
  flawless([ada, ben, cleo]);
});

test("chat: the backend refuses whom it should", async (t) => {
  const example = await Example.start("chat");
  t.after(() => example.stop());
  const status = async (path, options) => (await fetch(example.url + path, { redirect: "manual", ...options })).status;
  for (const path of ["/token", "/config.json"]) assert.equal(await status(path), 401, path);
  for (const path of ["/announce", "/announce?x"]) assert.equal(await status(path), 403, path);
  assert.equal(await status("/"), 303);
  for (const path of ["/shared/../embed.go", "/shared/%2e%2e/embed.go", "/nothing.js", "/router.php", "/shared/nothing.css"]) assert.equal(await status(path), 404, path);
  assert.equal(await status("/app.js"), 200);

  const form = (fields, cookie) => ({ method: "POST", body: new URLSearchParams(fields), headers: cookie ? { Cookie: cookie } : {} });
  for (const fields of [{ name: "", role: "member" }, { name: "x".repeat(41), role: "member" }, { name: "Eve", role: "root" }, {}]) {
    assert.equal(await status("/login", form(fields)), 422, JSON.stringify(fields));
  }
  const entered = await fetch(`${example.url}/login`, { redirect: "manual", ...form({ name: "Eve", role: "administrator" }) });
  const cookie = entered.headers.getSetCookie().at(-1).split(";")[0];
  assert.match(entered.headers.getSetCookie().at(-1), /HttpOnly; SameSite=Lax/);
  assert.equal(await status("/announce", form({ role: "member", text: "no form key" }, cookie)), 403);
  const { status: answer, token } = await (await fetch(`${example.url}/token`, { headers: { Cookie: cookie } })).json();
  assert.equal(answer, "success");
  const { custom, exp } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  assert.deepEqual([custom.name, custom.roles], ["Eve", ["administrator"]]);
  assert.ok(exp > Date.now() / 1000);
});

test("analytics: the dashboard is for administrators, its page counts everybody", async (t) => {
  const example = await Example.start("analytics");
  t.after(() => example.stop());
  const ada = await logIn(example, "Ada", "administrator");
  await reads(ada, "#visitors", "1");
  const ben = await logIn(example, "Ben", "member");
  await ben.getByText("This dashboard is not for you").waitFor();
  await reads(ada, "#visitors", "2");
  await ben.getByRole("button", { name: "Visit /pricing" }).click();
  await ada.locator("#pages tr", { hasText: "/pricing" }).waitFor();
  await close(ada, ben);
  flawless([ada, ben]);
});
