import { NOT_FOUND, NO_REQUEST, Refusal, UNAVAILABLE, UNWRITTEN, failed, noJSON, stringify, written } from "./errors";

/** How to publish; every field may be left out. */
export interface PublishOptions {
  /** The message's event name. */
  event?: string;
  /** A session that hears nothing of it. */
  except?: string;
  /** An idempotency key: the same again within 5 minutes delivers nothing. */
  id?: string;
  /** Whom it is for: `{ include: { roles: "editor" } }`; absent: every subscriber. */
  target?: object;
  /** false: a topic's history does not keep it. */
  history?: boolean;
}

/** Publishes when the handler ends: `publish("chat.lobby", message, { event: "chat.message" })`. */
export function publish(topic: string, data: unknown, o: PublishOptions = {}): void {
  const to = o.target && stringify(o.target), history = o.history === false ? 0 : 1;
  let n = driplet$publish(topic, written(data, "publish"), to, history, o.event, o.except, o.id);
  if (n === UNWRITTEN) n = driplet$publish(topic, JSON.stringify(data) ?? noJSON(data, "publish"), to, history, o.event, o.except, o.id);
  if (n < 0) failed(n, "publish", topic);
}

/** Subscribes a connection when the handler ends; info is what others see of it in presence. */
export function subscribe(session: string, topic: string, info?: unknown): void {
  const n = driplet$subscribe(session, topic, info === undefined ? info : stringify(info) ?? noJSON(info, "subscribe"));
  if (n < 0) failed(n, "subscribe", topic);
}

/** Names all connections of a user, by public id, for unsubscribe and disconnect. */
export function user(id: string): string { return "u" + id; }
/** Names one connection for unsubscribe and disconnect. */
export function session(id: string): string { return "s" + id; }

/** Ends subscriptions when the handler ends; the clients are told the reason. who: user(id), session(id), or a list of them. */
export function unsubscribe(who: string | string[], topic: string, reason = ""): void {
  const n = driplet$unsubscribe(topic, reason, ...[who].flat());
  if (n < 0) failed(n, "unsubscribe", topic);
}

/** Closes connections when the handler ends; their clients do not come back by themselves. */
export function disconnect(who: string | string[], reason = ""): void {
  const n = driplet$disconnect(reason, ...[who].flat());
  if (n < 0) failed(n, "disconnect", reason);
}

/** Whether a connection is subscribed to topic. */
export function subscribed(session: string, topic: string): boolean {
  const n = driplet$subscribed(session, topic);
  if (n < NOT_FOUND) failed(n, "subscribed", topic);
  return n === 1;
}

/** A user on a topic. */
export interface Member { id: string; info?: any }

/** Who is on a topic: at most limit (1,000) members, a user once; count counts all. */
export function presence(topic: string, limit = 100): { members: Member[]; count: number } {
  const here = driplet$presence(topic, limit);
  return typeof here === "number" ? failed(here, "presence", topic) : here;
}

/** Keeps the caller's request open: the handle is for reply(), in this or a later event. null: nobody waits for an answer, or too many do already. */
export function defer(): string | null {
  const handle = driplet$defer();
  if (handle > 0n) return String(handle);
  const errno = Number(handle);
  return errno === NO_REQUEST || errno === UNAVAILABLE ? null : failed(errno, "defer", "");
}

/** Answers a request that was kept open, once; `refusal(code, message)` is an answer too. false: the caller has given up, or was answered; or defer() gave null, since nobody waits. */
export function reply(handle: string | null, answer?: unknown): boolean {
  if (handle === null) return false;
  const text = answer === undefined ? answer : stringify(answer) ?? noJSON(answer, "reply");
  const n = driplet$reply(BigInt(handle), text, answer instanceof Refusal ? 1 : 0);
  if (n < NOT_FOUND) failed(n, "reply", handle);
  return n === 0;
}
