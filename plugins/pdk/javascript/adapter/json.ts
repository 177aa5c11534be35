// JSON of plain values, in a third of the engine's own time: objects and lists
// without toJSON, texts, numbers, bools, null. For everything else, and whatever
// is odd, there is JSON.stringify.

import * as js from "./engine";
import { ctx, need } from "./values";

// Types of values, the upper half of a JSValue (quickjs.h); what is none of
// them is a number with a fraction.
const TAG_FIRST = -9, TAG_ROPE = -6, TAG_STRING = -7, TAG_OBJECT = -1, TAG_INT = 0, TAG_BOOL = 1, TAG_NULL = 2, TAG_UNDEFINED = 3, TAG_LAST = 7;
// Classes of objects.
const CLASS_OBJECT = 1, CLASS_ARRAY = 2;
const OWN_ENUMERABLE_NAMES = 1 | 1 << 4; // JS_GPN_STRING_MASK, JS_GPN_ENUM_ONLY
const MAX_DEPTH = 60;
const MAX_TEXT: u32 = 64 << 10, MAX_BYTES: usize = 1 << 20; // beyond them the engine's way costs less memory

let buffer: usize = 0, room: usize = 0, used: usize = 0;
let busy = false; // a getter may ask for JSON while some is being written
let cell: usize = 0; // results of the engine: 16 bytes
let toJSON: u32 = 0; // its name as the engine's atom

/** Writes a value's JSON: true, and it lies at jsonPtr() until the next one; false: ask JSON.stringify. */
export function fastJSON(value: i64): bool {
  if (busy) return false;
  if (!cell) {
    cell = need(16);
    store<u64>(cell, 0x4e4f534a6f74); // "toJSON", a 0 behind it
    toJSON = js.newAtom(ctx, cell);
    keys = need(KEYS * KEY);
    memory.fill(keys, 0, KEYS * KEY);
    learn();
  }
  used = 0;
  busy = true;
  const ok = write(value, 0);
  busy = false;
  return ok;
}

export function jsonPtr(): usize { return buffer; }
export function jsonLen(): i32 { return <i32>used; }

function reserve(size: usize): usize {
  if (used + size > room) {
    room = max<usize>(2 * room, used + size + 256);
    buffer = js.realloc(buffer, room);
    if (!buffer) unreachable();
  }
  return buffer + used;
}

function put(c: u8): void {
  store<u8>(reserve(1), c);
  used++;
}

/** Appends a value; false: it is none of the plain ones. */
function write(value: i64, depth: i32): bool {
  const tag = <i32>(value >> 32);
  if (used > MAX_BYTES) return false;
  switch (tag) {
    case TAG_STRING: {
      const p = <usize>value;
      return direct && isLatin(p) ? latin(p + TEXT, load<u32>(p)) : quoted(js.toText(ctx, cell, value, 0));
    }
    case TAG_ROPE: return quoted(js.toText(ctx, cell, value, 0));
    case TAG_INT: return integer(<i32>value);
    case TAG_NULL: return literal(0x6c6c756e, 4); // null
    case TAG_BOOL: return <i32>value ? literal(0x65757274, 4) : literal(0x65736c6166, 5); // true, false
    case TAG_OBJECT: return depth < MAX_DEPTH && container(value, depth);
  }
  return (tag < TAG_FIRST || tag > TAG_LAST) && fraction(value);
}

function literal(text: u64, length: usize): bool {
  store<u64>(reserve(8), text);
  used += length;
  return true;
}

function integer(n: i32): bool {
  let left: u32 = n < 0 ? 0 - n : n, size = 1;
  if (n < 0) put(0x2d);
  for (let over: u64 = 10; over <= left; over *= 10) size++;
  let to = reserve(10) + size;
  used += size;
  do {
    store<u8>(--to, 0x30 + left % 10);
    left /= 10;
  } while (left);
  return true;
}

function plain(value: i64): bool { return copied(js.toText(ctx, cell, value, 0)); }

function fraction(value: i64): bool {
  if (js.toNumber(ctx, cell, value) != 0) return false;
  const n = load<f64>(cell);
  return isFinite(n) ? plain(value) : literal(0x6c6c756e, 4); // null
}

/** Appends an engine's text, and frees it. */
function copied(text: usize): bool {
  if (!text) return gone();
  const n = load<u32>(cell);
  memory.copy(reserve(n), text, n);
  used += n;
  js.freeText(ctx, text);
  return true;
}

// How a text of the engine lies in memory (JSString in quickjs.c): its length
// below a bit that says whether its characters have 16 bits; then a word with
// two bits that are 0 when the characters follow; the characters, here in
// Latin-1. The engine is pinned by its hash, and asked besides.
const TEXT = 24, WIDE: u32 = 1 << 31, ELSEWHERE: u32 = 3 << 28;
let direct = false;

function isLatin(p: usize): bool { return (load<u32>(p) & WIDE) == 0 && load<u32>(p) <= MAX_TEXT && (load<u32>(p, 4) & ELSEWHERE) == 0; }

/** Makes sure that texts lie as is thought. */
function learn(): void {
  store<u64>(cell, 0xbcc374696c70); // "plitü"
  const value = js.newText(ctx, cell, 6), p = <usize>value;
  direct = load<u32>(p) == 5 && isLatin(p) && load<u32>(p, TEXT) == 0x74696c70 && load<u8>(p, TEXT + 4) == 0xfc;
  js.drop(ctx, value);
}

const ONES: u64 = 0x0101010101010101, TOPS: u64 = 0x8080808080808080, SPACES: u64 = 0x2020202020202020;

/** Appends n characters of Latin-1 as a JSON string: eight at a time where they stand for themselves. */
function latin(from: usize, n: u32): bool {
  let to = reserve(6 * n + 10);
  const start = to, end = from + n;
  store<u8>(to++, 0x22);
  while (from < end) {
    if (from + 8 <= end) {
      const x = load<u64>(from), quote = x ^ 0x22 * ONES, slash = x ^ 0x5c * ONES;
      const odd = ((x - SPACES) & ~x | (quote - ONES) & ~quote | (slash - ONES) & ~slash | x) & TOPS;
      store<u64>(to, x);
      const few = odd ? <usize>ctz(odd) >> 3 : 8;
      from += few;
      to += few;
      if (!odd) continue;
    }
    const c = load<u8>(from++);
    if (c >= 0x80) {
      store<u8>(to, 0xc0 | c >> 6);
      store<u8>(to, 0x80 | c & 63, 1);
      to += 2;
    } else if (c >= 0x20 && c != 0x22 && c != 0x5c) {
      store<u8>(to++, c);
    } else {
      to = escape(to, c);
    }
  }
  store<u8>(to++, 0x22);
  used += to - start;
  return true;
}

/** Appends an engine's text as a JSON string, and frees it. */
function quoted(text: usize): bool {
  if (!text) return gone();
  const n = load<u32>(cell);
  if (n > MAX_TEXT) {
    js.freeText(ctx, text);
    return false;
  }
  let to = reserve(6 * n + 2), ok = true;
  const start = to;
  store<u8>(to++, 0x22);
  for (let i: u32 = 0; i < n; i++) {
    const c = load<u8>(text + i);
    if (c >= 0x20 && c != 0x22 && c != 0x5c) {
      // Half a character has no UTF-8: whatever may stand for one is left to the engine.
      if (c == 0xed || c == 0xef) ok = false;
      store<u8>(to++, c);
    } else {
      to = escape(to, c);
    }
  }
  store<u8>(to++, 0x22);
  used += to - start;
  js.freeText(ctx, text);
  return ok;
}

function escape(to: usize, c: u8): usize {
  store<u8>(to++, 0x5c);
  switch (c) {
    case 0x22:
    case 0x5c: store<u8>(to++, c); break;
    case 0x08: store<u8>(to++, 0x62); break; // b
    case 0x09: store<u8>(to++, 0x74); break; // t
    case 0x0a: store<u8>(to++, 0x6e); break; // n
    case 0x0c: store<u8>(to++, 0x66); break; // f
    case 0x0d: store<u8>(to++, 0x72); break; // r
    default:
      store<u32>(to, 0x30303075); // u000
      store<u8>(to, 0x30 + (c >> 4), 3);
      store<u8>(to, (c & 15) < 10 ? 0x30 + (c & 15) : 0x57 + (c & 15), 4);
      to += 5;
  }
  return to;
}

// Names that were written before, as JSON with the colon, by the engine's atom:
// scripts write the same few again and again. Each holds on to its atom.
const KEYS = 64, KEY = 64; // how many, and bytes of each: atom, length, JSON
let keys: usize = 0;

function key(atom: u32): bool {
  const known = keys + (atom & (KEYS - 1)) * KEY, n = load<u32>(known, 4);
  if (n && load<u32>(known) == atom) {
    memory.copy(reserve(n), known + 8, n);
    used += n;
    return true;
  }
  const before = used;
  if (!quoted(js.atomText(ctx, cell, atom))) return false;
  put(0x3a);
  const size = <i32>(used - before);
  if (size <= KEY - 8) {
    if (n) js.freeAtom(ctx, load<u32>(known));
    store<u32>(known, js.dupAtom(ctx, atom));
    store<u32>(known, size, 4);
    memory.copy(known + 8, buffer + before, size);
  }
  return true;
}

/** An error of the engine is forgotten: JSON.stringify will meet it, too. */
function gone(): bool {
  js.drop(ctx, js.exception(ctx));
  return false;
}

function container(value: i64, depth: i32): bool {
  const kind = js.classOf(value);
  if (kind != CLASS_OBJECT && kind != CLASS_ARRAY) return false;
  const own = js.getAtom(ctx, value, toJSON);
  if (own != js.UNDEFINED) {
    if (js.failed(own)) return gone();
    js.drop(ctx, own);
    return false;
  }
  return kind == CLASS_ARRAY ? list(value, depth) : object(value, depth);
}

function list(value: i64, depth: i32): bool {
  if (js.lengthOf(ctx, value, cell) != 0) return gone();
  const n = <u32>load<i64>(cell);
  put(0x5b);
  for (let i: u32 = 0; i < n; i++) {
    if (i > 0) put(0x2c);
    const item = js.item(ctx, value, i);
    if (js.failed(item)) return gone();
    const ok = item == js.UNDEFINED ? literal(0x6c6c756e, 4) : write(item, depth + 1);
    js.drop(ctx, item);
    if (!ok) return false;
  }
  put(0x5d);
  return true;
}

function object(value: i64, depth: i32): bool {
  if (js.names(ctx, cell + 8, cell + 12, value, OWN_ENUMERABLE_NAMES) != 0) return gone();
  const table = load<usize>(cell + 8), count = load<u32>(cell + 12);
  let ok = true, first = true;
  put(0x7b);
  for (let i: u32 = 0; ok && i < count; i++) {
    const atom = load<u32>(table + i * 8, 4), item = js.getAtom(ctx, value, atom);
    if (js.failed(item)) ok = gone();
    else if (item != js.UNDEFINED) {
      if (!first) put(0x2c);
      first = false;
      ok = key(atom) && write(item, depth + 1);
      js.drop(ctx, item);
    }
  }
  put(0x7d);
  js.freeNames(ctx, table, count);
  return ok;
}
