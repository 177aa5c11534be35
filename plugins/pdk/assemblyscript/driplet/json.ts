// Writing JSON. Reading is the host's: see Value in value.ts.

import { RawReply, Reply } from "./reply";
import { newString } from "./text";

/** A JSON object that grows field by field: `object().set("id", 7).set("name", "Ada")`. It is also a handler's answer. */
export class JSONObject extends Reply {
  private parts: string[] = [];

  /** Adds a field: a string, a number, a bool, or another JSONObject or JSONList. A field set twice stands there twice: don't. */
  set<T>(key: string, value: T): JSONObject {
    return this.setRaw(key, encode<T>(value));
  }

  /** Adds a field whose value is JSON text already, as the store or the client gave it. */
  setRaw(key: string, json: string): JSONObject {
    this.parts.push(quote(key) + ":" + json);
    return this;
  }

  /** The JSON text. */
  toString(): string {
    return "{" + this.parts.join(",") + "}";
  }
}

/** A JSON list that grows item by item. It is also a handler's answer. */
export class JSONList extends Reply {
  private parts: string[] = [];

  get length(): i32 { return this.parts.length; }

  /** Adds an item: a string, a number, a bool, or another JSONObject or JSONList. */
  push<T>(value: T): JSONList {
    return this.pushRaw(encode<T>(value));
  }

  /** Adds an item that is JSON text already. */
  pushRaw(json: string): JSONList {
    this.parts.push(json);
    return this;
  }

  /** The JSON text. */
  toString(): string {
    return "[" + this.parts.join(",") + "]";
  }
}

/** A new, empty JSON object. */
export function object(): JSONObject { return new JSONObject(); }

/** A new, empty JSON list. */
export function list(): JSONList { return new JSONList(); }

/** Answers with a string, a number or a bool. */
export function answer<T>(value: T): Reply { return new RawReply(encode<T>(value)); }

/** A string, number, bool, JSONObject or JSONList as JSON text. */
export function encode<T>(value: T): string {
  if (isString<T>()) return quote(changetype<string>(value));
  if (isBoolean<T>()) return value ? "true" : "false";
  if (isInteger<T>()) return value.toString();
  if (isFloat<T>()) {
    const n = <f64>value;
    if (!isFinite(n)) return "null"; // JSON has no such number
    return n == Math.trunc(n) && Math.abs(n) < 9007199254740992 ? (<i64>n).toString() : n.toString();
  }
  return (value as Reply).toString();
}

/** Text as a JSON string, quotes included. */
export function quote(text: string): string {
  const n = text.length;
  let size = n + 2;
  for (let i = 0; i < n; i++) {
    const c = text.charCodeAt(i);
    if (c == 0x22 || c == 0x5c || c == 0x0a) size += 1;
    else if (c < 0x20) size += 5;
  }
  const out = newString(size);
  let p = changetype<usize>(out);
  store<u16>(p, 0x22);
  p += 2;
  if (size == n + 2) {
    memory.copy(p, changetype<usize>(text), <usize>n << 1);
    p += <usize>n << 1;
  } else {
    for (let i = 0; i < n; i++) p = escape(p, <u16>text.charCodeAt(i));
  }
  store<u16>(p, 0x22);
  return out;
}

// escape writes one character at p and returns where the next one goes.
function escape(p: usize, c: u16): usize {
  if (c >= 0x20 && c != 0x22 && c != 0x5c) {
    store<u16>(p, c);
    return p + 2;
  }
  store<u16>(p, 0x5c);
  if (c >= 0x20 || c == 0x0a) {
    store<u16>(p, c == 0x0a ? 0x6e : c, 2);
    return p + 4;
  }
  store<u16>(p, 0x75, 2); // u00
  store<u32>(p, 0x00300030, 4);
  store<u16>(p, hexDigit(c >> 4), 8);
  store<u16>(p, hexDigit(c & 15), 10);
  return p + 12;
}

function hexDigit(n: u16): u16 { return n < 10 ? 0x30 + n : 0x57 + n; }
