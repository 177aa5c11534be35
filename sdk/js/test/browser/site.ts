// A small web site that uses Driplet: a page, a login, a token endpoint.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { DripletServer } from "../server.ts";

export class Site {
  readonly #server: Server;
  /** How often a token was asked for. */
  tokens = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `/NAME` logs NAME in by a cookie and shows the page; `/` shows it to whoever comes. */
  static async start(driplet: DripletServer): Promise<Site> {
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://x").pathname;
      const user = /user=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
      if (path === "/jwt") {
        site.tokens++;
        const token = driplet.token({ uid: user, roles: [user] });
        const answer = user ? { status: "success", message: "", token } : { status: "error", message: "not logged in" };
        response.writeHead(user ? 200 : 401, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
        return;
      }
      if (path === "/favicon.ico") {
        response.writeHead(204).end();
        return;
      }
      const headers: Record<string, string> = { "Content-Type": "text/html; charset=utf-8" };
      if (path !== "/") headers["Set-Cookie"] = `user=${path.slice(1)}; Path=/`;
      response.writeHead(200, headers).end(`<!doctype html><title>Site</title><script src="${driplet.origin}/sdk/driplet.js"></script>`);
    });
    const site = new Site(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return site;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
