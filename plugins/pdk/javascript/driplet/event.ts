import { fail } from "./errors";
import { open } from "./state";

/**
 * What a handler is asked about. Which fields hold something depends on the
 * kind of event; the others are empty. Not to be kept beyond the handler.
 */
export class Event<Data = any> {
  declare private seen: any; // of data; declared only: a field would cost every event

  /** Message: its name, "chat.send". Publish: the message's event name, may be empty. Timer: the timer's name. */
  get event(): string { return driplet$field(0); }
  /** Message (when given), subscribe, unsubscribe, publish. */
  get topic(): string { return driplet$field(1); }
  /** The connection: a secret between it and the server; empty when a backend publishes. */
  get session(): string { return driplet$field(2); }
  /** Its public id, as others see it. */
  get user(): string { return driplet$field(3); }
  /** Message: the request's id, as JSON text; empty: nobody waits for an answer. */
  get request(): string { return driplet$field(4); }
  /** The object custom of the connection's token; null: it has none. */
  get claims(): any { return driplet$value(5); }
  /** When it happened, milliseconds since 1970. */
  get time(): number { return driplet$number(6); }
  /** What the client sent. Publish: the message. Http: the body. null when it is empty, or, of http, no JSON. */
  get data(): Data { return this.seen === undefined ? this.seen = driplet$value(7) : this.seen; }
  /** The token's user; empty: anonymous. */
  get account(): string { return driplet$field(8); }
  /** The endpoint's name. */
  get endpoint(): string { return driplet$field(9); }
  /** Timer, http: what was given to timer.set or http.fetch. */
  get state(): any { return open(driplet$field(10)).state; }
  /** Http: the answer's status; 0: there was none, and data holds code and message. */
  get status(): number { return driplet$number(11); }
  /** Http: the answer's headers, names in lower case; of a request those that tell of its body and sender, unsigned. */
  get headers(): Record<string, string> { return driplet$value(12) ?? {}; }
  /** Http: `POST`: a backend's request, and what the handler returns is its answer; empty: the answer to a request of http.fetch. */
  get method(): string { return driplet$field(14); }
  /** Http: the query of a request's URL, without the question mark. */
  get query(): string { return driplet$field(15); }
  /** Http: the body as text. */
  get body(): string { return driplet$field(7); }
  /** Publish: whom it is for; null: everybody. */
  get target(): any { return driplet$value(13); }

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
    if (s.length > max) wrong(path, `has ${s.length} characters, the limit is ${max}`);
    return s;
  }

  /** The whole number at path, from low to high. */
  integer(path: string, low: number, high: number): number {
    const n = this.at(path);
    if (typeof n !== "number" || !Number.isInteger(n) || n < low || n > high) wrong(path, `must be a whole number from ${low} to ${high}`);
    return n;
  }

  /** As integer, but it may be missing or null: then fallback. */
  integerOr(path: string, low: number, high: number, fallback: number): number {
    const n = this.at(path);
    return n === undefined || n === null ? fallback : this.integer(path, low, high);
  }

  private at(path: string): any {
    let v: any = this.data;
    for (const key of path.split(".")) v = v !== null && typeof v === "object" && Object.hasOwn(v, key) ? v[key] : undefined;
    return v;
  }
}

function wrong(path: string, what: string): never { return fail("bad_request", `${path} ${what}`); }
