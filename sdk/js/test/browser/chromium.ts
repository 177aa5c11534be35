// A real Chromium for tests: of the SDK here, of demos and examples elsewhere.
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

/** Debian's; CHROMIUM names another. */
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
    // Playwright switches off what pages meet in the field: the cache for the way back.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}

/** A page with what went wrong on it: errors nobody caught, and the console's. */
export interface WatchedPage {
  page: Page;
  faults: string[];
}

/** Opens a page in a browser (a user of its own), or in a context (one more tab of that user). */
export async function visit(where: Browser | BrowserContext, url: string): Promise<WatchedPage> {
  const context = "newContext" in where ? await where.newContext() : where;
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}
