// The event at hand, and the answer to it.

import * as js from "./engine";
import { fastJSON, jsonLen, jsonPtr } from "./json";
import { ctx, keepText, lengthOf, need, parse, roomFor } from "./values";

const FIELDS = 16, DATA = 7;
let spans: usize = 0; // of each field, where it lies and how long it is

/** Reads the envelope; unknown fields are skipped, missing ones are empty. */
export function openEnvelope(ptr: usize, len: i32): void {
  if (!spans) spans = need(FIELDS * 8);
  const count = min<i32>(load<u16>(ptr, 2), FIELDS);
  let p = ptr + 4;
  for (let i = 0; i < FIELDS; i++) {
    let n = 0;
    if (i < count) {
      n = load<i32>(p);
      p += 4;
    }
    store<usize>(spans + i * 8, p);
    store<i32>(spans + i * 8, n, 4);
    p += n;
  }
}

export function spanPtr(field: i32): usize { return load<usize>(spans + field * 8); }
export function spanLen(field: i32): i32 { return load<i32>(spans + field * 8, 4); }

/** A field as text. */
export function fieldText(field: i32): i64 { return js.newText(ctx, spanPtr(field), spanLen(field)); }

/** A field as the value that its JSON says; null when it is empty, or no JSON. */
export function fieldJSON(field: i32): i64 {
  if (spanLen(field) == 0) return js.NULL;
  const value = parse(spanPtr(field), spanLen(field));
  if (!js.failed(value)) return value;
  js.drop(ctx, js.exception(ctx));
  return js.NULL;
}

const UNREAD: i64 = 0x400000000; // a value that JSON is never
let parsed: i64 = 0x400000000; // of the event at hand

/** The event's data: the same value each time. */
export function data(): i64 {
  if (parsed == UNREAD) parsed = fieldJSON(DATA);
  return js.dup(ctx, parsed);
}

/** A field that holds a number, of 8 or 4 bytes. */
export function fieldNumber(field: i32): i64 {
  const ptr = spanPtr(field);
  switch (spanLen(field)) {
    case 8: return js.newNumber(ctx, <f64>load<i64>(ptr));
    case 4: return js.small(load<i32>(ptr));
  }
  return js.small(0);
}

// How answer() is to be read; beyond these, it is 1 + the first byte of the
// verdict of a publish hook (ABI.md, 2).
const PLAIN = 0, REFUSAL = -1;
const VERDICT_BOTH = 5;

let held: usize = 0; // the engine's text that is the answer
let given: u64 = 0;

/** Sets the answer to the event: a text, and for the verdict "both" the new message in front of which the target stands. */
export function setAnswer(text: i64, how: i32, target: i64): void {
  const p = keepText(text), n = lengthOf();
  if (how <= PLAIN) {
    held = p;
    given = (<u64>p << 32) | <u64><u32>(how == REFUSAL ? n | 0x80000000 : n);
    return;
  }
  let size = 1;
  if (how == VERDICT_BOTH) {
    const t = keepText(target), m = lengthOf(), out = roomFor(5 + m + n);
    store<i32>(out, m, 1);
    memory.copy(out + 5, t, m);
    js.freeText(ctx, t);
    size = 5 + m;
  }
  const out = roomFor(size + n);
  store<u8>(out, how - 1);
  memory.copy(out + size, p, n);
  js.freeText(ctx, p);
  given = (<u64>out << 32) | <u64>(size + n);
}

/** Makes a value's JSON the answer; false: ask JSON.stringify. */
export function give(value: i64): bool {
  if (!fastJSON(value)) return false;
  given = (<u64>jsonPtr() << 32) | <u64>jsonLen();
  return true;
}

/** The answer, once. */
export function takeAnswer(): u64 {
  const a = given;
  given = 0;
  return a;
}

/** Frees the last event's answer and data. */
export function forget(): void {
  if (parsed != UNREAD) js.drop(ctx, parsed);
  parsed = UNREAD;
  if (held) js.freeText(ctx, held);
  held = 0;
}
