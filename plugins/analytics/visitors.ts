// Who is here: a key for every connection that has viewed a page, which lapses
// unless it is heard of again.

import { Event, Reply, kv, SECOND } from "../pdk/assemblyscript/driplet";

/** Three beats of 30 s. */
const HERE: i64 = 90 * SECOND;
/** One scan's worth; more are counted in parts, and not every second. */
const MANY = 1000;
const RECOUNT: i64 = 5 * SECOND;
/** Different pages looked at, beyond which a page's visitors are no longer told. */
const MAX_PAGES = 1000;
/** The first character of a session id: base64url. */
const FIRST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A connection looks at a page. */
export function seen(session: string, page: string): void { kv.set("on/" + session, page, HERE); }

/** analytics.beat */
export function beat(e: Event): Reply | null {
  const page = kv.get("on/" + e.session);
  if (page) seen(e.session, page);
  return null;
}

/** Told when a connection is gone. */
export function gone(e: Event): Reply | null {
  kv.delete("on/" + e.session);
  return null;
}

/** How many are here, and how many at each page. */
export class Visitors {
  count: i64 = 0;
  pages: Map<string, i64> = new Map();

  private add(page: string, n: i64): void {
    const pages = this.pages;
    if (pages.has(page)) pages.set(page, pages.get(page) + n);
    else if (pages.size < MAX_PAGES) pages.set(page, n);
  }

  private addAll(prefix: string): i32 {
    const here = kv.scan(prefix, MANY);
    for (let i = 0; i < here.length; i++) this.add(here[i].value, 1);
    this.count += here.length;
    return here.length;
  }

  static now(): Visitors {
    const cached = kv.get("visitors");
    if (cached) return Visitors.read(cached);
    let v = new Visitors();
    if (v.addAll("on/") < MANY) return v;
    v = new Visitors();
    for (let i = 0; i < FIRST.length; i++) v.addAll("on/" + FIRST.charAt(i));
    kv.set("visitors", v.write(), RECOUNT);
    return v;
  }

  // The count, then a line "3 /page" for each page.
  private write(): string {
    const lines = [this.count.toString()], pages = this.pages.keys();
    for (let i = 0; i < pages.length; i++) lines.push(this.pages.get(pages[i]).toString() + " " + pages[i]);
    return lines.join("\n");
  }

  private static read(text: string): Visitors {
    const v = new Visitors(), lines = text.split("\n");
    v.count = I64.parseInt(lines[0]);
    for (let i = 1; i < lines.length; i++) {
      const space = lines[i].indexOf(" ");
      v.add(lines[i].substring(space + 1), I64.parseInt(lines[i].substring(0, space)));
    }
    return v;
  }
}
