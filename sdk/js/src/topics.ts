import { asDripletError, DripletError } from "./error.ts";
import type { MemberFrame, MessageFrame, Reply, TopicFrame } from "./protocol.ts";
import type { Request } from "./requests.ts";
import { Holder, Ready } from "./subscription.ts";
import type { Gap, Member, Message } from "./types.ts";

/** What the topics need of the client. */
export interface Link {
  request(frame: Request): Promise<Reply>;
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
  /** Epoch of the topic's history, where it keeps one. */
  epoch: string | undefined;
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
    if (!held.asked && !held.ready.settled) this.#ask(held);
    else if (held.ready.refused) this.#ask(held); // what was refused before may be allowed now
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
      const holder = before.get(name) ?? this.hold(name);
      holder.loose = holder.untouched = false;
      this.#set.set(name, holder);
      before.delete(name);
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

  /** Tells the topic's holders. null: the topic was left. */
  message(frame: MessageFrame): Message | null {
    const { type: _, ...m } = frame;
    const topic = this.#topics.get(m.topic);
    if (!topic && this.#leaving.has(m.topic)) return null;
    topic?.emit("message", m);
    if (m.event !== undefined) topic?.emit(`event:${m.event}`, m);
    return m;
  }

  member(frame: MemberFrame): void {
    const member: Member = frame.member;
    this.#topics.get(frame.topic)?.emit(frame.type, member);
  }

  /** The server subscribed us, or ended a subscription, of itself. */
  done(frame: TopicFrame): void {
    const topic = this.#topics.get(frame.topic);
    if (!topic) return;
    if (frame.type === "subscribed") {
      if (!topic.asked) topic.ready.resolve(false);
      return;
    }
    topic.asked = null;
    if (frame.reason === "gap") {
      this.#gap({ topic: frame.topic, reason: "limit" });
      topic.ready.renew();
      this.#ask(topic);
      return;
    }
    const { type: _, ...ended } = frame;
    const why = frame.reason ? `: ${frame.reason}` : "";
    this.#refuse(topic, new DripletError("forbidden", `the server ended the subscription to "${frame.topic}"${why}`, false, ended));
    topic.emit("unsubscribed", ended);
  }

  #ask(topic: Topic): void {
    clearTimeout(topic.retry);
    if (!this.#connected) return;
    topic.ready.renew();
    const asked = (topic.asked = {});
    this.#leaving.delete(topic.name);
    this.#link.request({ type: "subscribe", topic: topic.name }).then(
      (reply) => {
        if (topic.asked === asked) this.#subscribed(topic, reply);
      },
      (thrown: unknown) => {
        if (topic.asked === asked) this.#refused(topic, asDripletError(thrown));
      },
    );
  }

  #subscribed(topic: Topic, { epoch, recovered }: Reply): void {
    const before = topic.epoch;
    topic.epoch = epoch;
    topic.ready.resolve(recovered ?? false);
    if (recovered === false) this.#gap({ topic: topic.name, reason: before === epoch ? "expired" : "epoch" });
  }

  #refused(topic: Topic, error: DripletError): void {
    const { code, message, retry } = error;
    const told = new DripletError(code, message, retry, error.data ?? { topic: topic.name });
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
