import { Emitter } from "./emitter.ts";
import type { DripletError } from "./error.ts";
import type { Reply } from "./protocol.ts";
import type { Request } from "./requests.ts";
import type { Gap, Member, Message, Position, Subscription } from "./types.ts";

/** A promise of an answer that can be asked for again. */
export class Ready {
  promise!: Promise<{ recovered: boolean }>;
  settled = true;
  refused = false;
  #resolve!: (value: { recovered: boolean }) => void;
  #reject!: (error: DripletError) => void;

  constructor() {
    this.renew();
  }

  /** Starts over; who waits for an answer that has not come yet goes on waiting. */
  renew(): void {
    if (!this.settled) return;
    this.settled = this.refused = false;
    this.promise = new Promise((resolve, reject: (error: DripletError) => void) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A refusal is an error event as well: a page need not wait for ready.
    this.promise.catch(() => undefined);
  }

  resolve(recovered: boolean): void {
    if (this.refused) this.renew();
    this.settled = true;
    this.#resolve({ recovered });
  }

  reject(error: DripletError): void {
    this.renew();
    this.settled = this.refused = true;
    this.#reject(error);
  }
}

/** What a holder needs of its topic. */
export interface Held {
  ready(): Promise<{ recovered: boolean }>;
  request(frame: Request): Promise<Reply>;
  release(): void;
}

/** One component's hold on a topic, with its handlers. */
export class Holder implements Subscription {
  readonly topic: string;
  readonly emitter = new Emitter();
  /** It has no handlers, so it may stand for an old call: unsubscribe(topic) ends it. */
  loose = true;
  /** Nobody looked at it at all: setTopics may end it, too. */
  untouched = true;
  readonly #held: Held;

  constructor(topic: string, held: Held) {
    this.topic = topic;
    this.#held = held;
  }

  get ready(): Promise<{ recovered: boolean }> {
    this.untouched = false;
    return this.#held.ready();
  }

  on(type: string, fn: ((m: Message) => void) | ((m: Member) => void) | ((g: Gap) => void)): () => void {
    this.#use();
    return this.emitter.on(type, fn);
  }

  async presence(): Promise<{ members: Member[]; count: number }> {
    const reply = await this.#use().request({ type: "presence", topic: this.topic });
    return { members: reply.members ?? [], count: reply.count ?? 0 };
  }

  async history(options: { limit?: number; since?: Position } = {}): Promise<Message[]> {
    const reply = await this.#use().request({ type: "history", topic: this.topic, ...options });
    return (reply.messages ?? []).map((m) => ({ ...m, topic: this.topic }));
  }

  unsubscribe(): void {
    this.emitter.clear();
    this.#held.release();
  }

  /** From here on it stands for no old call. */
  #use(): Held {
    this.loose = this.untouched = false;
    return this.#held;
  }
}
