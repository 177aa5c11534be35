// What scripts can call: one function with a number, NATIVES of them. Their
// order is that of the list in cmd/driplet/build/javascript/natives.go; new ones
// come at the end.

import * as host from "../../assemblyscript/driplet/imports";
import * as js from "./engine";
import { data, fieldJSON, fieldNumber, fieldText, give, setAnswer, spanLen, spanPtr } from "./event";
import { fastJSON, jsonLen, jsonPtr } from "./json";
import { forgetHandlers, setHandlers } from "./handlers";
import { placesCopy, placesSize, slot } from "./link";
import { big, capacity, ctx, done, envelope, envelopeSize, field, held, lengthOf, need, numberField, offsetField, parse, roomFor, setLength, text, utf16, whole } from "./values";

export const NATIVES = 35;

/** The library's functions: one runs a handler, the other ends the instance with an error's text. */
export let dispatch: i64 = 0;
export let explain: i64 = 0;
let config: i64 = 0;

export function setConfig(value: i64): void { config = value; }

// @ts-ignore: decorator
@external("env", "abort")
export declare function abortWith(message: usize, file: usize, line: i32, column: i32): void;

// @ts-ignore: decorator
@inline
function arg(argv: usize, n: i32): i64 { return load<i64>(argv + n * 8); }

/** A native function of the engine's kind GENERIC_MAGIC. The library always gives all arguments. */
export function native(_ctx: usize, _self: i64, argc: i32, argv: usize, number: i32): i64 {
  if (number >= GETTERS) return get(number >> 4 & 3, number & 15);
  const before = held(), result = run(number, argc, argv);
  done(before);
  return result;
}

function run(number: i32, argc: i32, argv: usize): i64 {
  switch (number) {
    case 0: { // main(dispatch, explain, find, settle, event, plain)
      dispatch = js.dup(ctx, arg(argv, 0));
      explain = js.dup(ctx, arg(argv, 1));
      setHandlers(js.dup(ctx, arg(argv, 2)), js.dup(ctx, arg(argv, 3)), js.dup(ctx, arg(argv, 4)), js.dup(ctx, arg(argv, 5)));
      return js.UNDEFINED;
    }
    case 1: { // answer(text, how, target)
      setAnswer(arg(argv, 0), <i32>whole(arg(argv, 1)), arg(argv, 2));
      return js.UNDEFINED;
    }
    case 2: { // abort(message, file, line, column)
      abortWith(utf16(arg(argv, 0)), utf16(arg(argv, 1)), <i32>whole(arg(argv, 2)), <i32>whole(arg(argv, 3)));
      unreachable();
    }
    case 3: { // places()
      const p = need(placesSize());
      placesCopy(p);
      return js.newText(ctx, p, placesSize());
    }
    case 4: return js.dup(ctx, config); // config()
    case 5: return fieldText(<i32>whole(arg(argv, 0)));
    case 6: return fieldJSON(<i32>whole(arg(argv, 0)));
    case 7: return fieldNumber(<i32>whole(arg(argv, 0)));
    case 8: { // here(topic): whether the event's session is subscribed
      const t = text(arg(argv, 0)), tn = lengthOf();
      return js.small(host.host_subscribed(spanPtr(2), spanLen(2), t, tn));
    }
    case 9: { // publish(topic, data, target, history, event, except, id)
      const t = text(arg(argv, 0)), tn = lengthOf(), d = json(arg(argv, 1)), dn = lengthOf();
      if (dn < 0) return js.small(1);
      const g = text(arg(argv, 2)), gn = lengthOf();
      const history = whole(arg(argv, 3)) != 0;
      envelope(history ? 3 : 4);
      for (let i = 4; i < 7; i++) field(arg(argv, i));
      if (!history) numberField(0, 1);
      return js.small(host.host_publish(t, tn, d, dn, g, gn, roomFor(0), envelopeSize()));
    }
    case 10: { // reply(handle, data, refused)
      const handle = big(arg(argv, 0)), d = text(arg(argv, 1)), dn = lengthOf();
      return js.small(host.host_reply(handle, d, whole(arg(argv, 2)) != 0 ? dn | 0x80000000 : dn));
    }
    case 11: return js.newBigInt(ctx, host.host_defer());
    case 12: { // subscribe(session, topic, info)
      const s = text(arg(argv, 0)), sn = lengthOf(), t = text(arg(argv, 1)), tn = lengthOf(), i = text(arg(argv, 2)), n = lengthOf();
      return js.small(host.host_subscribe(s, sn, t, tn, i, n));
    }
    case 13: { // unsubscribe(topic, reason, ...who)
      const t = text(arg(argv, 0)), tn = lengthOf(), r = text(arg(argv, 1)), rn = lengthOf();
      rest(argv, 2, argc);
      return js.small(host.host_unsubscribe(roomFor(0), envelopeSize(), t, tn, r, rn));
    }
    case 14: { // disconnect(reason, ...who)
      const r = text(arg(argv, 0)), rn = lengthOf();
      rest(argv, 1, argc);
      return js.small(host.host_disconnect(roomFor(0), envelopeSize(), r, rn));
    }
    case 15: { // subscribed(session, topic)
      const s = text(arg(argv, 0)), sn = lengthOf(), t = text(arg(argv, 1)), tn = lengthOf();
      return js.small(host.host_subscribed(s, sn, t, tn));
    }
    case 16: { // presence(topic, limit)
      const t = text(arg(argv, 0)), tn = lengthOf(), limit = <i32>whole(arg(argv, 1));
      let n = 0;
      do {
        roomFor(n + 1); // and a byte for parse()
        n = host.host_presence(t, tn, limit, roomFor(0), capacity() - 1);
      } while (n >= capacity());
      return n < 0 ? js.small(n) : parse(roomFor(0), n);
    }
    case 17: { // kv_get(key)
      const k = text(arg(argv, 0)), kn = lengthOf();
      let n = 0;
      do n = host.host_kv_get(k, kn, roomFor(n), capacity());
      while (n > capacity());
      return n < 0 ? js.small(n) : js.newText(ctx, roomFor(0), n);
    }
    case 18: { // kv_set(key, value, ttl)
      const k = text(arg(argv, 0)), kn = lengthOf(), v = json(arg(argv, 1)), vn = lengthOf();
      if (vn < 0) return js.small(1);
      return js.small(host.host_kv_set(k, kn, v, vn, whole(arg(argv, 2))));
    }
    case 19: { // kv_delete(key)
      const k = text(arg(argv, 0)), kn = lengthOf();
      return js.small(host.host_kv_delete(k, kn));
    }
    case 20: { // kv_cas(key, old, next, ttl); null: absent
      const k = text(arg(argv, 0)), kn = lengthOf(), o = text(arg(argv, 1)), on = lengthOf(), n = text(arg(argv, 2)), nn = lengthOf();
      return js.small(host.host_kv_cas(k, kn, o, arg(argv, 1) == js.NULL ? -1 : on, n, arg(argv, 2) == js.NULL ? -1 : nn, whole(arg(argv, 3))));
    }
    case 21: { // kv_incr(key, delta, ttl): the sum as a BigInt, or an errno as a number
      const k = text(arg(argv, 0)), kn = lengthOf(), sum = roomFor(8);
      const errno = host.host_kv_incr(k, kn, whole(arg(argv, 1)), whole(arg(argv, 2)), sum);
      return errno < 0 ? js.small(errno) : js.newBigInt(ctx, load<i64>(sum));
    }
    case 22: { // kv_scan(prefix, limit, reverse): [key, value, key, …]
      const p = text(arg(argv, 0)), pn = lengthOf(), limit = <i32>whole(arg(argv, 1)), reverse = <i32>whole(arg(argv, 2));
      let n = 0;
      do n = host.host_kv_scan(p, pn, limit, reverse, roomFor(n), capacity());
      while (n > capacity());
      return n < 0 ? js.small(n) : fields(roomFor(0));
    }
    case 23: { // http_fetch(state, timeout, signed, method, url, headers, body)
      const s = text(arg(argv, 0)), sn = lengthOf();
      envelope(6);
      for (let i = 3; i < 7; i++) field(arg(argv, i));
      numberField(<i32>whole(arg(argv, 1)), 4);
      numberField(<i32>whole(arg(argv, 2)), 1);
      return js.small(host.host_http_fetch(roomFor(0), envelopeSize(), s, sn));
    }
    case 24: { // timer_set(name, at, state)
      const n = text(arg(argv, 0)), nn = lengthOf(), s = text(arg(argv, 2)), sn = lengthOf();
      return js.small(host.host_timer_set(n, nn, whole(arg(argv, 1)), s, sn));
    }
    case 25: { // log(level, text)
      const t = text(arg(argv, 1)), tn = lengthOf();
      return js.small(host.host_log(<i32>whole(arg(argv, 0)), t, tn));
    }
    case 26: { // metric(name, value)
      const n = text(arg(argv, 0)), nn = lengthOf();
      return js.small(host.host_metric(n, nn, whole(arg(argv, 1))));
    }
    case 27: return js.newNumber(ctx, <f64>host.host_now());
    case 28: { // random(length)
      const n = <i32>whole(arg(argv, 0)), p = roomFor(n), errno = host.host_random(p, n);
      return errno < 0 ? js.small(errno) : js.newBytes(ctx, p, n);
    }
    case 29: return fastJSON(arg(argv, 0)) ? js.newText(ctx, jsonPtr(), jsonLen()) : js.UNDEFINED; // json(value)
    case 30: { // history(topic, limit, epoch, offset); epoch undefined: the newest
      const t = text(arg(argv, 0)), tn = lengthOf(), limit = <i32>whole(arg(argv, 1)), since = arg(argv, 2) != js.UNDEFINED;
      if (since) {
        envelope(2);
        field(arg(argv, 2));
        offsetField(whole(arg(argv, 3)));
      }
      // The position stands in the buffer until the result takes its place.
      const size = since ? envelopeSize() : 0;
      let n = size;
      do {
        roomFor(n + 1); // and a byte for parse()
        n = host.host_history(t, tn, limit, roomFor(0), size, roomFor(0), capacity() - 1);
      } while (n >= capacity());
      return n < 0 ? js.small(n) : past(roomFor(0));
    }
    case 31: return give(arg(argv, 0)) ? js.TRUE : js.FALSE; // give(value)
    case 32: { // getter(field, kind): a function that gives it
      const p = roomFor(1);
      store<u8>(p, 0);
      return js.newFunction(ctx, slot(), p, 0, js.GENERIC_MAGIC, GETTERS + (<i32>whole(arg(argv, 1)) << 4 | <i32>whole(arg(argv, 0))));
    }
    case 33: { // changed(): handlers of messages
      forgetHandlers();
      return js.UNDEFINED;
    }
    case 34: { // kv_scan_after(prefix, after, limit, reverse): as kv_scan
      const p = text(arg(argv, 0)), pn = lengthOf(), a = text(arg(argv, 1)), an = lengthOf(), limit = <i32>whole(arg(argv, 2)), reverse = <i32>whole(arg(argv, 3));
      let n = 0;
      do n = host.host_kv_scan_after(p, pn, a, an, limit, reverse, roomFor(n), capacity());
      while (n > capacity());
      return n < 0 ? js.small(n) : fields(roomFor(0));
    }
  }
  return js.UNDEFINED;
}

// From here on a number is one of a getter: kind and field.
const GETTERS = 64;

function get(kind: i32, field: i32): i64 {
  switch (kind) {
    case 0: return fieldText(field);
    case 1: return fieldJSON(field);
    case 2: return fieldNumber(field);
  }
  return data();
}

// json is an object's JSON, or a text as it is; with the length -1 it is not
// written: the library gives JSON.stringify's text then.
function json(value: i64): usize {
  if (!js.isObject(value)) return text(value);
  setLength(fastJSON(value) ? jsonLen() : -1);
  return jsonPtr();
}

// rest packs the arguments from n on.
function rest(argv: usize, n: i32, argc: i32): void {
  envelope(argc - n);
  for (let i = n; i < argc; i++) field(arg(argv, i));
}

// fields is an envelope's fields as a list of texts.
function fields(envelope: usize): i64 {
  const list = js.newArray(ctx), count = <u32>load<u16>(envelope, 2);
  let p = envelope + 4;
  for (let i: u32 = 0; i < count; i++) {
    const n = load<u32>(p);
    js.setItem(ctx, list, i, js.newText(ctx, p + 4, n));
    p += 4 + n;
  }
  return list;
}

// past is what history gives as a list: epoch, offset, whole, more, then of each
// event its offset, event, from, data, target.
function past(envelope: usize): i64 {
  const list = js.newArray(ctx);
  let p = envelope + 4, n = load<u32>(p);
  js.setItem(ctx, list, 0, js.newText(ctx, p + 4, n));
  p += 4 + n;
  js.setItem(ctx, list, 1, js.newNumber(ctx, <f64>load<u64>(p, 4)));
  js.setItem(ctx, list, 2, js.small(load<u8>(p, 16)));
  js.setItem(ctx, list, 3, js.small(load<u8>(p, 21)));
  p += 26; // into the events
  const count = <u32>load<u16>(p, 2);
  p += 4;
  for (let i: u32 = 0, to: u32 = 4; i < count; i++, to += 5) {
    const end = p + 4 + load<u32>(p);
    p += 8; // into the event
    js.setItem(ctx, list, to, js.newNumber(ctx, <f64>load<u64>(p, 4)));
    p += 12;
    for (let field: u32 = 1; field < 5; field++) {
      n = load<u32>(p);
      js.setItem(ctx, list, to + field, field < 3 ? js.newText(ctx, p + 4, n) : n == 0 ? js.NULL : parse(p + 4, n));
      p += 4 + n;
    }
    p = end;
  }
  return list;
}
