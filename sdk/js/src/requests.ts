import { asDripletError, DripletError } from "./error.ts";
import { byteLength, encode, type ClientFrame, type Failure, type Reply } from "./protocol.ts";

/** What may wait for a connection: more is a page that talks to nobody. */
export const maxQueued = 100;
/** How long an event that nobody waits for may be late, in milliseconds. */
export const maxQueuedMs = 30_000;
/** The longest that a timer can wait: more would fire at once. */
export const maxTimer = 2 ** 31 - 1;

/** A frame that can be answered. */
export type Request = Exclude<ClientFrame, { type: "ping" }>;

interface Item {
  text: string;
  id: number | undefined;
  timer: ReturnType<typeof setTimeout>;
  done(reply: Reply): void;
  fail(error: DripletError): void;
}

/** Where frames go; null while there is no connection. */
export type Wire = { maxFrame: number; send(text: string): void } | null;

/** Requests and events on their way: what waits for a connection, and what waits for an answer. */
export class Requests {
  readonly #pending = new Map<number | undefined, Item>();
  #queue: Item[] = [];
  #wire: Wire = null;
  #last = 0;

  /**
   * Resolves with the reply; rejects with a DripletError after timeout milliseconds at the latest, or with the signal's reason.
   * heard is called at once with the reply: frames behind it may be handled before a promise is.
   */
  request(frame: Request, timeout: number, signal?: AbortSignal, heard?: (reply: Reply) => void): Promise<Reply> {
    signal?.throwIfAborted();
    const id = ++this.#last;
    let stop = () => undefined as void;
    const answer = new Promise<Reply>((resolve, reject: (reason: Error) => void) => {
      const item = this.#item(encodeOrThrow({ ...frame, id }), id, timeout, {
        done: (reply) => {
          heard?.(reply);
          resolve(reply);
        },
        fail: reject,
      });
      stop = () => {
        this.#remove(item);
        reject(signal?.reason as Error);
      };
      this.#put(item);
    });
    signal?.addEventListener("abort", stop);
    return answer.finally(() => signal?.removeEventListener("abort", stop));
  }

  /** Sends without asking for an answer. lost hears of it if the event is given up. */
  send(frame: Request, lost: (error: DripletError) => void): void {
    this.#put(this.#item(encodeOrThrow(frame), undefined, maxQueuedMs, { done: () => undefined, fail: lost }));
  }

  open(wire: NonNullable<Wire>): void {
    this.#wire = wire;
  }

  /** What waited for the connection goes out, in order. */
  flush(): void {
    for (const item of this.#queue.splice(0)) this.#put(item);
  }

  /** The connection is gone: what was sent fails, for nobody knows whether it arrived; what waits goes on waiting. */
  lost(): void {
    this.#wire = null;
    const error = new DripletError("unavailable", "the connection was lost before the answer", true);
    for (const item of [...this.#pending.values()]) this.#fail(item, error);
  }

  /** Nothing will be sent any more: everything fails. */
  drop(why: string): void {
    this.lost();
    for (const item of [...this.#queue]) this.#fail(item, new DripletError("unavailable", why, true));
  }

  /** Hands an answer to who asked, and waits for it still. */
  answer(frame: Reply | Failure): void {
    const item = this.#pending.get(frame.id as number | undefined); // only numbers are ours
    if (!item) return;
    if (frame.type === "error") {
      this.#fail(item, failure(frame));
    } else {
      this.#remove(item);
      item.done(frame);
    }
  }

  #item(text: string, id: number | undefined, timeout: number, ends: Pick<Item, "done" | "fail">): Item {
    const timer = setTimeout(() => {
      const what = id === undefined ? "the event could not be sent" : "no answer";
      this.#fail(item, new DripletError("timeout", `${what} within ${timeout} ms`, true));
    }, Math.min(timeout, maxTimer));
    const item: Item = { text, id, timer, ...ends };
    return item;
  }

  #put(item: Item): void {
    if (!this.#wire) {
      if (this.#queue.length < maxQueued) this.#queue.push(item);
      else this.#fail(item, new DripletError("unavailable", `not connected, and ${maxQueued} others wait`, true));
      return;
    }
    const size = byteLength(item.text);
    if (size > this.#wire.maxFrame) {
      this.#fail(item, new DripletError("too_large", `frame is ${size} bytes, limit ${this.#wire.maxFrame}`));
      return;
    }
    if (item.id === undefined) clearTimeout(item.timer);
    else this.#pending.set(item.id, item);
    this.#wire.send(item.text);
  }

  #fail(item: Item, error: DripletError): void {
    this.#remove(item);
    item.fail(error);
  }

  #remove(item: Item): void {
    clearTimeout(item.timer);
    this.#pending.delete(item.id);
    this.#queue = this.#queue.filter((other) => other !== item);
  }
}

/** The error that a frame carries. */
export function failure({ error }: Failure): DripletError {
  return new DripletError(error.code, error.message, error.retry, error.data);
}

function encodeOrThrow(frame: Request): string {
  try {
    return encode(frame);
  } catch (thrown) {
    throw new DripletError("bad_request", `not JSON: ${asDripletError(thrown).message}`);
  }
}
