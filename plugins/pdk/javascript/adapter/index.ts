// The adapter: it puts a script that runs in QuickJS behind the exports of the
// ABI. The linker joins it with the engine's module and the script.

import * as js from "./engine";
import { forget, openEnvelope, takeAnswer } from "./event";
import { findHandler, runHandler } from "./handlers";
import { scriptCopy, scriptSize, slot, stack } from "./link";
import { NATIVES, abortWith, dispatch, explain, setConfig } from "./natives";
import { ctx, need, open, parse, utf16 } from "./values";

export { native } from "./natives";

const MESSAGE = 5;

let inbox: usize = 0;
let args: usize = 0;

export function _initialize(): void {
  open();
  js.setMaxStack(stack());
}

export function dr_abi(): i32 { return 1; }

export function dr_alloc(n: i32): usize {
  if (inbox) js.free(inbox);
  inbox = js.malloc(n + 1); // JSON that ends there gets a 0 behind it
  return inbox;
}

/** Runs the script: its top level registers the handlers. */
export function dr_init(ptr: usize, len: i32): u64 {
  setConfig(parse(ptr, len));
  args = need(NATIVES * 8);
  const size = scriptSize(), script = need(size + 16), file = script + size + 1;
  scriptCopy(script);
  store<u8>(script + size, 0);
  store<u64>(file, 0x6a2e6e6967756c70); // "plugin.js": the library looks for it in stacks
  store<u16>(file, 0x73, 8);
  const wrapper = checked(js.evaluate(ctx, script, size, file, 0));
  for (let i = 0; i < NATIVES; i++) store<i64>(args + i * 8, js.newFunction(ctx, slot(), script + size, 0, js.GENERIC_MAGIC, i));
  js.drop(ctx, checked(js.call(ctx, wrapper, js.UNDEFINED, NATIVES, args)));
  for (let i = 0; i < NATIVES; i++) js.drop(ctx, load<i64>(args + i * 8));
  js.drop(ctx, wrapper);
  js.free(script);
  settled();
  return 0;
}

export function dr_event(kind: i32, ptr: usize, len: i32): u64 {
  forget();
  openEnvelope(ptr, len);
  const handler = kind == MESSAGE ? checked(findHandler()) : js.UNDEFINED;
  if (handler == js.UNDEFINED) {
    store<i64>(args, js.small(kind));
    js.drop(ctx, checked(js.call(ctx, dispatch, js.UNDEFINED, 1, args)));
  } else {
    js.drop(ctx, checked(runHandler(handler)));
  }
  settled();
  return takeAnswer();
}

/** Ends the instance, with the library's words, if value is an exception. */
function checked(value: i64): i64 {
  if (js.failed(value)) end(js.exception(ctx));
  return value;
}

/** Nothing may wait for a promise: no event comes that would settle it. */
function settled(): void {
  if (js.jobPending(js.runtimeOf())) end(js.UNDEFINED);
}

function end(error: i64): void {
  store<i64>(args, error);
  js.call(ctx, explain, js.UNDEFINED, 1, args);
  abortWith(utf16(error), 0, 0, 0); // only without memory, or when the library itself did not load
  unreachable();
}

// What the engine asks of whoever embeds it. Its clock is UTC, its modules are
// bundled, its jobs are not waited for, and the server interrupts it.

export function host_get_timezone_offset(high: i32, low: i32): i32 { return 0; }
export function host_interrupt(): i32 { return 0; }
export function host_promise_rejection(promise: usize, reason: usize, handled: i32): void {}
export function host_module_normalize(base: usize, name: usize): usize { return 0; }
export function host_module_load(name: usize, length: usize): usize { return 0; }
export function host_call(name: usize, length: i32, self: usize, argc: i32, argv: usize): usize { return 0; }
