import { fail } from "./errors";
import { open } from "./state";

/**
 * What a handler is asked about. Which fields hold something depends on the
 * kind of event; the others are empty. Not to be kept beyond the handler.
 */
export class Event<Data = any> {
  // Declared only: what each is comes from below.

  /** Message: its name, "chat.send". Publish: the message's event name, may be empty. Timer: the timer's name. */
  declare readonly event: string;
  /** Message (when given), subscribe, unsubscribe, publish. */
  declare readonly topic: string;
  /** The connection: a secret between it and the server; empty when a backend publishes. */
  declare readonly session: string;
  /** Its public id, as others see it. */
  declare readonly user: string;
  /** Message: the request's id, as JSON text; empty: nobody waits for an answer. */
  declare readonly request: string;
  /** The object custom of the connection's token; null: it has none. */
  declare readonly claims: any;
  /** When it happened, milliseconds since 1970. */
  declare readonly time: number;
  /** What the client sent. Publish: the message. Http: the body. null when it is empty, or, of http, no JSON. */
  declare readonly data: Data;
  /** The token's user; empty: anonymous. */
  declare readonly account: string;
  /** The endpoint's name. */
  declare readonly endpoint: string;
  /** Timer, http: what was given to timer.set or http.fetch. */
  get state(): any { return open(driplet$field(10)).state; }
  /** Http: the answer's status; 0: there was none, and data holds code and message. */
  declare readonly status: number;
  /** Http: the answer's headers, names in lower case; of a request those that tell of its body and sender, unsigned. */
  get headers(): Record<string, string> { return driplet$value(12) ?? {}; }
  /** Http: `POST`: a backend's request, and what the handler returns is its answer; empty: the answer to a request of http.fetch. */
  declare readonly method: string;
  /** Http: the query of a request's URL, without the question mark. */
  declare readonly query: string;
  /** Http: the body as text. */
  declare readonly body: string;
  /** Publish: whom it is for; null: everybody. */
  declare readonly target: any;

  /** Whether the connection is subscribed to topic. */
  subscribed(topic: string): boolean { return driplet$here(topic) === 1; }

  // Fields of data that must be right; what is wrong is refused as bad_request.
  // A path is keys joined by dots: "user.name", "items.0.id".

  /** The text at path of data: not empty, at most max long as a browser's maxlength counts. */
  string(path: string, max: number): string {
    const s = this.at(path);
    if (typeof s !== "string") wrong(path, "must be a string");
    if (s.length === 0) wrong(path, "must not be empty");
    if (s.length > max) wrong(path, `has ${s.length} characters, the limit is ${max}`);
    return s;
  }

  /** As string, but it may be missing, null or empty: then fallback. */
  stringOr(path: string, max: number, fallback: string): string {
    const s = this.at(path);
    return s === undefined || s === null || s === "" ? fallback : this.string(path, max);
  }

  /** The string or number at path as text: ids come as either. */
  id(path: string, max: number): string {
    const v = this.at(path), s = typeof v === "number" ? String(v) : v;
    if (typeof s !== "string" || s.length === 0) wrong(path, "must be a string or a number");
    if (Math.abs(v) > Number.MAX_SAFE_INTEGER && typeof v === "number") wrong(path, "is a number beyond 2^53: send it as a string");
    if (s.length > max) wrong(path, `has ${s.length} characters, the limit is ${max}`);
    return s;
  }

  /** The whole number at path, from low to high; none beyond 2^53, of which JavaScript has not all. */
  integer(path: string, low: number, high: number): number {
    const n = this.at(path);
    if (typeof n !== "number" || !Number.isSafeInteger(n) || n < low || n > high) wrong(path, `must be a whole number from ${low} to ${high}`);
    return n;
  }

  /** As integer, but it may be missing or null: then fallback. */
  integerOr(path: string, low: number, high: number, fallback: number): number {
    const n = this.at(path);
    return n === undefined || n === null ? fallback : this.integer(path, low, high);
  }

  private at(path: string): any {
    const v: any = this.data;
    if (path === "" || v === null || typeof v !== "object") return path === "" ? v : undefined;
    return Object.hasOwn(v, path) && !Array.isArray(v) ? v[path] : look(v, path.split(".")); // most paths are one key
  }
}

// look follows keys. Where a key itself has a dot, the longest that fits wins.
function look(v: any, keys: string[]): any {
  if (v === null || typeof v !== "object") return undefined;
  if (Array.isArray(v)) {
    const item = /^\d+$/.test(keys[0]!) ? v[Number(keys[0])] : undefined;
    return keys.length === 1 ? item : look(item, keys.slice(1));
  }
  for (let n = keys.length; n > 0; n--) {
    const key = keys.slice(0, n).join(".");
    if (Object.hasOwn(v, key)) return n === keys.length ? v[key] : look(v[key], keys.slice(n));
  }
  return undefined;
}

function wrong(path: string, what: string): never { return fail("bad_request", `${path} ${what}`); }

// Properties that the adapter reads by itself: a getter here would cost as much again.
const TEXT = 0, VALUE = 1, NUMBER = 2, DATA = 3;
const fields: [name: string, field: number, kind: number][] = [
  ["event", 0, TEXT], ["topic", 1, TEXT], ["session", 2, TEXT], ["user", 3, TEXT], ["request", 4, TEXT], ["claims", 5, VALUE], ["time", 6, NUMBER], ["data", 7, DATA],
  ["account", 8, TEXT], ["endpoint", 9, TEXT], ["status", 11, NUMBER], ["method", 14, TEXT], ["query", 15, TEXT], ["body", 7, TEXT], ["target", 13, VALUE],
];
for (const [name, field, kind] of fields) Object.defineProperty(Event.prototype, name, { get: driplet$getter(field, kind), configurable: true });
