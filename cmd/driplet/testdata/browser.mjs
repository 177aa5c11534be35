// A Chromium that does what standard input says, one line each, and answers
// each with one line: "ok", or what went wrong.
//
//   open NAME URL       opens a page, or opens it anew
//   until NAME JS       waits until the expression is true in that page
//
// Run it where playwright-core can be found: in sdk/js.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { chromium } = createRequire(`${process.cwd()}/package.json`)("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
const context = await browser.newContext();
context.setDefaultTimeout(60_000);
const pages = new Map();

async function open(name, url) {
  if (!pages.has(name)) {
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(`${name}: ${error.message}`));
    page.on("console", (message) => console.error(`${name}: ${message.text()}`));
    pages.set(name, page);
  }
  await pages.get(name).goto(url);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [, command, name, rest] = /^(\w+) (\S+) (.*)$/.exec(line);
  try {
    if (command === "open") await open(name, rest);
    else await pages.get(name).waitForFunction(rest);
    console.log("ok");
  } catch (error) {
    console.log(String(error).replaceAll("\n", " "));
  }
}
await browser.close();
