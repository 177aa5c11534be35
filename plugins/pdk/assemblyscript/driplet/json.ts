// Writing JSON. Reading is the host's: see Value in value.ts.

import { RawReply, Reply } from "./reply";

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

const HEX = "0123456789abcdef";

/** Text as a JSON string, quotes included. */
export function quote(text: string): string {
  let from = 0, out = "\"";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0x20 && c != 0x22 && c != 0x5c) continue;
    out += text.substring(from, i);
    from = i + 1;
    if (c == 0x22) out += "\\\"";
    else if (c == 0x5c) out += "\\\\";
    else if (c == 0x0a) out += "\\n";
    else out += "\\u00" + HEX.charAt(c >> 4) + HEX.charAt(c & 15);
  }
  return out + text.substring(from) + "\"";
}
