// The dashboard of `driplet demo`, fed by real visitors.
import { after, before, test } from "node:test";
import { close, connected, enterChat, flawless, launch, open, picture, readable, reads } from "./browser.mjs";
import { Demo } from "./programs.mjs";

let demo;
let browser;

before(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
});
after(async () => {
  await browser.close();
  await demo.stop();
});

/** The row of a page in the dashboard's table, its cells behind one another. */
const row = (dashboard, page, text) =>
  dashboard.waitForFunction(
    ([page, text]) => [...document.querySelectorAll("#pages tr")].some((r) => r.children[0].textContent === page && `${r.children[1].textContent} ${r.children[2].textContent}` === text),
    [page, text],
  );

test("visitors and views are counted live", async () => {
  const dashboard = await open(browser, `${demo.url}/demo/analytics`); // without the slash: it is added
  await connected(dashboard);
  await readable(dashboard);
  await reads(dashboard, "#visitors", "1"); // the dashboard is a page as well
  const landing = await open(browser, demo.url);
  await readable(landing);
  await reads(dashboard, "#visitors", "2");
  await row(dashboard, "/", "1 1");
  const chat = await enterChat(browser, demo, "Ada", "member");
  await reads(dashboard, "#visitors", "3");
  await row(dashboard, "/demo/chat/", "1 1");

  await landing.reload();
  await row(dashboard, "/", "1 2");
  for (let i = 0; i < 3; i++) await dashboard.getByRole("button", { name: "Visit /pricing" }).click();
  await row(dashboard, "/pricing", "1 3");
  await dashboard.locator("#seconds rect:not([height='0'])").first().waitFor();
  await dashboard.getByRole("img", { name: /^7 views in all/ }).first().waitFor();

  await close(chat);
  await reads(dashboard, "#visitors", "2");
  await row(dashboard, "/demo/chat/", "0 1");
  await dashboard.getByRole("button", { name: "Send in a stroller" }).click();
  await reads(dashboard, "#visitors", "3");
  await dashboard.getByRole("button", { name: "Send one home" }).click();
  await reads(dashboard, "#visitors", "2");
  await close(landing, dashboard);
  flawless([dashboard, landing, chat]);
});

test("a full dashboard, as in the README's picture", async () => {
  const dashboard = await open(browser, `${demo.url}/demo/analytics/`, { viewport: { width: 1200, height: 780 } });
  await connected(dashboard);
  for (let i = 0; i < 8; i++) await dashboard.getByRole("button", { name: "Send in a stroller" }).click();
  await reads(dashboard, "#visitors", "9");
  await dashboard.waitForFunction(() => Number(document.querySelector("#minute").textContent) >= 30);
  await dashboard.evaluate(() => scrollTo(0, 0));
  await picture(dashboard, "examples/analytics/screenshot.png");
  await close(dashboard);
  flawless([dashboard]);
});

test("a phone shows all of it, and nothing wider than the screen", async () => {
  const dashboard = await open(browser, `${demo.url}/demo/analytics/`, { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  await connected(dashboard);
  await dashboard.locator("#pages th[scope=row]").first().waitFor();
  await dashboard.waitForFunction(() => document.documentElement.scrollWidth === 360);
  await close(dashboard);
  flawless([dashboard]);
});
