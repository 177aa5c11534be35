// Handlers of messages, called without the script's dispatch: what is plain,
// nearly all of it, takes one call of the engine.

import * as js from "./engine";
import { give, spanLen, spanPtr } from "./event";
import { ctx, need } from "./values";

let find: i64 = 0, settle: i64 = 0, event: i64 = 0, plain: i64 = 0; // the library's, and Object.prototype
let then: u32 = 0; // the engine's atom
let args: usize = 0;

export function setHandlers(find_: i64, settle_: i64, event_: i64, plain_: i64): void {
  find = find_;
  settle = settle_;
  event = event_;
  plain = plain_;
  args = need(16);
  store<u64>(args, 0x6e656874); // "then", a 0 behind it
  then = js.newAtom(ctx, args);
}

// Those that were found before, by the event's name: a name's length, the
// handler, the name. Clients choose names: a new one takes an old one's place.
const KNOWN = 64, MAX_NAME = 48, SIZE = 64;
let known: usize = 0;

/** Handlers were registered: what was found is found again. */
export function forgetHandlers(): void {
  if (!known) {
    known = need(KNOWN * SIZE);
    memory.fill(known, 0, KNOWN * SIZE);
  }
  for (let i = 0; i < KNOWN; i++) empty(known + i * SIZE);
}

function empty(at: usize): void {
  if (load<i32>(at) == 0) return;
  store<i32>(at, 0);
  js.drop(ctx, load<i64>(at, 8));
}

/** The handler of the message at hand, to be dropped; UNDEFINED: there is none; or an exception. */
export function findHandler(): i64 {
  const name = spanPtr(0), n = spanLen(0);
  if (!known) forgetHandlers();
  let hash: u32 = n;
  for (let i = 0; i < n; i++) hash = hash * 31 + load<u8>(name + i);
  const at = known + (hash % KNOWN) * SIZE;
  if (n > 0 && load<i32>(at) == n && memory.compare(at + 16, name, n) == 0) return js.dup(ctx, load<i64>(at, 8));
  const text = js.newText(ctx, name, n);
  store<i64>(args, text);
  const handler = js.call(ctx, find, js.UNDEFINED, 1, args);
  js.drop(ctx, text);
  if (js.isObject(handler) && n > 0 && n <= MAX_NAME) {
    empty(at);
    store<i32>(at, n);
    store<i64>(at, js.dup(ctx, handler), 8);
    memory.copy(at + 16, name, n);
  }
  return handler;
}

/** Runs a handler, which is dropped, and answers with what it returns; an exception is what the library did not settle. */
export function runHandler(handler: i64): i64 {
  const e = js.newObject(ctx, event);
  if (js.failed(e)) return e;
  store<i64>(args, e);
  let value = js.call(ctx, handler, js.UNDEFINED, 1, args);
  js.drop(ctx, e);
  js.drop(ctx, handler);
  const thrown = js.failed(value);
  if (thrown) value = js.exception(ctx);
  else if (value == js.UNDEFINED || isPlain(value) && give(value)) {
    js.drop(ctx, value);
    return js.UNDEFINED;
  }
  store<i64>(args, value);
  store<i64>(args, thrown ? js.TRUE : js.FALSE, 8);
  const settled = js.call(ctx, settle, js.UNDEFINED, 2, args);
  js.drop(ctx, value);
  return settled;
}

/** Whether a value is an answer for sure: no refusal, verdict or promise. */
function isPlain(value: i64): bool {
  if (!js.isObject(value)) return true;
  const proto = js.prototype(ctx, value);
  js.drop(ctx, proto);
  if (proto != plain) return false;
  const own = js.getAtom(ctx, value, then);
  js.drop(ctx, own);
  return own == js.UNDEFINED;
}
