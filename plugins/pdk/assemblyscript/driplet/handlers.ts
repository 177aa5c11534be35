import { at, utf8 } from "./bytes";
import { Event, nameAt, nameLength, openEnvelope } from "./event";
import { Reply, Refusal, fail } from "./reply";

/** Handles one event. AssemblyScript has no closures: a handler uses its event, and what stands at the top of a file. */
export type Handler = (e: Event) => Reply | null;

class Route {
  name: ArrayBuffer; // UTF-8; without the * at its end
  open: bool;        // there was one
  constructor(name: string, public handler: Handler) {
    const open = name.endsWith("*");
    this.name = utf8(open ? name.substring(0, name.length - 1) : name);
    this.open = open;
  }

  // Whether the name of the event at hand begins so.
  fits(): bool { return this.name.byteLength <= nameLength() && memory.compare(at(this.name), nameAt(), this.name.byteLength) == 0; }
}

const messages: Route[] = [];
const timers: Route[] = [];
let connect: Handler | null = null;
let disconnect: Handler | null = null;
let subscribe: Handler | null = null;
let unsubscribe: Handler | null = null;
let publish: Handler | null = null;
let http: Handler | null = null;

/** Handles a client's event; the caller gets what the handler returns. A name that ends in `*` takes all that begin so and have no handler of their own. */
export function on(name: string, handler: Handler): void { messages.push(new Route(name, handler)); }
/** Asked before a connection is admitted: return fail(…) to refuse it. */
export function onConnect(handler: Handler): void { connect = handler; }
/** Told when a connection is gone. */
export function onDisconnect(handler: Handler): void { disconnect = handler; }
/** Asked before a subscription to one of the manifest's topics: return null or admit(…), or fail(…) to refuse it. */
export function onSubscribe(handler: Handler): void { subscribe = handler; }
/** Told when a connection has left one of the manifest's topics. */
export function onUnsubscribe(handler: Handler): void { unsubscribe = handler; }
/** Asked before a message of a client or a backend is placed on one of the manifest's topics: return pass(), drop(), replace(…), retarget(…), both(…), or fail(…) to refuse it; null passes. */
export function onPublish(handler: Handler): void { publish = handler; }
/** Handles the timer of this name, of the manifest or of timer.set. */
export function onTimer(name: string, handler: Handler): void { timers.push(new Route(name, handler)); }
/** Handles the answers to http.fetch, of which e.state tells which; and, where the manifest's hooks hold "http", a backend's requests: then e.method is not empty, and the backend gets what the handler returns. */
export function onHttp(handler: Handler): void { http = handler; }

// The buffers that the host sees. As globals they are kept from the collector.
let inbox = new ArrayBuffer(0);
let answer: Reply | null = null;

// What follows is exported by exports.ts.

export function alloc(n: i32): usize {
  inbox = new ArrayBuffer(n);
  return at(inbox);
}

export function dispatch(kind: i32, ptr: usize, len: i32): u64 {
  __collect(); // nothing of the last event is on the stack any more
  openEnvelope(ptr, len);
  const e = new Event();
  const handler = handlerOf(kind);
  const reply = handler ? handler(e) : unhandled(kind, e);
  if (!reply) return 0;
  reply.finish();
  answer = reply;
  let length = <u32>reply.size();
  if (reply instanceof Refusal) length |= 0x80000000;
  return (<u64>reply.bytes() << 32) | length;
}

/** What the caller of an event hears that has no handler; null where nobody waits. */
function unhandled(kind: i32, e: Event): Reply | null {
  if (kind == 5) return fail("no_handler", "no handler for the event " + e.event);
  return kind == 8 && e.method.length > 0 ? fail("no_handler", "no handler for requests") : null;
}

function handlerOf(kind: i32): Handler | null {
  switch (kind) {
    case 1: return connect;
    case 2: return disconnect;
    case 3: return subscribe;
    case 4: return unsubscribe;
    case 5: return find(messages);
    case 6: return publish;
    case 7: return find(timers);
    case 8: return http;
  }
  return null;
}

function find(routes: Route[]): Handler | null {
  let best: Route | null = null;
  const n = nameLength();
  for (let i = 0; i < routes.length; i++) {
    const route = unchecked(routes[i]), length = route.name.byteLength;
    if (route.open ? best && length <= best.name.byteLength : length != n) continue;
    if (!route.fits()) continue;
    if (!route.open) return route.handler;
    best = route;
  }
  return best ? best.handler : null;
}
