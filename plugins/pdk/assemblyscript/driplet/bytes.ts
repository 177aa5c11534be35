// Text, envelopes and result buffers between this module and its host.

import { newString } from "./text";

/** Results up to this size need no second call. */
export const SCRATCH_BYTES: i32 = 2048;

/** Where the host writes results; what stands here is gone with the next call. */
export const scratch: usize = memory.data(SCRATCH_BYTES);

// The texts that the call at hand is given, as UTF-8: they need no memory of their own.
const DESK_BYTES: usize = 4096;
const desk: usize = memory.data(4096);
let used: usize = 0;

/** How many bytes the text has that was lent last. */
export let lent: i32 = 0;

/** Begins a call to the host: what was lent for the one before is gone. */
// @ts-ignore: decorator
@inline
export function begin(): void { used = 0; }

/** Text as UTF-8 for the call at hand, of lent bytes. */
export function lend(text: string): usize {
  if (<usize>text.length * 3 > DESK_BYTES - used) {
    const buffer = utf8(text); // nothing is collected while a handler runs
    lent = buffer.byteLength;
    return at(buffer);
  }
  const to = desk + used;
  lent = <i32>(write(text, to) - to);
  used += lent;
  return to;
}

/** Texts as an envelope for the call at hand, of lent bytes. more is how many empty bytes its last field has; below 0: there is none. */
export function lendEnvelope(a: string, b: string, c: string, more: i32): usize {
  if (<usize>(a.length + b.length + c.length) * 3 + 64 > DESK_BYTES - used) {
    const fields = [utf8(a), utf8(b), utf8(c)];
    if (more >= 0) fields.push(new ArrayBuffer(more));
    const buffer = envelope(fields);
    lent = buffer.byteLength;
    return at(buffer);
  }
  const start = desk + used;
  store<u32>(start, 3 << 16 | 1);
  let p = field(b, field(a, start + 4));
  p = field(c, p);
  if (more >= 0) {
    store<u16>(start, 4, 2);
    store<u32>(p, more);
    memory.fill(p + 4, 0, more);
    p += 4 + more;
  }
  lent = <i32>(p - start);
  used += lent;
  return start;
}

function field(text: string, to: usize): usize {
  const end = write(text, to + 4);
  store<u32>(to, <u32>(end - to - 4));
  return end;
}

/** Writes text as UTF-8 at to, where three bytes a unit have room, and returns its end. */
export function write(text: string, to: usize): usize {
  let from = changetype<usize>(text), left = text.length;
  for (; left >= 4; left -= 4, from += 8, to += 4) {
    let x = load<u64>(from);
    if (x & 0xff80ff80ff80ff80) break;
    x = (x | x >> 8) & 0x0000ffff0000ffff;
    store<u32>(to, <u32>(x | x >> 16));
  }
  for (; left > 0; left--, from += 2, to++) {
    const c = load<u16>(from);
    if (c >= 0x80) return to + String.UTF8.encodeUnsafe(from, left, to, false, String.UTF8.ErrorMode.REPLACE);
    store<u8>(to, c);
  }
  return to;
}

/** A buffer of n bytes that are not cleared. */
// @ts-ignore: decorator
@inline
export function newBuffer(n: i32): ArrayBuffer { return changetype<ArrayBuffer>(__new(n, idof<ArrayBuffer>())); }

/** Text as UTF-8. A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD. */
export function utf8(text: string): ArrayBuffer {
  const n = text.length;
  let from = changetype<usize>(text);
  const end = from + (<usize>n << 1), fours = from + (<usize>(n & ~3) << 1);
  // ASCII, as most text is, four units at a time; anything else is the slow way.
  while (from < fours && (load<u64>(from) & 0xff80ff80ff80ff80) == 0) from += 8;
  if (from == fours) while (from < end && load<u16>(from) < 0x80) from += 2;
  if (from == end) {
    const out = new ArrayBuffer(n);
    let to = changetype<usize>(out);
    from = changetype<usize>(text);
    for (; from < fours; from += 8, to += 4) {
      let x = load<u64>(from);
      x = (x | x >> 8) & 0x0000ffff0000ffff;
      store<u32>(to, <u32>(x | x >> 16));
    }
    for (; from < end; from += 2, to++) store<u8>(to, load<u16>(from));
    return out;
  }
  return String.UTF8.encode(text, false, String.UTF8.ErrorMode.REPLACE);
}

/** UTF-8 as text. */
export function text(ptr: usize, len: i32): string {
  let from = ptr;
  const end = ptr + len, fours = ptr + (len & ~3);
  while (from < fours && (load<u32>(from) & 0x80808080) == 0) from += 4;
  if (from == fours) while (from < end && load<u8>(from) < 0x80) from++;
  if (from == end) {
    const out = newString(len);
    let to = changetype<usize>(out);
    for (from = ptr; from < fours; from += 4, to += 8) {
      let x = <u64>load<u32>(from);
      x = (x | x << 16) & 0x0000ffff0000ffff;
      store<u64>(to, (x | x << 8) & 0x00ff00ff00ff00ff);
    }
    for (; from < end; from++, to += 2) store<u16>(to, load<u8>(from));
    return out;
  }
  return String.UTF8.decodeUnsafe(ptr, len);
}

/** The address of a buffer's first byte. */
// @ts-ignore: decorator
@inline
export function at(buffer: ArrayBuffer): usize { return changetype<usize>(buffer); }

/** Packs fields into an envelope: u16 version, u16 fields, then u32 length and bytes of each. */
export function envelope(fields: ArrayBuffer[]): ArrayBuffer {
  let size = 4;
  for (let i = 0; i < fields.length; i++) size += 4 + fields[i].byteLength;
  const out = new ArrayBuffer(size);
  let p = at(out);
  store<u16>(p, 1);
  store<u16>(p, <u16>fields.length, 2);
  p += 4;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    store<u32>(p, field.byteLength);
    memory.copy(p + 4, at(field), field.byteLength);
    p += 4 + field.byteLength;
  }
  return out;
}

/** Packs texts into an envelope. */
export function envelopeOf(texts: string[]): ArrayBuffer {
  const fields: ArrayBuffer[] = [];
  for (let i = 0; i < texts.length; i++) fields.push(utf8(texts[i]));
  return envelope(fields);
}

const NAMES: StaticArray<string> = [
  "", "not found", "denied: grant it under [capabilities] of the manifest", "a bad argument: broken JSON, a name that is empty or too long, or a value or number out of its range",
  "over the limit of one event", "the store is full: raise kv under [capabilities] of the manifest", "a conflict: this event writes the same key, or the value is no integer",
  "unavailable just now", "nobody waits for an answer", "not possible while the plugin starts",
];

/** Ends the handler, with none of its effects, when a call failed in a way that only its author can mend. */
export function must(errno: i32, call: string, what: string): void {
  if (errno < 0) {
    const n = -errno;
    throw new Error(call + "(" + what + "): " + (n < NAMES.length ? NAMES[n] : "errno " + n.toString()));
  }
}

export const NOT_FOUND: i32 = -1;
export const BAD_ARGUMENT: i32 = -3;
export const UNAVAILABLE: i32 = -7;
export const NO_REQUEST: i32 = -8;
