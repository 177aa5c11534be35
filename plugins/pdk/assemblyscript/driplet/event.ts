import { text, begin, lend, lent } from "./bytes";
import { host_subscribed } from "./imports";
import { Refusal, fail } from "./reply";
import { Value, find, foundStringOrNull, show } from "./value";

const FIELDS = 17;
// Of each field of the event at hand, where it lies and how long it is.
const spans = new StaticArray<u32>(FIELDS * 2);

/** Reads the envelope; fields that this library does not know are skipped, missing ones are empty. */
export function openEnvelope(ptr: usize, len: i32): void {
  const count = min<i32>(load<u16>(ptr, 2), FIELDS);
  let p = ptr + 4;
  for (let i = 0; i < FIELDS; i++) {
    let n: u32 = 0;
    if (i < count) {
      n = load<u32>(p);
      p += 4;
    }
    unchecked((spans[i * 2] = <u32>p));
    unchecked((spans[i * 2 + 1] = n));
    p += n;
  }
  show(ptr, unchecked(spans[14]), unchecked(spans[32]), unchecked(spans[33]));
}

/** Where the event's name lies, and how long it is. */
export function nameAt(): usize { return spans[0]; }
export function nameLength(): i32 { return spans[1]; }

/**
 * What a handler is asked about. Which fields hold something depends on the
 * kind of event; the others are empty. Not to be kept beyond the handler.
 */
export class Event {
  private bad: Refusal | null = null;

  private field(n: i32): string { return text(unchecked(spans[n * 2]), unchecked(spans[n * 2 + 1])); }
  private value(n: i32): Value { return new Value(spans[n * 2], spans[n * 2 + 1], null); }

  /** Message: its name, "chat.send". Publish: the message's event name, may be empty. Timer: the timer's name. */
  get event(): string { return this.field(0); }
  /** Message (when given), subscribe, unsubscribe, publish. */
  get topic(): string { return this.field(1); }
  /** The connection: a secret between it and the server; empty when a backend publishes. */
  get session(): string { return this.field(2); }
  /** Its public id, as others see it. */
  get user(): string { return this.field(3); }
  /** Message: the request's id, as JSON text; empty: nobody waits for an answer. */
  get request(): string { return this.field(4); }
  /** The object custom of the connection's token. */
  get claims(): Value { return this.value(5); }
  /** When it happened, milliseconds since 1970. */
  get time(): i64 { return load<i64>(spans[12]); }
  /** What the client sent. Publish: the message. */
  get data(): Value { return this.value(7); }
  /** The token's user; empty: anonymous. */
  get account(): string { return this.field(8); }
  /** The endpoint's name. */
  get endpoint(): string { return this.field(9); }
  /** Timer, http: what was given to timer.set or http.fetch. */
  get state(): string { return this.field(10); }
  /** Http: the answer's status; 0: there was none, and data holds code and message. */
  get status(): i32 { return spans[23] >= 4 ? load<i32>(spans[22]) : 0; }
  /** Http: the answer's headers, names in lower case; of a request those that tell of its body and sender, unsigned. */
  get headers(): Value { return this.value(12); }
  /** Publish: whom the message is for; empty: everybody. */
  get target(): Value { return this.value(13); }
  /** Http: `POST`: a backend's request, and what the handler returns is its answer; empty: the answer to a request of http.fetch. */
  get method(): string { return this.field(14); }
  /** Http: the query of a request's URL, without the question mark. */
  get query(): string { return this.field(15); }
  /** Http: the body as text. */
  get body(): string { return this.field(7); }

  /** Whether the connection is subscribed to topic. */
  subscribed(topic: string): bool {
    begin();
    const t = lend(topic);
    return host_subscribed(spans[4], spans[5], t, lent) == 1;
  }

  // Fields of data that must be right. The first that is not is what err()
  // returns: read all, then ask once.

  /** The text at path of data: not empty, at most max long as a browser's maxlength counts. */
  string(path: string, max: i32): string {
    const s = find(spans[14], spans[15], path) ? foundStringOrNull() : null;
    if (s === null) return this.wrong(path, "must be a string");
    if (s.length == 0) return this.wrong(path, "must not be empty");
    if (s.length > max) return this.wrong(path, "has " + s.length.toString() + " characters, the limit is " + max.toString());
    return s;
  }

  /** As string, but it may be missing, null or empty: then fallback. */
  stringOr(path: string, max: i32, fallback: string): string {
    const data = this.data;
    if (!data.has(path)) return fallback;
    const s = data.stringOrNull(path);
    return s !== null && s.length == 0 ? fallback : this.string(path, max);
  }

  /** The string or number at path as text: ids come as either. */
  id(path: string, max: i32): string {
    const s = this.data.text(path);
    if (s.length == 0) return this.wrong(path, "must be a string or a number");
    return s.length > max ? this.wrong(path, "has " + s.length.toString() + " characters, the limit is " + max.toString()) : s;
  }

  /** The whole number at path, from low to high. */
  integer(path: string, low: i64, high: i64): i64 {
    const none = i64.MIN_VALUE, n = this.data.integer(path, none);
    if (n == none || n < low || n > high) {
      this.wrong(path, "must be a whole number from " + low.toString() + " to " + high.toString());
      return low;
    }
    return n;
  }

  /** As integer, but it may be missing or null: then fallback. */
  integerOr(path: string, low: i64, high: i64, fallback: i64): i64 {
    return this.data.has(path) ? this.integer(path, low, high) : fallback;
  }

  /** The first field that was wrong, as bad_request to return; null if all were right. */
  err(): Refusal | null { return this.bad; }

  private wrong(path: string, what: string): string {
    if (!this.bad) this.bad = fail("bad_request", path + " " + what);
    return "";
  }
}
