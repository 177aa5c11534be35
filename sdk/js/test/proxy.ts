import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** The network between a client and a server on this machine, which a test can break. */
export class Proxy {
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  /** Nothing gets through: who comes is turned away. */
  broken = false;

  private constructor(port: number) {
    this.#server = createServer((from) => {
      if (this.broken) {
        from.destroy();
        return;
      }
      const to = connect(port, "127.0.0.1");
      for (const end of [from, to]) {
        this.#ends.add(end);
        end.on("error", () => undefined).on("close", () => this.#ends.delete(end));
      }
      from.pipe(to).pipe(from);
    });
  }

  static async start(port: number): Promise<Proxy> {
    const proxy = new Proxy(port);
    await once(proxy.#server.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  /** The endpoint `default` behind it. */
  get ws(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws/default`;
  }

  /** Ends every connection without a word, and lets none through until mend. */
  cut(): void {
    this.broken = true;
    for (const end of this.#ends) end.destroy();
  }

  mend(): void {
    this.broken = false;
  }

  stop(): void {
    this.cut();
    this.#server.close();
  }
}
