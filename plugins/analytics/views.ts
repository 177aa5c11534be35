// Counting views. Every count is a key with a lifetime; nothing is swept.

import { Event, Reply, clean, kv, HOUR, MINUTE } from "../pdk/assemblyscript/driplet";
import { seen } from "./visitors";

/** A browser's addresses are longer than any page's name. */
const MAX_ADDRESS = 2000;
const MAX_PAGE = 120;
const MAX_HOST = 100;
/** Names counted a window: somebody who invents pages must not fill the store. */
export const MAX_NAMES: i64 = 200;
export const OTHER = "(other)";

/** A window in which names are counted: pages by the minute, referrers by the half hour. */
export class Window {
  constructor(public prefix: string, public length: i64) {}

  private key(index: i64): string { return this.prefix + index.toString() + "/"; }

  /** Counts a name in the window under way. */
  count(name: string, time: i64): void {
    const index = time / this.length, ttl = 2 * this.length, many = this.prefix + "n/" + index.toString();
    let key = this.key(index) + name;
    if (kv.get(key) === null) {
      const names = kv.get(many);
      if (names && I64.parseInt(names) >= MAX_NAMES) key = this.key(index) + OTHER;
      else kv.incr(many, 1, ttl);
    }
    kv.incr(key, 1, ttl);
  }

  /** Adds up names over one window's length: what is under way, and of the one before the share that is not yet that long ago. */
  sum(time: i64): Map<string, i64> {
    const index = time / this.length, out = new Map<string, i64>();
    const left = this.length - time % this.length, before = this.key(index - 1), current = this.key(index);
    const past = kv.scan(before, <i32>MAX_NAMES + 50), now = kv.scan(current, <i32>MAX_NAMES + 50);
    for (let i = 0; i < past.length; i++) {
      const share = (I64.parseInt(past[i].value) * left + this.length / 2) / this.length;
      if (share > 0) out.set(past[i].key.substring(before.length), share);
    }
    for (let i = 0; i < now.length; i++) {
      const name = now[i].key.substring(current.length), n = I64.parseInt(now[i].value);
      out.set(name, out.has(name) ? out.get(name) + n : n);
    }
    return out;
  }
}

export const pages = new Window("p/", MINUTE);
export const referrers = new Window("r/", 30 * MINUTE);

/** analytics.view */
export function view(e: Event): Reply | null {
  const address = e.string("page", MAX_ADDRESS), bad = e.err();
  if (bad) return bad;
  const page = pageOf(address), time = e.time;
  seen(e.session, page);
  kv.incr("m/" + (time / MINUTE).toString(), 1, HOUR);
  kv.incr("s/" + (time / 1000).toString(), 1, 2 * MINUTE);
  pages.count(page, time);
  const host = hostOf(e.data.string("referrer"));
  if (host.length > 0) referrers.count(host, time);
  return null;
}

/** The path of an address: what a page is counted by. */
function pageOf(address: string): string {
  let from = 0, to = address.length;
  const scheme = address.indexOf("://");
  if (scheme >= 0 && scheme < 10) {
    from = address.indexOf("/", scheme + 3);
    if (from < 0) from = to;
  }
  for (let i = from; i < to; i++) {
    const c = address.charCodeAt(i);
    if (c == 0x3f || c == 0x23) to = i; // ? #
  }
  const page = clean(address.substring(from, to), MAX_PAGE).replaceAll("\n", " ").replaceAll("\t", " ");
  return page.length > 0 ? page : "/";
}

/** The host of an address, in lower case and without its port; empty if there is none that could be real. */
function hostOf(address: string): string {
  const scheme = address.indexOf("://");
  if (scheme < 0 || address.length > MAX_ADDRESS) return "";
  const from = scheme + 3;
  let to = from;
  while (to < address.length) {
    const c = address.charCodeAt(to), letter = c | 0x20;
    if (!(letter >= 0x61 && letter <= 0x7a || c >= 0x30 && c <= 0x39 || c == 0x2d || c == 0x2e)) break;
    to++;
  }
  if (to < address.length) {
    const c = address.charCodeAt(to);
    if (c != 0x3a && c != 0x2f && c != 0x3f && c != 0x23) return ""; // : / ? #
  }
  return to - from > MAX_HOST ? "" : lower(address.substring(from, to));
}

// lower is toLowerCase for ASCII, without the tables for all other scripts.
function lower(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    out += String.fromCharCode(c >= 0x41 && c <= 0x5a ? c | 0x20 : c);
  }
  return out;
}
