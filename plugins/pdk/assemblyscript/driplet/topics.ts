import { begin, lend, lent, lendEnvelope, utf8, envelopeOf, at, scratch, SCRATCH_BYTES, must, NOT_FOUND, UNAVAILABLE, NO_REQUEST } from "./bytes";
import { host_publish, host_subscribe, host_unsubscribe, host_subscribed, host_disconnect, host_presence, host_defer, host_reply } from "./imports";
import { JSONObject, object } from "./json";
import { Refusal, Reply } from "./reply";
import { Value } from "./value";

/** How to publish; every field may be left out. */
export class PublishOptions {
  /** The message's event name. */
  event: string = "";
  /** A session that hears nothing of it. */
  except: string = "";
  /** An idempotency key: the same again within 5 minutes delivers nothing. */
  id: string = "";
  /** Whom it is for, as JSON: `{"include":{"roles":"editor"}}`; empty: every subscriber. */
  target: string = "";
  /** false: a topic's history does not keep it. */
  history: bool = true;
}

/** Publishes when the handler ends: `publish("chat.lobby", message, { event: "chat.message" })`. */
export function publish(topic: string, data: Reply, options: PublishOptions = {}): void {
  data.finish();
  begin();
  const t = lend(topic), tn = lent, target = lend(options.target), targetN = lent;
  const o = lendEnvelope(options.event, options.except, options.id, options.history ? -1 : 1);
  must(host_publish(t, tn, data.bytes(), data.size(), target, targetN, o, lent), "publish", topic);
}

/** Subscribes a connection when the handler ends; info (may be null) is what others see of it in presence. */
export function subscribe(session: string, topic: string, info: Reply | null = null): void {
  if (info) info.finish();
  begin();
  const s = lend(session), sn = lent, t = lend(topic);
  must(host_subscribe(s, sn, t, lent, info ? info.bytes() : 0, info ? info.size() : 0), "subscribe", topic);
}

/** Names all connections of a user, by public id, for unsubscribe and disconnect. */
export function user(id: string): string { return "u" + id; }
/** Names one connection for unsubscribe and disconnect. */
export function session(id: string): string { return "s" + id; }

/** Ends subscriptions when the handler ends; the clients are told the reason. */
export function unsubscribe(who: string[], topic: string, reason: string): void {
  const w = envelopeOf(who), t = utf8(topic), r = utf8(reason);
  must(host_unsubscribe(at(w), w.byteLength, at(t), t.byteLength, at(r), r.byteLength), "unsubscribe", topic);
}

/** Closes connections when the handler ends; their clients do not come back by themselves. */
export function disconnect(who: string[], reason: string): void {
  const w = envelopeOf(who), r = utf8(reason);
  must(host_disconnect(at(w), w.byteLength, at(r), r.byteLength), "disconnect", reason);
}

/** Whether a connection is subscribed to topic. */
export function subscribed(session: string, topic: string): bool {
  begin();
  const s = lend(session), sn = lent, t = lend(topic), n = host_subscribed(s, sn, t, lent);
  if (n != NOT_FOUND) must(n, "subscribed", topic);
  return n == 1;
}

/** Who is on a topic: `{"members":[{"id","info"?}],"count"}`, at most limit (1,000) of them, a user once; count counts all. */
export function presence(topic: string, limit: i32 = 100): Value {
  const t = utf8(topic);
  let out = scratch, cap = SCRATCH_BYTES;
  while (true) {
    const n = host_presence(at(t), t.byteLength, limit, out, cap);
    must(n, "presence", topic);
    if (n <= cap) return Value.parse(String.UTF8.decodeUnsafe(out, n));
    out = at(new ArrayBuffer(n));
    cap = n;
  }
}

/** Admits to a topic, with what others see of this member in presence: `onSubscribe((e) => admit(object().set("name", name)))`. */
export function admit(info: Reply): JSONObject { return object().set("info", info); }

/** Keeps the caller's request open: the handle is for reply(), in this or a later event. 0: nobody waits for an answer, or too many do already. */
export function defer(): i64 {
  const handle = host_defer();
  if (handle == NO_REQUEST || handle == UNAVAILABLE) return 0;
  must(<i32>min<i64>(handle, 0), "defer", "");
  return handle;
}

/** Answers a request that was kept open, once; null and refusals are answers too. false: the caller has given up, or was answered. */
export function reply(handle: i64, answer: Reply | null): bool {
  if (answer) answer.finish();
  let len = answer ? answer.size() : 0;
  if (answer instanceof Refusal) len |= 0x80000000;
  const n = host_reply(handle, answer ? answer.bytes() : 0, len);
  if (n != NOT_FOUND) must(n, "reply", "");
  return n == 0;
}
