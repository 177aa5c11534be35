import { decode, encode, type ServerFrame, type Welcome } from "./protocol.ts";
import type { SocketConstructor, SocketLike } from "./types.ts";

/** What a connection tells its owner. After lost, nothing. */
export interface ConnectionEvents {
  frame(frame: ServerFrame): void;
  /** code is the close frame's (RFC 6455, 7.4), 1006 where there was none. */
  lost(code: number, reason: string): void;
}

/** Seconds between signs of life where the server's greeting names none. */
const defaultPing = 25;

/**
 * One WebSocket, from its opening to its end: it hears whether the other side
 * is alive. A browser hides the server's own pings, and reports a dead network
 * minutes late, so silence is answered by a ping of ours.
 */
export class Connection {
  readonly #events: ConnectionEvents;
  readonly #timeout: number;
  #socket: SocketLike | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heard = 0;
  /** Milliseconds of silence that are asked about; 0 until the server has greeted. */
  #pingMs = 0;
  #answered = false;

  constructor(make: SocketConstructor, url: string, protocols: string[], timeout: number, events: ConnectionEvents) {
    this.#events = events;
    this.#timeout = timeout;
    const socket = (this.#socket = protocols.length > 0 ? new make(url, protocols) : new make(url));
    socket.onmessage = (event) => this.#hear(event.data);
    socket.onclose = (event) => this.#lose(event.code, event.reason);
    socket.onerror = () => undefined; // a close follows; without a listener `ws` would throw
    this.#wait(timeout, () => this.#lose(1006, "no greeting"));
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** Asks for a sign of life now: the network changed, or the page woke up. */
  probe(): void {
    if (this.#socket && this.#pingMs) this.#ping();
  }

  /** Ends the connection; lost is not called. */
  close(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    clearTimeout(this.#timer);
    // A dead network may hold the closing back for minutes: nobody waits for it.
    socket.onmessage = socket.onclose = null;
    try {
      socket.close(1000);
    } catch {
      // Some implementations throw while the socket is still opening.
    }
  }

  #hear(data: unknown): void {
    this.#heard = Date.now();
    this.#answered = true;
    const frame = decode(data);
    if (!frame) return;
    if (frame.type === "welcome") this.#greet(frame);
    this.#events.frame(frame);
  }

  #greet(welcome: Welcome): void {
    this.#pingMs = (welcome.ping > 0 ? welcome.ping : defaultPing) * 1000;
    this.#idle();
  }

  #idle(): void {
    // A clock that is set back must not look like a long silence to come.
    const silent = Math.max(0, Date.now() - this.#heard);
    if (silent >= this.#pingMs) this.#ping();
    else this.#wait(this.#pingMs - silent, () => this.#idle());
  }

  #ping(): void {
    this.#answered = false;
    this.send(encode({ type: "ping" }));
    this.#wait(this.#timeout, () => {
      if (this.#answered) this.#idle();
      else this.#lose(1006, "silent");
    });
  }

  #lose(code: number, reason: string): void {
    if (!this.#socket) return;
    this.close();
    this.#events.lost(code, reason);
  }

  #wait(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}
