import { Emitter } from "./emitter.ts";
import { hasWindow } from "./environment.ts";
import { asDripletError, DripletError } from "./error.ts";
import { Line } from "./line.ts";
import type { Reply, ServerFrame } from "./protocol.ts";
import { failure, Requests, type Request } from "./requests.ts";
import { Topics } from "./topics.ts";
import type { CallOptions, ClientEvents, Message, Options, State, Subscription, TokenSource } from "./types.ts";

const instances = new Map<string, DripletClient>();
const key = Symbol();

/**
 * A connection to one endpoint of a Driplet server, kept up without end.
 * In a page it connects by itself; where there is no window, connect() does it.
 */
export class DripletClient {
  readonly #line: Line;
  readonly #topics: Topics;
  readonly #requests = new Requests();
  readonly #emitter = new Emitter();

  /**
   * The client of an endpoint (`wss://host/ws/default`, or a path of the
   * page's own host): the same again for the same endpoint. token is the URL
   * of the page's token endpoint, or a function; a later call's is not looked at.
   * Throws a TypeError where one of the two is missing.
   */
  static getInstance(wsEndpoint: string, token: TokenSource, options: Options = {}): DripletClient {
    const known = options.shared === false ? undefined : instances.get(wsEndpoint);
    if (known) return known;
    if (!wsEndpoint || !token) throw new TypeError("getInstance needs an endpoint and a token URL or function");
    const client = new DripletClient(key, wsEndpoint, token, options);
    if (options.shared !== false) instances.set(wsEndpoint, client);
    if (options.autoConnect ?? hasWindow()) client.connect();
    return client;
  }

  private constructor(secret: symbol, endpoint: string, token: TokenSource, options: Options) {
    if (secret !== key) throw new TypeError("use DripletClient.getInstance");
    this.#line = new Line(endpoint, token, options, {
      state: (state) => this.#emitter.emit("state", state),
      open: (welcome) => {
        // Topics first: the answer to what waited may come as a message.
        this.#requests.open({ maxFrame: welcome.max_frame, send: (text) => this.#line.send(text) });
        this.#topics.open();
        this.#requests.flush();
      },
      frame: (frame) => this.#frame(frame),
      lost: () => {
        this.#topics.lost();
        this.#requests.lost();
      },
      end: (why) => this.#requests.drop(why),
      error: (error) => this.#error(error),
    });
    this.#topics = new Topics({
      request: (frame, heard) => this.#request(frame, undefined, undefined, heard),
      gap: (gap) => this.#emitter.emit("gap", gap),
      error: (error) => this.#error(error),
    });
  }

  get state(): State {
    return this.#line.state;
  }

  /** This connection's id, a secret between it and the server; null while there is none. */
  get session(): string | null {
    return this.#line.welcome?.session ?? null;
  }

  /** The token's user; null for anonymous ones, and while there is no connection. */
  get user(): string | null {
    return this.#line.welcome?.user ?? null;
  }

  isConnected(): boolean {
    return this.state === "connected";
  }

  /** Connects, or while waiting tries again at once. Throws where the runtime has no WebSocket. */
  connect(): void {
    this.#line.connect();
  }

  /** Closes, until connect(). Topics stay held; calls fail. */
  disconnect(): void {
    this.#line.disconnect();
  }

  /**
   * The user changed, logged in or out: drops the token, the connection and
   * all that waits, and connects with a new token. Resolves when connected;
   * rejects when refused, or past the timeout (while it goes on trying).
   */
  relogin(): Promise<void> {
    const connected = this.#relogin();
    connected.catch(() => undefined); // an error event tells, too
    return connected;
  }

  async #relogin(): Promise<void> {
    this.#topics.forget();
    this.#line.restart("the user changed");
    const { timeout } = this.#line;
    await new Promise<void>((resolve, reject: (error: DripletError) => void) => {
      const late = () => end(new DripletError("timeout", `not connected within ${timeout} ms`, true));
      const timer = setTimeout(late, timeout);
      const off = this.on("state", (state) => {
        if (state === "connected") end();
        else if (this.#line.ended) end(this.#line.reason ?? new DripletError("unavailable", "disconnected", true));
      });
      const end = (error?: DripletError) => {
        off();
        clearTimeout(timer);
        if (error) reject(error);
        else resolve();
      };
    });
  }

  /** Holds exactly these topics, as far as the old calls go. */
  setTopics(topics: string[]): void {
    this.#topics.assign(topics);
  }

  /** Holds a topic for one component; fn hears its messages. */
  subscribe<M = unknown>(topic: string, fn?: (m: Message<M>) => void): Subscription<M> {
    // What a topic carries is the caller's to say; nothing here looks inside.
    const subscription = this.#topics.hold(topic) as unknown as Subscription<M>;
    if (fn) subscription.on("message", fn);
    return subscription;
  }

  /** Ends what setTopics, and subscribe without handlers, hold of a topic. Others end their Subscription. */
  unsubscribe(topic: string): void {
    this.#topics.letGo(topic);
  }

  /** Hears the messages of every topic. */
  onMessage(fn: (m: Message) => void): () => void {
    return this.#emitter.on("message", fn);
  }

  /** Asks the plugin or callback that handles the event. Rejects with a DripletError, and never hangs. */
  async call<R = unknown>(event: string, data?: unknown, options: CallOptions = {}): Promise<R> {
    const { timeout, signal, topic } = options;
    const reply = await this.#request({ type: "event", event, topic, data }, timeout, signal);
    return reply.data as R;
  }

  /**
   * Sends an event and asks for no answer. Without a connection it waits, up to
   * 30 s and among 100 at most. Never throws: one that is given up, refused or no JSON is an error event.
   */
  send(event: string, data?: unknown, options: { topic?: string } = {}): void {
    const lost = (error: DripletError) => this.#error(error);
    try {
      this.#way().send({ type: "event", event, topic: options.topic, data }, lost);
    } catch (thrown) {
      lost(asDripletError(thrown));
    }
  }

  /** Publishes to a topic's other subscribers, where its rule lets this client. */
  async publish(topic: string, message: unknown): Promise<void> {
    await this.#request({ type: "publish", topic, message });
  }

  on<K extends keyof ClientEvents>(type: K, fn: (value: ClientEvents[K]) => void): () => void {
    return this.#emitter.on(type, fn);
  }

  async #request(frame: Request, timeout = this.#line.timeout, ...rest: [signal?: AbortSignal, heard?: (reply: Reply) => void]): Promise<Reply> {
    return this.#way().request(frame, timeout, ...rest);
  }

  /** Throws where nothing is on its way to being connected. */
  #way(): Requests {
    if (this.#line.ended) throw new DripletError("unavailable", `not connected (${this.state}): connect() or relogin() first`, true);
    return this.#requests;
  }

  #frame(frame: ServerFrame): void {
    switch (frame.type) {
      case "message": {
        const message = this.#topics.message(frame);
        if (message) this.#emitter.emit("message", message);
        break;
      }
      case "reply":
        this.#requests.answer(frame);
        break;
      case "error":
        // One with an id is the caller's alone, also where he does not wait any more.
        if (frame.id === undefined) this.#error(failure(frame));
        else this.#requests.answer(frame);
        break;
      case "join":
      case "leave":
        this.#topics.member(frame);
        break;
      case "subscribed":
      case "unsubscribed":
        this.#topics.done(frame);
        break;
      case "expiring":
        void this.#line.refresh((token) => this.#request({ type: "refresh", token }));
    }
  }

  #error(error: DripletError): void {
    if (!this.#emitter.emit("error", error)) console.warn(`Driplet: ${error.code}: ${error.message}`);
  }
}
