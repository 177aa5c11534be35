import { Backoff } from "./backoff.ts";
import { Connection } from "./connection.ts";
import { isOffline, socketURL, watch } from "./environment.ts";
import { asDripletError, DripletError } from "./error.ts";
import type { ServerFrame, Welcome } from "./protocol.ts";
import { failure, maxTimer } from "./requests.ts";
import { Tokens } from "./token.ts";
import type { Options, SocketConstructor, State, TokenSource } from "./types.ts";

/** What a line tells its client. */
export interface LineEvents {
  state(state: State): void;
  /** Greeted: frames may be sent from here on, until lost. */
  open(welcome: Welcome): void;
  /** Every frame but the greeting. */
  frame(frame: ServerFrame): void;
  lost(): void;
  /** Nothing is tried any more, or nothing of before counts: what waits is in vain. */
  end(why: string): void;
  error(error: DripletError): void;
}

/** The server's close codes that mean more than "come back" (core/wire/PROTOCOL.md). */
const enum Close {
  expired = 4001,
  disconnected = 4002,
  tooSlow = 4003,
  protocol = 4005,
  unauthorized = 4006,
  notFound = 4007,
  origin = 4008,
}

/** The way to one endpoint: tokens, attempts and the pauses between them, at most one connection at a time. */
export class Line {
  readonly #endpoint: string;
  readonly #options: Options;
  readonly #events: LineEvents;
  readonly #tokens: Tokens;
  readonly #backoff: Backoff;
  readonly timeout: number;
  state: State = "closed";
  welcome: Welcome | null = null;
  /** Why the line was refused, or what the server said last before its greeting. */
  reason: DripletError | null = null;
  #told: State = "closed";
  #welcomed = 0;
  #connection: Connection | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unwatch: (() => void) | null = null;
  /** Grows with each attempt: what an older one still brings is stale. */
  #attempt = 0;
  /** Tokens that the server refused in a row. */
  #refusals = 0;

  constructor(endpoint: string, source: TokenSource, options: Options, events: LineEvents) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#events = events;
    this.timeout = milliseconds(options.timeout, 10_000);
    this.#tokens = new Tokens(source, this.timeout);
    const { min, max } = options.reconnect ?? {};
    this.#backoff = new Backoff(milliseconds(min, 500), milliseconds(max, 30_000));
  }

  connect(): void {
    this.#socket();
    if (this.state === "connecting" || this.state === "connected") return;
    if (this.ended) this.#begin();
    this.#try();
  }

  /** Forgets the user: token, connection and all that waits; and connects as whoever it is now. */
  restart(why: string): void {
    this.#socket();
    this.#drop();
    this.#tokens.drop();
    this.#events.end(why);
    this.#begin();
    this.#try();
  }

  disconnect(): void {
    this.#end("closed", "disconnected");
  }

  /** Nothing is on its way to being connected. */
  get ended(): boolean {
    return this.state === "closed" || this.state === "refused";
  }

  send(text: string): void {
    this.#connection?.send(text);
  }

  /** The token runs out: tells the server of a new one by tell. */
  async refresh(tell: (token: string) => Promise<unknown>): Promise<void> {
    const attempt = this.#attempt;
    const stale = () => attempt !== this.#attempt || this.state !== "connected";
    try {
      const token = await this.#tokens.get(true);
      if (stale()) return;
      if (token === null) this.#loggedOut();
      else await tell(token);
    } catch (thrown) {
      if (stale()) return;
      const error = asDripletError(thrown);
      this.#events.error(error);
      // The source failed: the server closes in time, and then it is asked again.
      // The server refused, because it is another user's token perhaps: start over.
      if (error.retry) return;
      this.#drop();
      this.#try();
    }
  }

  #begin(): void {
    this.#refusals = 0;
    this.#backoff.reset();
    this.#unwatch ??= watch({
      wake: () => {
        if (this.state === "waiting" || this.state === "offline") this.#try();
        else this.#connection?.probe();
      },
      doubt: () => this.#connection?.probe(),
      leave: () => {
        this.#drop();
        if (!this.ended) this.#become("waiting");
      },
    });
  }

  #socket(): SocketConstructor {
    const found = this.#options.WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
    if (found) return found;
    throw new DripletError("unavailable", "no WebSocket here: pass options.WebSocket, such as that of ws");
  }

  #try(): void {
    clearTimeout(this.#timer);
    const attempt = ++this.#attempt;
    this.reason = null;
    this.#become("connecting");
    this.#tokens.get().then(
      (token) => {
        if (attempt !== this.#attempt) return;
        if (token === null) this.#loggedOut();
        else this.#open(token);
      },
      (thrown: unknown) => {
        if (attempt !== this.#attempt) return;
        this.#events.error(asDripletError(thrown));
        this.#wait();
      },
    );
  }

  #open(token: string): void {
    try {
      const url = socketURL(this.#endpoint);
      const inQuery = this.#options.tokenIn === "query";
      if (inQuery) {
        url.searchParams.set("token", token);
        url.searchParams.set("v", "2");
      }
      const protocols = inQuery ? [] : ["driplet.v2", `bearer.${token}`];
      this.#connection = new Connection(this.#socket(), url.href, protocols, this.timeout, {
        frame: (frame) => this.#hear(frame),
        lost: (code, reason) => this.#lost(code, reason),
      });
    } catch (thrown) {
      // A wrong URL, or a token that no header can carry: trying again mends neither.
      this.#refuse(new DripletError("bad_request", `cannot connect to ${this.#endpoint}: ${asDripletError(thrown).message}`));
    }
  }

  #hear(frame: ServerFrame): void {
    if (frame.type === "welcome") {
      this.welcome = frame;
      this.#welcomed = Date.now();
      this.#refusals = 0;
      this.state = "connected";
      this.#events.open(frame);
      this.#become(this.state);
      return;
    }
    if (!this.welcome && frame.type === "error") this.reason = failure(frame);
    else this.#events.frame(frame);
  }

  #lost(code: number, text: string): void {
    const told = this.reason;
    const greeted = this.welcome !== null;
    const lived = greeted && Date.now() - this.#welcomed >= 10 * this.#backoff.min;
    if (lived) this.#backoff.reset();
    this.#drop();
    const outworn = code === Close.expired || code === Close.unauthorized;
    if (outworn) this.#tokens.drop();
    const why = `${text || "the server closed"} (close code ${code})`;
    if (code === Close.disconnected) {
      this.#end("closed", why, new DripletError("forbidden", `disconnected by the backend: ${why}`));
    } else if (code === Close.notFound || code === Close.origin || (code === Close.unauthorized && ++this.#refusals > 1)) {
      const kind = code === Close.notFound ? "not_found" : code === Close.origin ? "forbidden" : "unauthorized";
      this.#refuse(told ?? new DripletError(kind, why));
    } else if (outworn && (lived || !greeted)) {
      this.#try(); // but whoever is greeted and sent away each time must not do so without a pause
    } else {
      this.#wait(code >= Close.tooSlow && code <= Close.protocol);
    }
  }

  #wait(slow = false): void {
    const offline = isOffline();
    const pause = this.#backoff.next(slow);
    // Offline the browser tells when to come back; but a server on this machine needs no network.
    this.#timer = setTimeout(() => this.#try(), offline ? this.#backoff.max : pause);
    this.#become(offline ? "offline" : "waiting");
  }

  #loggedOut(): void {
    this.#refuse(new DripletError("unauthorized", "logged out: there is no token"));
  }

  #refuse(error: DripletError): void {
    this.#end("refused", error.message, error);
  }

  #end(state: "closed" | "refused", why: string, error: DripletError | null = null): void {
    this.#drop();
    this.#unwatch?.();
    this.#unwatch = null;
    this.state = state;
    this.reason = error;
    this.#events.end(why);
    this.#become(this.state); // whoever was told may have called connect()
    if (error) this.#events.error(error);
  }

  /** Leaves no attempt, connection or pause behind; which state follows is the caller's to say. */
  #drop(): void {
    this.#attempt++;
    clearTimeout(this.#timer);
    this.#tokens.stop();
    this.#connection?.close();
    this.#connection = null;
    this.welcome = null;
    if (this.state === "connected") this.state = "connecting";
    this.#events.lost();
  }

  #become(state: State): void {
    this.state = state;
    if (state === this.#told) return;
    this.#told = state;
    this.#events.state(state);
  }
}

/** What was given, where a timer can wait that long; a figure that is none is as good as none. */
function milliseconds(given: number | undefined, normal: number): number {
  return given && given > 0 ? Math.min(given, maxTimer) : normal;
}
