import { NOT_FOUND, UNWRITTEN, failed, noJSON, stringify, written } from "./errors";
import { type Duration, milliseconds } from "./state";

/** ttl: how long a key lives, in milliseconds or as text ("7d"); absent: for ever. */
export interface Lifetime { ttl?: Duration }

function get(key: string): string | null {
  const v = driplet$kv_get(key);
  if (typeof v === "string") return v;
  return v === NOT_FOUND ? null : failed(v, "kv.get", key);
}

function set(key: string, value: string, o?: Lifetime): void { put(key, value, o); }

// A lifetime that is not seen would be none.
function lasting(o: Lifetime, call: string): number {
  if (typeof o !== "object" || o === null) throw new TypeError(`${call}: a lifetime is given as { ttl: ${JSON.stringify(o)} }`);
  return o.ttl === undefined ? 0 : milliseconds(o.ttl, call);
}

function put(key: string, value: string | object, o?: Lifetime): void {
  const ttl = o === undefined ? 0 : lasting(o, "kv.set");
  let n = driplet$kv_set(key, value, ttl);
  if (n === UNWRITTEN) n = driplet$kv_set(key, JSON.stringify(value) ?? noJSON(value, "kv.set"), ttl);
  if (n < 0) failed(n, "kv.set", key);
}

function cas(key: string, old: string | null, next: string | null, o?: Lifetime): boolean {
  const n = driplet$kv_cas(key, old, next, o === undefined ? 0 : lasting(o, "kv.cas"));
  return n < 0 ? failed(n, "kv.cas", key) : n === 1;
}

/** reverse: backwards, from the last key. */
export interface Direction { reverse?: boolean }

function scan(prefix: string, limit: number, o?: Direction): [string, string][] {
  return pairs(driplet$kv_scan(prefix, limit, o?.reverse ? 1 : 0), "kv.scan", prefix);
}

function scanAfter(prefix: string, after: string, limit: number, o?: Direction): [string, string][] {
  return pairs(driplet$kv_scan_after(prefix, after, limit, o?.reverse ? 1 : 0), "kv.scanAfter", prefix);
}

function* all(prefix: string, o?: Direction): Generator<[string, string], void, undefined> {
  for (let page = scanAfter(prefix, "", 1000, o); page.length > 0; page = scanAfter(prefix, page[page.length - 1]![0], 1000, o)) yield* page;
}

function pairs(flat: string[] | number, call: string, prefix: string): [string, string][] {
  const list: [string, string][] = [];
  if (typeof flat === "number") failed(flat, call, prefix);
  for (let i = 0; i + 1 < flat.length; i += 2) list.push([flat[i]!, flat[i + 1]!]);
  return list;
}

// A pair with its value as JSON, and as text.
function parsed([key, text]: [string, string]): { key: string; value: any } { return { key, value: value(text) }; }

function plain([key, text]: [string, string]): { key: string; value: string } { return { key, value: text }; }

// What was stored as text, by kv.text or another library, is read as text.
function value(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function orNull(v: unknown): string | null { return v === null || v === undefined ? null : stringify(v) ?? noJSON(v, "kv.cas"); }

/**
 * The plugin's store on this endpoint: all that outlives an event. Keys are 1
 * to 512 bytes; values are kept as JSON, 1 MiB at most.
 */
export const kv = {
  /** The value at key, or null. */
  get(key: string): any {
    const text = get(key);
    return text === null ? null : value(text);
  },
  /** Sets key when the handler ends; get and scan of this event see it at once. */
  set(key: string, v: unknown, o?: Lifetime): void { put(key, written(v, "kv.set"), o); },
  /** Deletes key when the handler ends. */
  delete(key: string): void {
    const n = driplet$kv_delete(key);
    if (n < 0) failed(n, "kv.delete", key);
  },
  /** Sets key to next (null: deletes it) if it holds old (null: if it is absent): at once, atomically, also if the handler fails later. */
  cas(key: string, old: unknown, next: unknown, o?: Lifetime): boolean { return cas(key, orNull(old), orNull(next), o); },
  /** Adds delta to the whole number at key (absent: 0) and returns the sum (exact up to 2^53): at once, atomically, also if the handler fails later. ttl applies to a key that it creates. */
  incr(key: string, delta = 1, o?: Lifetime): number {
    if (!Number.isSafeInteger(delta)) throw new TypeError(`kv.incr: ${String(delta)} is no whole number up to 2^53`);
    const sum = driplet$kv_incr(key, delta, o === undefined ? 0 : lasting(o, "kv.incr"));
    return typeof sum === "number" ? failed(sum, "kv.incr", key) : Number(sum);
  },
  /** Up to limit (1,000) pairs whose keys begin with prefix, in key order, or backwards. */
  scan(prefix: string, limit = 100, o?: Direction): { key: string; value: any }[] { return scan(prefix, limit, o).map(parsed); },
  /** The same of what lies behind the key after, or before it backwards: give the last key that came, until nothing comes. There need be no such key any more; "" is from the start. */
  scanAfter(prefix: string, after: string, limit = 100, o?: Direction): { key: string; value: any }[] { return scanAfter(prefix, after, limit, o).map(parsed); },
  /** All pairs whose keys begin with prefix, in key order or backwards, read a thousand at a time: for (const { key, value } of kv.all("item/")). What is set or deleted meanwhile is seen from the next thousand on. */
  *all(prefix: string, o?: Direction): Generator<{ key: string; value: any }, void, undefined> {
    for (const pair of all(prefix, o)) yield parsed(pair);
  },

  /** The same with values as text, byte for byte. */
  text: {
    get,
    set,
    cas,
    scan(prefix: string, limit = 100, o?: Direction): { key: string; value: string }[] { return scan(prefix, limit, o).map(plain); },
    scanAfter(prefix: string, after: string, limit = 100, o?: Direction): { key: string; value: string }[] { return scanAfter(prefix, after, limit, o).map(plain); },
    *all(prefix: string, o?: Direction): Generator<{ key: string; value: string }, void, undefined> {
      for (const pair of all(prefix, o)) yield plain(pair);
    },
  },
};
