import { Event } from "./event";
import { Refusal, noJSON, stringify } from "./errors";
import { open } from "./state";
import { Verdict } from "./verdict";

/** Handles one event; for a message, what it returns is the caller's answer. */
export type Handler<Data = any> = (e: Event<Data>) => unknown;

const CONNECT = 1, DISCONNECT = 2, SUBSCRIBE = 3, UNSUBSCRIBE = 4, MESSAGE = 5, PUBLISH = 6, TIMER = 7, HTTP = 8;

const single: (Handler | undefined)[] = [];
const messages = new Map<string, Handler>(), timers = new Map<string, Handler>(), answers = new Map<string, Handler>();

/** Handles a client's event; the caller gets what the handler returns. A name that ends in `*` takes all that begin so and have no handler of their own. */
export function on<Data = any>(name: string, handler: Handler<Data>): void {
  messages.set(name, handler);
  driplet$changed();
}
/** Asked before a connection is admitted: fail(…) refuses it. */
export function onConnect(handler: (e: Event) => unknown): void { single[CONNECT] = admission(handler); }
/** Told when a connection is gone. */
export function onDisconnect(handler: (e: Event) => void): void { single[DISCONNECT] = handler; }
/** Asked before a subscription to one of the manifest's topics: return nothing, true or admit(…); fail(…) or false refuses it. */
export function onSubscribe(handler: (e: Event) => unknown): void { single[SUBSCRIBE] = admission(handler); }
/** Told when a connection has left one of the manifest's topics. */
export function onUnsubscribe(handler: (e: Event) => void): void { single[UNSUBSCRIBE] = handler; }
/** Asked before a message of a client or a backend is placed on one of the manifest's topics: return pass(), drop(), replace(…), retarget(…) or both(…); fail(…) refuses it, nothing passes it. */
export function onPublish<Data = any>(handler: (e: Event<Data>) => Verdict | Refusal | void): void { single[PUBLISH] = handler; }
/** Handles the timer of this name, of the manifest or of timer.set. */
export function onTimer(name: string, handler: (e: Event) => void): void { timers.set(name, handler); }

/**
 * Handles the answers to http.fetch: those with `then: name`, or, without a name,
 * all others; and, where the manifest's hooks hold "http", a backend's requests:
 * then e.method is not empty, and the backend gets what the handler returns.
 */
export function onHttp(handler: Handler): void;
export function onHttp(name: string, handler: Handler): void;
export function onHttp(name: string | Handler, handler?: Handler): void {
  if (typeof name === "function") single[HTTP] = name;
  else answers.set(name, handler!);
}

/** Admits to a topic, with what others see of this member in presence: `onSubscribe((e) => admit({ name: e.claims.name }))`. */
export function admit(info: unknown): { info: unknown } { return { info }; }

// What says yes may say it with any value: only false and admit(…) mean something.
function admission(handler: Handler): Handler {
  return (e) => {
    const verdict: any = handler(e);
    if (verdict === false || verdict instanceof Refusal || isPromise(verdict)) return verdict;
    return verdict !== null && typeof verdict === "object" && "info" in verdict ? { info: verdict.info } : undefined;
  };
}

const SYNCHRONOUS = "handlers are synchronous; use http.fetch(request, {then, state})";

function isPromise(value: any): boolean { return value !== null && typeof value === "object" && typeof value.then === "function"; }

/** An error whose author is whoever wrote the handler: it has no place of its own. */
export function synchronous(): Error { return new Error(SYNCHRONOUS); }

function find(routes: Map<string, Handler>, name: string): Handler | undefined {
  const exact = routes.get(name);
  if (exact) return exact;
  let best = "";
  for (const pattern of routes.keys()) {
    if (pattern.endsWith("*") && pattern.length > best.length && name.startsWith(pattern.slice(0, -1))) best = pattern;
  }
  return routes.get(best);
}

function handlerOf(kind: number): Handler | undefined {
  switch (kind) {
    case MESSAGE: return find(messages, driplet$field(0));
    case TIMER: return find(timers, driplet$field(0));
    case HTTP: return answers.get(open(driplet$field(10)).then) ?? single[HTTP];
  }
  return single[kind];
}

const PLAIN = 0, REFUSED = -1;
const ANSWERED = new Set([CONNECT, SUBSCRIBE, MESSAGE, HTTP]);

/** Runs the handler of the event at hand. The adapter does the same for messages, whose handlers it knows by message(). */
export function dispatch(kind: number): void {
  const handler = handlerOf(kind);
  if (handler === undefined) return unhandled(kind);
  let value: any;
  try {
    value = handler(new Event());
  } catch (thrown) {
    value = caught(thrown);
  }
  if (value !== undefined) answer(kind, value);
}

/** The handler of a message. */
export function message(name: string): Handler | undefined { return find(messages, name); }

/** Answers a message with what its handler returned, or has thrown, where that is nothing plain. */
export function settle(value: any, thrown: boolean): void { answer(MESSAGE, thrown ? caught(value) : value); }

/** A refusal; whatever else was thrown ends the instance. */
function caught(thrown: unknown): Refusal {
  if (!(thrown instanceof Refusal)) throw thrown;
  return thrown;
}

function answer(kind: number, value: any): void {
  if (typeof value === "object" && value !== null) {
    if (value instanceof Refusal) return refuse(value);
    if (typeof value.then === "function") throw synchronous();
  }
  if (kind === PUBLISH) return verdict(value);
  if (ANSWERED.has(kind) && !driplet$give(value)) driplet$answer(JSON.stringify(value) ?? noJSON(value, "the answer"), PLAIN, undefined);
}

/** What the caller of an event hears that has no handler, where somebody waits. */
function unhandled(kind: number): void {
  if (kind === MESSAGE) refuse(new Refusal("no_handler", `no handler for the event ${driplet$field(0)}`));
  if (kind === HTTP && driplet$field(14) !== "") refuse(new Refusal("no_handler", "no handler for requests"));
}

function verdict(value: any): void {
  if (!(value instanceof Verdict)) throw new TypeError("a handler of onPublish returns pass(), drop(), replace(…), retarget(…), both(…), or nothing");
  value.answer();
}

function refuse(r: Refusal): void { driplet$answer(stringify(r)!, REFUSED, undefined); }
