import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

type Frame = Record<string, unknown> & { type: string };

/** Things that come, and people who wait for them, in order. */
class Queue<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  push(item: T): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter(item);
    else this.#items.push(item);
  }

  async take(what: string): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return item;
    return new Promise<T>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no ${what} within 60 s`)), 60_000);
      this.#waiting.push((found) => {
        clearTimeout(late);
        resolve(found);
      });
    });
  }

  get size(): number {
    return this.#items.length;
  }
}

/** The server's end of one connection, played by the test. */
export class Peer {
  readonly frames = new Queue<Frame>();
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly protocols: string[];
  readonly url: string;

  constructor(socket: WebSocket, protocols: string[], url: string) {
    this.#socket = socket;
    this.protocols = protocols;
    this.url = url;
    socket.on("message", (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as Frame));
    this.closed = new Promise((resolve) => socket.on("close", (code) => resolve(code)));
  }

  /** The token that the client brought. */
  get token(): string {
    return this.protocols.find((p) => p.startsWith("bearer."))?.slice(7) ?? new URL(this.url, "ws://x").searchParams.get("token") ?? "";
  }

  say(frame: Frame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  raw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  welcome(more: Record<string, unknown> = {}): this {
    this.say({ type: "welcome", session: "s1", user: "7", ping: 25, max_frame: 65536, ...more });
    return this;
  }

  /** The next frame, which must be of this type. */
  async hear(type: string): Promise<Frame> {
    const frame = await this.frames.take(`frame "${type}"`);
    if (frame.type !== type) throw new Error(`heard ${JSON.stringify(frame)}, want "${type}"`);
    return frame;
  }

  /** Hears a request of this type and answers it. */
  async answer(type: string, more: Record<string, unknown> = {}): Promise<Frame> {
    const frame = await this.hear(type);
    this.say({ type: "reply", id: frame["id"], ...more });
    return frame;
  }

  async refuse(type: string, error: Record<string, unknown>): Promise<Frame> {
    const frame = await this.hear(type);
    this.say({ type: "error", id: frame["id"], error });
    return frame;
  }

  close(code: number, reason = ""): void {
    this.#socket.close(code, reason);
  }

  /** The network breaks: no close frame. */
  cut(): void {
    this.#socket.terminate();
  }
}

/** A WebSocket server on a free port of which the test plays each connection by hand. */
export class FakeServer {
  readonly #peers = new Queue<Peer>();
  readonly #server: WebSocketServer;
  connections = 0;
  #greeting: Record<string, unknown> | null = null;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket, request) => {
      this.connections++;
      const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(/, */);
      const peer = new Peer(socket, protocols, request.url ?? "");
      if (this.#greeting) peer.welcome(this.#greeting);
      this.#peers.push(peer);
    });
  }

  static async start(port = 0): Promise<FakeServer> {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port,
      handleProtocols: (offered) => (offered.has("driplet.v2") ? "driplet.v2" : false),
    });
    await once(server, "listening");
    return new FakeServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws/default`;
  }

  /** The next connection that a client makes. */
  async accept(): Promise<Peer> {
    return this.#peers.take("connection");
  }

  /** Greets every connection from here on by itself: for clients whose patience is short, and whose attempts may be many. */
  greet(welcome: Record<string, unknown> = {}): void {
    this.#greeting = welcome;
  }

  async stop(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
