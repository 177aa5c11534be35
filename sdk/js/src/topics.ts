import { asDripletError, DripletError } from "./error.ts";
import type { MemberFrame, MessageFrame, Reply, TopicFrame } from "./protocol.ts";
import type { Request } from "./requests.ts";
import { Holder, Ready } from "./subscription.ts";
import type { Gap, Message, Position } from "./types.ts";

/** What the topics need of the client. */
export interface Link {
  /** heard has the reply before any frame behind it does. */
  request(frame: Request, heard?: (reply: Reply) => void): Promise<Reply>;
  gap(gap: Gap): void;
  error(error: DripletError): void;
}

/** Milliseconds before a subscription that the server could not take now is tried again, up to twice that. */
const retryMs = 2000;

/** One topic as this client wants it. */
class Topic {
  readonly name: string;
  readonly holders = new Set<Holder>();
  ready = new Ready();
  /** The request under way: an answer to any other is stale. */
  asked: object | null = null;
  /** Up to where we have heard all, where the topic keeps a history. */
  position: Position | undefined;
  /** Messages of the past that are still to come. -1: all since position is asked for, so what comes before the answer comes again. */
  owed = 0;
  retry: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  emit(type: string, value: unknown): void {
    for (const holder of [...this.holders]) holder.emitter.emit(type, value);
  }
}

/** The topics that this client holds, and who in the page holds them. */
export class Topics {
  readonly #link: Link;
  readonly #topics = new Map<string, Topic>();
  /** Topics that we left, until the server says so: what still comes of them is for nobody. */
  readonly #leaving = new Map<string, object>();
  /** What setTopics holds. */
  #set = new Map<string, Holder>();
  #connected = false;

  constructor(link: Link) {
    this.#link = link;
  }

  hold(name: string): Holder {
    let topic = this.#topics.get(name);
    if (!topic) this.#topics.set(name, (topic = new Topic(name)));
    const held = topic;
    const holder: Holder = new Holder(name, {
      ready: () => held.ready.promise,
      request: (frame) => this.#link.request(frame),
      release: () => this.#release(held, holder),
    });
    held.holders.add(holder);
    // What was refused before may be allowed now.
    if (held.ready.refused || !(held.asked || held.ready.settled)) this.#ask(held);
    return holder;
  }

  /** Gives up what setTopics, and subscribe without a handler, hold of a topic. */
  letGo(name: string): void {
    this.#set.get(name)?.unsubscribe();
    this.#set.delete(name);
    for (const holder of [...(this.#topics.get(name)?.holders ?? [])]) {
      if (holder.loose) holder.unsubscribe();
    }
  }

  /** Exactly these are held the old way from now on. */
  assign(names: string[]): void {
    const wanted = new Set(names);
    const before = this.#set;
    this.#set = new Map();
    for (const name of wanted) {
      const holder = this.hold(name); // anew, for what was refused before
      holder.loose = holder.untouched = false;
      this.#set.set(name, holder);
    }
    for (const holder of before.values()) holder.unsubscribe();
    for (const { name, holders } of [...this.#topics.values()]) {
      if (wanted.has(name)) continue;
      for (const holder of [...holders]) if (holder.untouched) holder.unsubscribe();
    }
  }

  /** A new connection: the server knows nothing of us yet. */
  open(): void {
    this.#connected = true;
    for (const topic of this.#topics.values()) this.#ask(topic);
  }

  lost(): void {
    this.#connected = false;
    this.#leaving.clear();
    for (const topic of this.#topics.values()) {
      clearTimeout(topic.retry);
      topic.asked = null;
      topic.ready.renew();
    }
  }

  /** Another user comes: what this one has heard does not count. */
  forget(): void {
    for (const topic of this.#topics.values()) topic.position = undefined;
  }

  /** Tells the topic's holders. null: it is for nobody, or comes again. */
  message(frame: MessageFrame): Message | null {
    const { type: _, ...m } = frame as MessageFrame & Message;
    const topic = this.#topics.get(m.topic);
    if (!topic && this.#leaving.has(m.topic)) return null;
    if (topic && m.offset) {
      if (topic.owed < 0) return null;
      if (topic.owed && topic.owed--) m.recovered = true;
      if (topic.position) topic.position.offset = m.offset;
    }
    topic?.emit("message", m);
    topic?.emit(`event:${m.event ?? "message"}`, m);
    return m;
  }

  member(frame: MemberFrame): void {
    this.#topics.get(frame.topic)?.emit(frame.type, frame.member);
  }

  /** The server subscribed us, or ended a subscription, of itself. */
  done(frame: TopicFrame): void {
    const topic = this.#topics.get(frame.topic);
    const gap = frame.reason === "gap";
    // What the server gave of itself nobody here asks for again.
    if (!topic && gap) this.#link.gap({ topic: frame.topic, reason: "limit" });
    if (!topic) return;
    if (frame.type === "subscribed") {
      topic.position ??= position(frame);
      if (!topic.asked) topic.ready.resolve(false);
      return;
    }
    topic.asked = null;
    if (gap) {
      this.#ask(topic);
      return;
    }
    topic.position = undefined;
    const { type: _, ...ended } = frame;
    this.#refuse(topic, new DripletError("forbidden", `the server ended the subscription to "${frame.topic}": ${frame.reason ?? "no reason"}`, false, ended));
    topic.emit("unsubscribed", ended);
  }

  #ask(topic: Topic): void {
    clearTimeout(topic.retry);
    if (!this.#connected) return;
    topic.ready.renew();
    const asked = (topic.asked = {});
    this.#leaving.delete(topic.name);
    const since = topic.position;
    topic.owed = since ? -1 : 0;
    const heard = (reply: Reply) => {
      if (topic.asked !== asked) return;
      const before = topic.position;
      topic.position = position(reply);
      topic.owed = reply.missed ?? 0;
      topic.ready.resolve(reply.recovered ?? false);
      if (reply.recovered === false) this.#gap({ topic: topic.name, reason: before?.epoch === reply.epoch ? "expired" : "epoch" });
    };
    this.#link.request({ type: "subscribe", topic: topic.name, since }, heard).catch((thrown: unknown) => {
      if (topic.asked === asked) this.#refused(topic, asDripletError(thrown));
    });
  }

  #refused(topic: Topic, error: DripletError): void {
    const { code, message, retry } = error;
    const told = new DripletError(code, message, retry, error.data ?? { topic: topic.name });
    topic.owed = 0;
    if (!retry) {
      topic.asked = null;
      this.#refuse(topic, told);
      return;
    }
    topic.retry = setTimeout(() => this.#ask(topic), retryMs * (1 + Math.random()));
    this.#link.error(told);
  }

  #refuse(topic: Topic, error: DripletError): void {
    topic.ready.reject(error);
    this.#link.error(error);
  }

  #gap(gap: Gap): void {
    this.#topics.get(gap.topic)?.emit("gap", gap);
    this.#link.gap(gap);
  }

  #release(topic: Topic, holder: Holder): void {
    if (!topic.holders.delete(holder) || topic.holders.size > 0) return;
    this.#topics.delete(topic.name);
    clearTimeout(topic.retry);
    topic.asked = null;
    // Nobody holds it, but somebody may still wait for its answer.
    if (!topic.ready.settled) topic.ready.reject(new DripletError("unavailable", `"${topic.name}" was unsubscribed`));
    if (!this.#connected) return;
    const left = {};
    this.#leaving.set(topic.name, left);
    const over = () => {
      if (this.#leaving.get(topic.name) === left) this.#leaving.delete(topic.name);
    };
    this.#link.request({ type: "unsubscribe", topic: topic.name }).then(over, over);
  }
}

/** Where a frame says that its topic stands. */
function position({ epoch, offset = 0 }: { epoch?: string; offset?: number }): Position | undefined {
  return epoch ? { epoch, offset } : undefined;
}
