const typingShownMs = 4000;
const typingSentMs = 3000;
const retryMs = 2000;
/** What a page keeps of a room that is open for days. */
const most = 500;

/**
 * One room as this page knows it, whether it is in view or not. The plugin's
 * protocol is plugins/chat/README.md. changed(what, entry?) is called after
 * `state` (everything may differ), `added`, `removed`, `people` and `typing`.
 */
export class Room {
  /** Messages and notices as they came: `{kind, at, …}`. */
  entries = [];
  members = new Map();
  count = 0;
  you = null;
  moderator = false;
  maxText = 2000;
  typing = new Map();
  unread = 0;
  /** Id of the first message that was not seen when it came. */
  firstUnread = null;
  /** Put out until then (milliseconds), or null. */
  bannedUntil = null;
  problem = "";
  inView = false;
  #client;
  #changed;
  #subscription;
  #entering = 0;
  /** What came since entering began: the answer may be older than it. */
  #since = { messages: [], deleted: new Set() };
  #typed = 0;
  #retry;

  constructor(client, name, changed) {
    this.name = name;
    this.#client = client;
    this.#changed = (what, entry) => changed(this, what, entry);
    this.enter();
  }

  /** Comes in: at first, after every reconnection, and once a ban is over. */
  async enter() {
    const entering = ++this.#entering;
    clearTimeout(this.#retry);
    this.#since = { messages: [], deleted: new Set() };
    this.#subscribe();
    try {
      await this.#subscription.ready;
      const state = await this.#client.call("chat.enter", { room: this.name });
      if (entering === this.#entering) this.#take(state);
    } catch (error) {
      if (entering === this.#entering) this.#refused(error);
    }
  }

  leave() {
    this.#entering++;
    clearTimeout(this.#retry);
    this.#subscription.unsubscribe();
  }

  send(text) {
    this.#typed = 0;
    return this.#client.call("chat.send", { room: this.name, text });
  }

  /** Says that the user types, every few seconds at most. */
  type() {
    if (!this.#client.isConnected() || Date.now() - this.#typed < typingSentMs) return;
    this.#typed = Date.now();
    this.#client.send("chat.typing", { room: this.name });
  }

  remove(id) {
    return this.#client.call("chat.delete", { room: this.name, id });
  }

  kick(user, minutes) {
    return this.#client.call("chat.kick", { room: this.name, user, minutes });
  }

  /** The user looks at the room, or away from it. */
  look(inView) {
    if (this.inView && !inView) this.firstUnread = null;
    this.inView = inView;
    if (inView) this.unread = 0;
  }

  /** Something to be read in the room that is no message. */
  note(text, kind = "notice") {
    this.#add({ kind, text, at: Date.now() });
  }

  // One holder of the topic at a time: a new one asks again where the old was refused.
  #subscribe() {
    const old = this.#subscription;
    const s = (this.#subscription = this.#client.subscribe(`chat.${this.name}`));
    old?.unsubscribe();
    s.on("event:chat.message", ({ message }) => this.#message(message));
    s.on("event:chat.joined", ({ message }) => this.#joined(message));
    s.on("event:chat.left", ({ message }) => this.#left(message, `${message.name} left`));
    s.on("event:chat.kicked", ({ message }) => this.#left(message, `${message.name} was put out`));
    s.on("event:chat.typing", ({ message }) => this.#types(message));
    s.on("event:chat.deleted", ({ message }) => this.#deleted(message.id));
    s.on("unsubscribed", () => this.enter()); // the refusal tells until when
  }

  #take(state) {
    const newest = state.messages.at(-1)?.id ?? 0;
    const messages = [...state.messages, ...this.#since.messages.filter((m) => m.id > newest)].filter((m) => !this.#since.deleted.has(m.id));
    const known = this.you && this.entries.findLast((e) => e.kind === "message");
    if (known) for (const m of state.messages) if (m.id > known.id) this.#unread(m);
    const news = this.entries.filter((e) => e.kind === "news");
    this.entries = [...messages.map((m) => ({ kind: "message", ...m })), ...news].sort((a, b) => a.at - b.at);
    this.you = state.you;
    this.moderator = state.moderator;
    this.members = new Map(state.members.map((m) => [m.id, m]));
    this.count = state.count;
    this.maxText = state.limits.text;
    this.bannedUntil = null;
    this.problem = "";
    this.#changed("state");
  }

  #refused(error) {
    if (error.code === "chat.banned") {
      this.bannedUntil = error.data.until;
      this.members.clear();
      this.count = 0;
      this.problem = "";
    } else if (error.retry) {
      // A lost connection is followed by another one, and that by entering again.
      if (this.#client.isConnected()) this.#retry = setTimeout(() => this.enter(), retryMs);
      return;
    } else {
      this.problem = error.message;
    }
    this.#changed("state");
  }

  #message(message) {
    this.#since.messages.push(message);
    if (this.#since.messages.length > most) this.#since.messages.shift();
    if (this.entries.some((e) => e.id === message.id)) return;
    this.#stopTyping(message.from);
    this.#unread(message);
    this.#add({ kind: "message", ...message });
  }

  #unread(message) {
    if (this.inView || message.from === this.you?.id) return;
    this.unread++;
    this.firstUnread ??= message.id;
  }

  #joined(person) {
    this.#count(person, +1);
    this.members.set(person.id, person);
    this.#add({ kind: "notice", text: `${person.name} came in`, at: person.at });
    this.#changed("people");
  }

  #left(person, text) {
    this.#count(person, -1);
    this.members.delete(person.id);
    this.#stopTyping(person.id);
    this.#add({ kind: "notice", text, at: person.at ?? Date.now() });
    this.#changed("people");
  }

  // In a large room not everybody is listed.
  #count(person, by) {
    if (this.members.has(person.id) === by < 0) this.count += by;
    else if (this.count > this.members.size) this.count += by;
  }

  #types(person) {
    clearTimeout(this.typing.get(person.id)?.timer);
    this.typing.set(person.id, { ...person, timer: setTimeout(() => this.#stopTyping(person.id), typingShownMs) });
    this.#changed("typing");
  }

  #stopTyping(id) {
    clearTimeout(this.typing.get(id)?.timer);
    if (this.typing.delete(id)) this.#changed("typing");
  }

  #deleted(id) {
    this.#since.deleted.add(id);
    this.entries = this.entries.filter((e) => e.id !== id);
    if (this.firstUnread === id) this.firstUnread = null;
    this.#changed("removed");
  }

  #add(entry) {
    this.entries.push(entry);
    if (this.entries.length > most) this.entries.shift();
    this.#changed("added", entry);
  }
}
