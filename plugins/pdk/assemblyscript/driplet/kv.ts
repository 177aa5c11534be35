import { begin, lend, lent, text, at, scratch, SCRATCH_BYTES, must, NOT_FOUND } from "./bytes";
import { Reply } from "./reply";
import { host_kv_get, host_kv_set, host_kv_delete, host_kv_cas, host_kv_incr, host_kv_scan, host_kv_scan_after } from "./imports";

/** A key of the store with its value. */
export class Pair {
  constructor(public key: string, public value: string) {}
}

// Lifetimes, in milliseconds.
export const SECOND: i64 = 1000;
export const MINUTE: i64 = 60 * SECOND;
export const HOUR: i64 = 60 * MINUTE;
export const DAY: i64 = 24 * HOUR;

/**
 * The plugin's store on this endpoint: all that outlives an event. Keys are 1
 * to 512 bytes, values text. A ttl is in milliseconds, 0 for ever.
 */
export abstract class kv {
  /** The value at key, or null. */
  static get(key: string): string | null {
    begin();
    const k = lend(key), kn = lent;
    let out = scratch, cap = SCRATCH_BYTES;
    while (true) {
      const n = host_kv_get(k, kn, out, cap);
      if (n == NOT_FOUND) return null;
      must(n, "kv.get", key);
      if (n <= cap) return text(out, n);
      out = at(new ArrayBuffer(n));
      cap = n;
    }
  }

  /** Sets key to a text, or to JSON (an object(), a list()), when the handler ends; get and scan of this event see it at once. */
  static set<T>(key: string, value: T, ttl: i64 = 0): void {
    if (isString<T>()) {
      begin();
      const k = lend(key), kn = lent, v = lend(changetype<string>(value));
      must(host_kv_set(k, kn, v, lent, ttl), "kv.set", key);
    } else {
      const v = value as Reply;
      v.finish();
      begin();
      const k = lend(key);
      must(host_kv_set(k, lent, v.bytes(), v.size(), ttl), "kv.set", key);
    }
  }

  /** Deletes key when the handler ends. */
  static delete(key: string): void {
    begin();
    const k = lend(key);
    must(host_kv_delete(k, lent), "kv.delete", key);
  }

  /** Sets key to next (null: deletes it) if it holds old (null: if it is absent): at once, atomically, also if the handler fails later. */
  static cas(key: string, old: string | null, next: string | null, ttl: i64 = 0): bool {
    begin();
    const k = lend(key), kn = lent, o = lend(old ? old : ""), on = old === null ? -1 : lent, n = lend(next ? next : "");
    const r = host_kv_cas(k, kn, o, on, n, next === null ? -1 : lent, ttl);
    must(r, "kv.cas", key);
    return r == 1;
  }

  /** Adds delta to the whole number at key (absent: 0) and returns the sum: at once, atomically, also if the handler fails later. ttl applies to a key that it creates. */
  static incr(key: string, delta: i64 = 1, ttl: i64 = 0): i64 {
    begin();
    const k = lend(key);
    must(host_kv_incr(k, lent, delta, ttl, scratch), "kv.incr", key);
    return load<i64>(scratch);
  }

  /** Up to limit (1,000) pairs whose keys begin with prefix, in key order, or backwards. */
  static scan(prefix: string, limit: i32, reverse: bool = false): Pair[] {
    begin();
    const p = lend(prefix), pn = lent;
    let out = scratch, cap = SCRATCH_BYTES;
    while (true) {
      const n = host_kv_scan(p, pn, limit, reverse, out, cap);
      must(n, "kv.scan", prefix);
      if (n <= cap) return pairs(out);
      out = at(new ArrayBuffer(n));
      cap = n;
    }
  }

  /** The same of what lies behind the key after, or before it backwards: give the last key that came, until nothing comes. There need be no such key any more; "" is from the start. */
  static scanAfter(prefix: string, after: string, limit: i32, reverse: bool = false): Pair[] {
    begin();
    const p = lend(prefix), pn = lent, a = lend(after), an = lent;
    let out = scratch, cap = SCRATCH_BYTES;
    while (true) {
      const n = host_kv_scan_after(p, pn, a, an, limit, reverse, out, cap);
      must(n, "kv.scanAfter", prefix);
      if (n <= cap) return pairs(out);
      out = at(new ArrayBuffer(n));
      cap = n;
    }
  }
}

function pairs(envelope: usize): Pair[] {
  const out: Pair[] = [], count = load<u16>(envelope, 2);
  let p = envelope + 4;
  for (let i = 0; i + 1 < <i32>count; i += 2) {
    const key = load<u32>(p), value = load<u32>(p + 4 + key);
    out.push(new Pair(text(p + 4, key), text(p + 8 + key, value)));
    p += 8 + key + value;
  }
  return out;
}
