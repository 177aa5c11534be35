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
  "", "not found", "denied: grant it under [capabilities] of the manifest", "a bad argument: broken JSON, or a name or value over its limit",
  "over the limit of one event", "the store is full: raise kv under [capabilities] of the manifest", "a conflict: this event writes the same key, or the value is no integer",
  "unavailable just now", "nobody waits for an answer", "not possible while the plugin starts",
];

/** Throws when a call failed: its author must mend it. */
export function must<T>(result: T | number, call: string, what: string): T {
  if (typeof result === "number" && result < 0) throw new Error(`${call}(${what}): ${NAMES[-result] ?? `errno ${result}`}`);
  return result as T;
}

/** A value as JSON text. */
export function toJSON(value: unknown, call: string): string {
  const text = JSON.stringify(value === undefined ? null : value);
  if (text === undefined) throw new TypeError(`${call}: a ${typeof value} cannot be written as JSON`);
  return text;
}
