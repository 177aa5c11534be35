// Reading JSON: the host walks the text, so that a module carries no parser.

import { SCRATCH_BYTES, scratch, begin, lend, lent, utf8, text, at } from "./bytes";
import { host_json_get } from "./imports";
import { quote } from "./json";

// What the last lookup found; overwritten by the next.
let foundType: u8 = 0;
let foundPtr: usize = 0;
let foundLen: i32 = 0;

const STRING: u8 = 0x73, NUMBER: u8 = 0x6e, TRUE: u8 = 0x74, FALSE: u8 = 0x66, NULL: u8 = 0x7a, OBJECT: u8 = 0x6f, LIST: u8 = 0x61;

function found(ptr: usize, len: i32): bool {
  foundType = load<u8>(ptr);
  foundPtr = ptr + 1;
  foundLen = len - 1;
  return true;
}

// What the event tells of the members of its data, MEMBER bytes of each: so they are found without a call.
const MEMBER: usize = 16;
let envelope: usize = 0;
let data: usize = 0; // 0: it tells nothing
let members: usize = 0;
let membersEnd: usize = 0;

/** Sets what the event at hand tells of its data: the field index, which may be empty. */
export function show(envelopeAt: usize, dataAt: usize, index: usize, indexLen: u32): void {
  data = 0;
  if (indexLen == 0) return;
  envelope = envelopeAt;
  data = dataAt;
  members = index + 4;
  membersEnd = members + <usize>load<u32>(index) * MEMBER;
}

// Whether two texts of n bytes are the same.
function same(a: usize, b: usize, n: u32): bool {
  if (n < 4) {
    for (; n > 0; n--, a++, b++) if (load<u8>(a) != load<u8>(b)) return false;
    return true;
  }
  const last = a + n - 4, toB = b - a;
  for (; a < last; a += 4) if (load<u32>(a) != load<u32>(a + toB)) return false;
  return load<u32>(last) == load<u32>(last + toB);
}

// Looks into the event's data for the path of n bytes at p: 1 it is found, 0 it is not there, -1 the host has to be asked.
function look(p: usize, n: u32): i32 {
  if (n == 0) return -1;
  for (let m = members; m < membersEnd; m += MEMBER) {
    if (load<u16>(m, 12) != n || !same(envelope + load<u32>(m), p, n)) continue;
    foundType = load<u8>(m, 14);
    foundPtr = envelope + load<u32>(m, 4);
    foundLen = load<i32>(m, 8);
    return 1;
  }
  for (let i: u32 = 0; i < n; i++) if (load<u8>(p + i) == 0x2e) return -1;
  return 0;
}

// Looks into the JSON at ptr.
export function find(ptr: usize, len: i32, path: string): bool {
  if (len == 0) return false;
  begin();
  const p = lend(path), pn = lent;
  if (ptr == data) {
    const there = look(p, pn);
    if (there >= 0) return there != 0;
  }
  let out = scratch, cap = SCRATCH_BYTES;
  while (true) {
    const n = host_json_get(ptr, len, p, pn, out, cap);
    if (n < 0) return false; // not there, or the text is no JSON
    if (n <= cap) return found(out, n);
    out = at(new ArrayBuffer(n)); // nothing is collected while a handler runs
    cap = n;
  }
}

/**
 * Some JSON text to look into. A path is keys joined by dots, in a list an
 * index from 0: "user.name", "items.0.id"; the empty path is the whole.
 */
export class Value {
  constructor(private ptr: usize, private len: i32, private hold: ArrayBuffer | null) {}

  /** Looks into JSON text, for instance from the store. */
  static parse(json: string): Value {
    const buffer = utf8(json);
    return new Value(at(buffer), buffer.byteLength, buffer);
  }

  private find(path: string): bool { return find(this.ptr, this.len, path); }

  /** Whether something other than null stands at path. */
  has(path: string = ""): bool { return this.find(path) && foundType != NULL; }

  /** The text at path; fallback if there is no string. */
  string(path: string, fallback: string = ""): string { return this.find(path) ? foundString(fallback) : fallback; }

  /** The text at path, or null if there is no string. */
  stringOrNull(path: string): string | null {
    return this.find(path) ? foundStringOrNull() : null;
  }

  /** The string or number at path as text, for ids that come as either; fallback for all else. */
  text(path: string, fallback: string = ""): string { return this.find(path) && foundIsText() ? text(foundPtr, foundLen) : fallback; }

  /** The number at path; fallback if there is none. */
  number(path: string, fallback: f64 = 0): f64 { return this.find(path) ? foundNumber(fallback) : fallback; }

  /** The whole number at path; fallback if there is none, or it has a fraction or does not fit. */
  integer(path: string, fallback: i64 = 0): i64 { return this.find(path) ? foundInteger(fallback) : fallback; }

  /** The bool at path; fallback if there is none. */
  bool(path: string, fallback: bool = false): bool { return this.find(path) ? foundBool(fallback) : fallback; }

  /** The value at path to look into further; empty (nothing is found in it) if there is none. */
  get(path: string): Value {
    const raw = this.raw(path);
    return raw == null ? nothing() : Value.parse(raw);
  }

  /** The JSON text at path, or null if there is nothing. */
  raw(path: string = ""): string | null {
    return this.find(path) ? rawFound() : null;
  }

  /** The items of the list at path, empty if there is none. */
  items(path: string = ""): Value[] { return this.find(path) ? foundItems() : []; }

  /** The texts of the list at path, or the one text that stands there; all else is left out. */
  texts(path: string = ""): string[] { return this.find(path) ? foundTexts() : []; }

  /** Whether a string stands at path. */
  isString(path: string): bool { return this.find(path) && foundType == STRING; }

  // The whole as text, if it is a string or a number.
  scalar(): string | null { return this.find("") && foundIsText() ? text(foundPtr, foundLen) : null; }

  /** Whether integer() would find a number at path. */
  isInteger(path: string): bool { return this.find(path) && foundIsInteger(); }

  /** The whole JSON text. */
  toString(): string { return text(this.ptr, this.len); }
}

// What the last lookup found, as each of the types.

function foundIsText(): bool { return foundType == STRING || foundType == NUMBER; }

export function foundStringOrNull(): string | null { return foundType == STRING ? text(foundPtr, foundLen) : null; }

export function foundString(fallback: string): string { return foundType == STRING ? text(foundPtr, foundLen) : fallback; }

export function foundNumber(fallback: f64): f64 { return foundType == NUMBER ? parseFloat(text(foundPtr, foundLen)) : fallback; }

export function foundBool(fallback: bool): bool { return foundType == TRUE ? true : foundType == FALSE ? false : fallback; }

export function foundInteger(fallback: i64): i64 { return foundIsInteger() ? wholeFound() : fallback; }

// The whole number that was found, if foundIsInteger().
function wholeFound(): i64 {
  const negative = load<u8>(foundPtr) == 0x2d;
  let n: u64 = 0; // 19 digits fit
  for (let i = negative ? 1 : 0; i < foundLen; i++) n = n * 10 + (load<u8>(foundPtr + i) - 0x30);
  return <i64>(negative ? 0 - n : n);
}

function foundIsInteger(): bool {
  if (foundType != NUMBER) return false;
  const negative = load<u8>(foundPtr) == 0x2d, digits = foundLen - <i32>negative;
  if (digits < 1 || digits > 19) return false;
  for (let i = <i32>negative; i < foundLen; i++) {
    const c = load<u8>(foundPtr + i);
    if (c < 0x30 || c > 0x39) return false;
  }
  return digits < 19 || (wholeFound() < 0) == negative;
}

export function foundItems(): Value[] {
  const out: Value[] = [];
  if (foundType != LIST) return out;
  const buffer = new ArrayBuffer(foundLen); // items outlive the next lookup
  memory.copy(at(buffer), foundPtr, foundLen);
  splitList(buffer, out);
  return out;
}

export function foundTexts(): string[] {
  const out: string[] = [];
  if (foundIsText()) {
    out.push(text(foundPtr, foundLen));
    return out;
  }
  const items = foundItems();
  for (let i = 0; i < items.length; i++) {
    const item = items[i].scalar();
    if (item !== null) out.push(item);
  }
  return out;
}

function rawFound(): string {
  if (foundType == STRING) return quote(text(foundPtr, foundLen));
  if (foundType == TRUE) return "true";
  if (foundType == FALSE) return "false";
  if (foundType == NULL) return "null";
  return text(foundPtr, foundLen);
}

// splitList cuts valid, compact or not, JSON list text into its items.
function splitList(list: ArrayBuffer, out: Value[]): void {
  const base = at(list), end = list.byteLength - 1; // the closing bracket
  let depth = 0, start = 1, quoted = false, blank = true;
  for (let i = 1; i <= end; i++) {
    const c = load<u8>(base + i);
    if (quoted) {
      if (c == 0x5c) i++;
      else if (c == 0x22) quoted = false;
      continue;
    }
    if (depth == 0 && (c == 0x2c || i == end)) {
      if (!blank) out.push(new Value(base + start, i - start, list));
      start = i + 1;
      blank = true;
      continue;
    }
    if (c > 0x20) blank = false;
    if (c == 0x22) quoted = true;
    else if (c == 0x7b || c == 0x5b) depth++;
    else if (c == 0x7d || c == 0x5d) depth--;
  }
}

/** Takes what config_get has written as what was found. */
export function openFound(ptr: usize, len: i32): void { found(ptr, len); }

/** What was found, to look further into. */
export function foundValue(): Value { return Value.parse(rawFound()); }

/** Nothing: whatever is looked up in it is not there. */
export function nothing(): Value { return new Value(0, 0, null); }
