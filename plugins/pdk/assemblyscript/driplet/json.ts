// Writing JSON. Reading is the host's: see Value in value.ts.

import { RawReply, Reply } from "./reply";

/** A JSON object that grows field by field: `object().set("id", 7).set("name", "Ada")`. It is also a handler's answer. */
export class JSONObject extends Reply {
  constructor() {
    super();
    this.raw("{}");
  }

  /** Adds a field: a string, a number, a bool, or another JSONObject or JSONList. A field set twice stands there twice: don't. */
  set<T>(key: string, value: T): JSONObject {
    this.open();
    this.quoted(key, 0x3a);
    this.value<T>(value, 0x7d);
    return this;
  }

  /** Adds a field whose value is JSON text already, as the store or the client gave it. */
  setRaw(key: string, json: string): JSONObject {
    this.open();
    this.quoted(key, 0x3a);
    this.raw(json);
    this.byte(0x7d);
    return this;
  }
}

/** A JSON list that grows item by item. It is also a handler's answer. */
export class JSONList extends Reply {
  private items: i32 = 0;

  constructor() {
    super();
    this.raw("[]");
  }

  get length(): i32 { return this.items; }

  /** Adds an item: a string, a number, a bool, or another JSONObject or JSONList. */
  push<T>(value: T): JSONList {
    this.open();
    this.value<T>(value, 0x5d);
    this.items++;
    return this;
  }

  /** Adds an item that is JSON text already. */
  pushRaw(json: string): JSONList {
    this.open();
    this.raw(json);
    this.byte(0x5d);
    this.items++;
    return this;
  }
}

/** A new, empty JSON object. */
export function object(): JSONObject { return new JSONObject(); }

/** A new, empty JSON list. */
export function list(): JSONList { return new JSONList(); }

/** Answers with a string, a number or a bool. */
export function answer<T>(value: T): Reply { return RawReply.of<T>(value); }

/** A string, number, bool, JSONObject or JSONList as JSON text. */
export function encode<T>(value: T): string { return RawReply.of<T>(value).toString(); }

/** Text as a JSON string, quotes included. */
export function quote(text: string): string { return encode<string>(text); }
