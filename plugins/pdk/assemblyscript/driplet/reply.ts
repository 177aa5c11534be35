import { utf8 } from "./bytes";
import { quote } from "./json";

/** What a handler answers: a JSONObject or JSONList, a Refusal from fail(), raw JSON from json(), or null for no answer. */
export abstract class Reply {
  /** The JSON text that goes to the caller. */
  abstract toString(): string;
  /** What the host gets. */
  encode(): ArrayBuffer { return utf8(this.toString()); }
}

/** An answer that is JSON text already. */
export class RawReply extends Reply {
  constructor(private text: string) { super(); }
  toString(): string { return this.text; }
}

/** Answers with JSON text as it is, for instance what the store holds. */
export function json(text: string): RawReply { return new RawReply(text); }

/** A refusal: it reaches the caller as it is. Made by fail(). */
export class Refusal extends Reply {
  constructor(public code: string, public message: string, public data: Reply | null) { super(); }

  toString(): string {
    const data = this.data;
    return "{\"code\":" + quote(this.code) + ",\"message\":" + quote(this.message) + (data ? ",\"data\":" + data.toString() : "") + "}";
  }
}

/**
 * Refuses: `return fail("chat.banned", "you were put out of this room")`. The
 * code is one of the server's (bad_request, forbidden, not_found, conflict, …)
 * or "<plugin>.<name>"; the message says what to do.
 */
export function fail(code: string, message: string, data: Reply | null = null): Refusal {
  return new Refusal(code, message, data);
}
