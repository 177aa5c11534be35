import { newBuffer, text, write, at } from "./bytes";

// Where the digits of a number are made.
const digits: usize = memory.data(20);

/** What a handler answers: a JSONObject or JSONList, a Refusal from fail(), raw JSON from json(), or null for no answer. It is its JSON text in UTF-8. */
export abstract class Reply {
  private buffer: ArrayBuffer = newBuffer(128);
  private held: i32 = 0;

  /** The JSON text. */
  toString(): string {
    this.finish();
    return text(at(this.buffer), this.held);
  }

  // What follows is the library's own.

  // Where the finished bytes are, and how many.
  bytes(): usize { return at(this.buffer); }
  size(): i32 { return this.held; }

  // Writes what is not written yet.
  finish(): void {}

  protected empty(): void { this.held = 0; }

  // Where the next bytes go: there is room for n.
  private room(n: i32): usize {
    const need = this.held + n;
    if (need > this.buffer.byteLength) this.buffer = changetype<ArrayBuffer>(__renew(at(this.buffer), max(need, 2 * this.buffer.byteLength)));
    return at(this.buffer) + this.held;
  }

  protected byte(c: u8): void {
    store<u8>(this.room(1), c);
    this.held++;
  }

  protected copy(from: usize, n: i32): void {
    memory.copy(this.room(n), from, n);
    this.held += n;
  }

  // Takes the closing bracket off; a comma takes its place if something stands before it.
  protected open(): void {
    if (this.held == 2) this.held = 1;
    else store<u8>(at(this.buffer) + this.held - 1, 0x2c);
  }

  // Text as it is.
  protected raw(text: string): void {
    const to = this.room(text.length > 1024 ? String.UTF8.byteLength(text) : text.length * 3);
    this.held += <i32>(write(text, to) - to);
  }

  protected reply(r: Reply): void {
    r.finish();
    this.copy(r.bytes(), r.size());
  }

  // A string, number, bool or Reply, and a byte behind it.
  protected value<T>(value: T, after: u8): void {
    if (isString<T>()) {
      this.quoted(changetype<string>(value), after);
      return;
    }
    if (isBoolean<T>()) this.raw(value ? "true" : "false");
    else if (isInteger<T>()) {
      if (isSigned<T>()) this.whole(<i64>value);
      else this.raw(value.toString());
    } else if (isFloat<T>()) {
      const n = <f64>value;
      if (!isFinite(n)) this.raw("null"); // JSON has no such number
      else if (n == Math.trunc(n) && Math.abs(n) < 9007199254740992) this.whole(<i64>n);
      else this.raw(n.toString());
    } else this.reply(value as Reply);
    if (after) this.byte(after);
  }

  private whole(n: i64): void {
    let p = digits + 20, u = n < 0 ? 0 - <u64>n : <u64>n;
    // By eight digits, then one: divisions of 64 bits take long.
    for (; u >> 32; ) {
      const rest = u / 100000000;
      let eight = <u32>(u - rest * 100000000);
      for (let i = 0; i < 8; i++) {
        const tenth = <u32>(<u64>eight * 0xcccccccd >> 35);
        store<u8>(--p, 0x30 + eight - tenth * 10);
        eight = tenth;
      }
      u = rest;
    }
    let left = <u32>u;
    do {
      const tenth = <u32>(<u64>left * 0xcccccccd >> 35);
      store<u8>(--p, 0x30 + left - tenth * 10);
      left = tenth;
    } while (left);
    if (n < 0) store<u8>(--p, 0x2d);
    this.copy(p, <i32>(digits + 20 - p));
  }

  // Text as a JSON string, four units at a time where they stand for themselves, and a byte behind it.
  protected quoted(text: string, after: u8): void {
    let left = text.length, from = changetype<usize>(text), to = this.room(left + 3);
    store<u8>(to++, 0x22);
    while (true) {
      for (; left >= 4; left -= 4, from += 8, to += 4) {
        let x = load<u64>(from);
        const odd = (x - 0x0020002000200020) | ((x ^ 0x0022002200220022) - 0x0001000100010001) | ((x ^ 0x005c005c005c005c) - 0x0001000100010001);
        if (odd & 0x8000800080008000 | x & 0xff80ff80ff80ff80) break;
        x = (x | x >> 8) & 0x0000ffff0000ffff;
        store<u32>(to, <u32>(x | x >> 16));
      }
      let c: u32 = 0;
      for (; left > 0; left--, from += 2, to++) {
        c = load<u16>(from);
        if (c < 0x20 || c == 0x22 || c == 0x5c || c >= 0x80) break;
        store<u8>(to, c);
      }
      if (left == 0) break;
      from += 2;
      left--;
      this.held = <i32>(to - at(this.buffer));
      to = this.room(left + 9);
      if (c < 0x80) {
        to = escape(to, c);
      } else if (c < 0x800) {
        store<u16>(to, 0x80c0 | c >> 6 | (c & 63) << 8);
        to += 2;
      } else if ((c & 0xfc00) == 0xd800 && left > 0 && (load<u16>(from) & 0xfc00) == 0xdc00) {
        c = 0x10000 + ((c & 0x3ff) << 10) + (load<u16>(from) & 0x3ff);
        from += 2;
        left--;
        store<u32>(to, 0x808080f0 | c >> 18 | (c >> 12 & 63) << 8 | (c >> 6 & 63) << 16 | (c & 63) << 24);
        to += 4;
      } else {
        if ((c & 0xf800) == 0xd800) c = 0xfffd; // half a character
        store<u8>(to, 0xe0 | c >> 12);
        store<u16>(to, 0x8080 | (c >> 6 & 63) | (c & 63) << 8, 1);
        to += 3;
      }
    }
    store<u8>(to++, 0x22);
    if (after) store<u8>(to++, after);
    this.held = <i32>(to - at(this.buffer));
  }
}

// escape writes a character that does not stand for itself at p and returns where the next one goes.
function escape(p: usize, c: u32): usize {
  store<u8>(p, 0x5c);
  if (c >= 0x20 || c == 0x0a) {
    store<u8>(p, c == 0x0a ? 0x6e : c, 1);
    return p + 2;
  }
  store<u8>(p, 0x75, 1); // u00
  store<u16>(p, 0x3030, 2);
  store<u8>(p, hexDigit(c >> 4), 4);
  store<u8>(p, hexDigit(c & 15), 5);
  return p + 6;
}

function hexDigit(n: u32): u8 { return <u8>(n < 10 ? 0x30 + n : 0x57 + n); }

/** An answer that is JSON text already. */
export class RawReply extends Reply {
  constructor(text: string) {
    super();
    this.raw(text);
  }

  // One value alone.
  static of<T>(value: T): RawReply {
    const r = new RawReply("");
    r.value<T>(value, 0);
    return r;
  }
}

/** Answers with JSON text as it is, for instance what the store holds. */
export function json(text: string): RawReply { return new RawReply(text); }

/** A refusal: it reaches the caller as it is. Made by fail(). */
export class Refusal extends Reply {
  constructor(public code: string, public message: string, public data: Reply | null) { super(); }

  finish(): void {
    const data = this.data;
    this.empty();
    this.raw("{\"code\":");
    this.quoted(this.code, 0x2c);
    this.raw("\"message\":");
    this.quoted(this.message, data ? 0x2c : 0x7d);
    if (!data) return;
    this.raw("\"data\":");
    this.value(data, 0x7d);
  }
}

/**
 * Refuses: `return fail("chat.banned", "you were put out of this room")`. The
 * code is one of the server's (bad_request, forbidden, not_found, conflict, …)
 * or "<plugin>.<name>"; the message says what to do.
 */
export function fail(code: string, message: string, data: Reply | null = null): Refusal {
  return new Refusal(code, message, data);
}
