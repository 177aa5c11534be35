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
let name: usize = 0; // "toJSON"

/** A value's JSON as a text; undefined: ask JSON.stringify. */
export function fastJSON(value: i64): i64 {
  if (busy) return js.UNDEFINED;
  if (!cell) {
    cell = need(16);
    name = need(8);
    store<u64>(name, 0x4e4f534a6f74); // "toJSON", a 0 behind it
  }
  used = 0;
  busy = true;
  const ok = write(value, 0);
  busy = false;
  return ok ? js.newText(ctx, buffer, used) : js.UNDEFINED;
}

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
    case TAG_STRING:
    case TAG_ROPE: return quoted(js.toText(ctx, cell, value, 0));
    case TAG_INT: return plain(value);
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
      continue;
    }
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
  }
  store<u8>(to++, 0x22);
  used += to - start;
  js.freeText(ctx, text);
  return ok;
}

/** An error of the engine is forgotten: JSON.stringify will meet it, too. */
function gone(): bool {
  js.drop(ctx, js.exception(ctx));
  return false;
}

function container(value: i64, depth: i32): bool {
  const kind = js.classOf(value);
  if (kind != CLASS_OBJECT && kind != CLASS_ARRAY) return false;
  const own = js.property(ctx, value, name);
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
      ok = quoted(js.atomText(ctx, cell, atom));
      put(0x3a);
      ok = ok && write(item, depth + 1);
      js.drop(ctx, item);
    }
  }
  put(0x7d);
  js.freeNames(ctx, table, count);
  return ok;
}
