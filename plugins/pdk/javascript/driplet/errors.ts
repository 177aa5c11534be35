/** A refusal: it reaches the caller as it is. */
export class Refusal {
  constructor(readonly code: string, readonly message: string, readonly data?: unknown) {}
}

/** A refusal to return, or to give to reply(). */
export function refusal(code: string, message: string, data?: unknown): Refusal {
  return new Refusal(code, message, data);
}

/**
 * Ends the handler with a refusal: `fail("chat.banned", "you were put out of this room")`.
 * The code is one of the server's (bad_request, forbidden, not_found, conflict, …)
 * or "<plugin>.<name>"; the message says what to do. What the handler has
 * published and set before is applied.
 */
export function fail(code: string, message: string, data?: unknown): never {
  throw new Refusal(code, message, data);
}

export const NOT_FOUND = -1;
export const UNAVAILABLE = -7;
export const NO_REQUEST = -8;

const NAMES = [
  "", "not found", "denied: grant it under [capabilities] of the manifest", "a bad argument: broken JSON, a name that is empty or too long, or a value or number out of its range",
  "over the limit of one event", "the store is full: raise kv under [capabilities] of the manifest", "a conflict: this event writes the same key, or the value is no integer",
  "unavailable just now", "nobody waits for an answer", "not possible while the plugin starts",
];

// A call of a function costs an event about as much as a call of the server:
// so the usual way through this library makes few.

/** Throws for a call that failed: its author must mend it. */
export function failed(errno: number, call: string, what: string): never {
  throw new Error(`${call}(${what}): ${NAMES[-errno] ?? `errno ${errno}`}`);
}

/** JSON.stringify, which gives undefined for what has no JSON: `stringify(v) ?? noJSON(v, "publish")`. Plain values take a shorter way. */
export function stringify(value: unknown): string | undefined { return driplet$json(value) ?? JSON.stringify(value); }

/** What a native returns that cannot write an object's JSON: it is to get JSON.stringify's. */
export const UNWRITTEN = 1;

/** A value as what natives take: objects as they are, whose JSON the adapter writes in place. */
export function written(value: unknown, call: string): string | object {
  return typeof value === "object" && value !== null ? value : stringify(value) ?? noJSON(value, call);
}

/** The JSON text of what has none: undefined is null, functions and symbols are mistakes. */
export function noJSON(value: unknown, call: string): string {
  if (value === undefined) return "null";
  throw new TypeError(`${call}: a ${typeof value} cannot be written as JSON`);
}
