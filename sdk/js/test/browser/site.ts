// A small web site that uses Driplet: a page, a login, a token endpoint.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { root } from "../root.ts";
import type { DripletServer } from "../server.ts";

export class Site {
  readonly #driplet: DripletServer;
  readonly #server: Server;
  readonly #body: string;
  /** How often a token was asked for. */
  tokens = 0;

  /** body is the page's; by default it loads the global build and does nothing. */
  private constructor(driplet: DripletServer, body?: string) {
    this.#driplet = driplet;
    this.#body = body ?? `<script src="${driplet.origin}/sdk/driplet.js"></script>`;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(driplet: DripletServer, body?: string): Promise<Site> {
    const site = new Site(driplet, body);
    site.#server.listen(0, "127.0.0.1");
    await once(site.#server, "listening");
    return site;
  }

  /** `/NAME` logs NAME in by a cookie and shows the page, `/login` logs eve in, `/` asks nobody's name. */
  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    switch (path) {
      case "/jwt":
        this.#token(/user=(\w+)/.exec(request.headers.cookie ?? "")?.[1], response);
        break;
      case "/driplet.mjs":
        response.writeHead(200, { "Content-Type": "text/javascript" }).end(readFileSync(join(root, "dist/driplet.mjs")));
        break;
      case "/favicon.ico":
        response.writeHead(204).end();
        break;
      default: {
        const user = path === "/login" ? "eve" : path.slice(1);
        const headers: Record<string, string> = { "Content-Type": "text/html; charset=utf-8" };
        if (user) headers["Set-Cookie"] = `user=${user}; Path=/`;
        response.writeHead(200, headers).end(`<!doctype html><title>Site</title>\n${this.#body}`);
      }
    }
  }

  #token(user: string | undefined, response: ServerResponse): void {
    this.tokens++;
    const token = this.#driplet.token({ uid: user, roles: [user] });
    const answer = user ? { status: "success", message: "", token } : { status: "error", message: "not logged in" };
    response.writeHead(user ? 200 : 401, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
