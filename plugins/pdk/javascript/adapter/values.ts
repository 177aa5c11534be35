// JavaScript values as bytes, and bytes as values.

import * as js from "./engine";

/** The engine's context: one for each instance. */
export let ctx: usize = 0;
let cell: usize = 0; // 8 bytes, for results that the engine writes

export function open(): void {
  js.initialise();
  if (js.newContext() != 0) unreachable();
  ctx = js.contextOf();
  cell = need(8);
  texts = need(MAX_TEXTS * 4);
}

/** Memory; without it the instance ends. */
export function need(size: usize): usize {
  const p = js.malloc(size);
  if (p == 0) unreachable();
  return p;
}

// Texts of the arguments of native calls; done() frees them. A call may stand
// within another, when turning a value into text runs the script.
const MAX_TEXTS = 64;
let texts: usize = 0;
let taken = 0;
let length: i32 = 0;

/** A value as UTF-8, until done(); its length is lengthOf(). A lone surrogate becomes U+FFFD; undefined is empty. */
export function text(value: i64): usize {
  const p = keepText(value);
  if (taken == MAX_TEXTS) unreachable();
  store<usize>(texts + (taken << 2), p);
  taken++;
  return p;
}

/** The length of what text() gave last, in bytes. */
export function lengthOf(): i32 { return length; }
export function setLength(n: i32): void { length = n; }

/** How many texts are held. */
export function held(): i32 { return taken; }

/** Frees what text() gave since so many were held. */
export function done(since: i32): void {
  while (taken > since) {
    taken--;
    const p = load<usize>(texts + (taken << 2));
    if (p) js.freeText(ctx, p);
  }
}

/** A text that stays until the caller frees it; undefined is empty, and 0. */
export function keepText(value: i64): usize {
  if (value == js.UNDEFINED) {
    length = 0;
    return 0;
  }
  const p = js.toText(ctx, cell, value, 0);
  length = p ? load<i32>(cell) : 0;
  return p;
}

/** A number as a whole one. */
export function whole(value: i64): i64 {
  if (value >> 32 == 0) return <i64><i32>value;
  return js.toNumber(ctx, cell, value) == 0 ? <i64>load<f64>(cell) : 0;
}

/** A BigInt, or what can be one. */
export function big(value: i64): i64 { return js.toBigInt(ctx, cell, value) == 0 ? load<i64>(cell) : 0; }

/** Text as AssemblyScript has it, for env.abort: UTF-16 behind its length in bytes. Never freed: the instance ends. */
export function utf16(value: i64): usize {
  const from = js.toUTF16(ctx, cell, value);
  if (from == 0) return 0;
  const bytes = load<usize>(cell) << 1, to = need(bytes + 4) + 4;
  store<u32>(to - 4, bytes);
  memory.copy(to, from, bytes);
  return to;
}

/** JSON at ptr as a value. The byte behind it is set to 0 for the engine, and set back. */
export function parse(ptr: usize, length: i32): i64 {
  const behind = load<u8>(ptr + length);
  store<u8>(ptr + length, 0);
  const value = js.parseJSON(ctx, ptr, length, cell);
  store<u8>(ptr + length, behind);
  return value;
}

// A buffer that grows: envelopes that go out, results that come in.
let buffer: usize = 0;
let room: i32 = 0;

/** The buffer, with room for so many bytes; what it holds stays. */
export function roomFor(size: i32): usize {
  if (size > room) {
    room = max(size, 2 * room);
    buffer = js.realloc(buffer, room);
    if (buffer == 0) unreachable();
  }
  return buffer;
}

export function capacity(): i32 { return room; }

let used: i32 = 0;

/** Begins an envelope (ABI.md, 3) in the buffer. */
export function envelope(fields: i32): void {
  const p = roomFor(4);
  store<u16>(p, 1);
  store<u16>(p, fields, 2);
  used = 4;
}

/** Appends a field with the text of a value. */
export function field(value: i64): void {
  const p = keepText(value), n = length, to = roomFor(used + 4 + n) + used;
  store<i32>(to, n);
  if (n) memory.copy(to + 4, p, n);
  if (p) js.freeText(ctx, p);
  used += 4 + n;
}

/** Appends a field of so many bytes that hold number. */
export function numberField(number: i32, bytes: i32): void {
  const to = roomFor(used + 8) + used;
  store<i32>(to, bytes);
  store<i32>(to, number, 4);
  used += 4 + bytes;
}

/** Appends a field with an offset, 8 bytes. */
export function offsetField(offset: i64): void {
  const to = roomFor(used + 12) + used;
  store<i32>(to, 8);
  store<i64>(to, offset, 4);
  used += 12;
}

export function envelopeSize(): i32 { return used; }
