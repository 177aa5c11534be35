import { afterEach, beforeEach } from "node:test";
import type { DripletClient } from "../src/client.ts";
import type { Options, TokenSource } from "../src/types.ts";
import { FakeServer } from "./fake.ts";
import { jwt, open as openClient, until } from "./given.ts";

/** A server and clients of it for each test of a file, cleared away afterwards. */
export function fixture() {
  let server: FakeServer;
  const clients: DripletClient[] = [];
  beforeEach(async () => (server = await FakeServer.start()));
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await server.stop();
  });
  const open = (token?: TokenSource, options?: Options, url = server.url) => {
    const opened = openClient(url, token, options);
    clients.push(opened.client);
    return opened;
  };
  const connected = async (token?: TokenSource, options?: Options, welcome?: Record<string, unknown>) => {
    const opened = open(token, options);
    opened.client.connect();
    const peer = (await server.accept()).welcome(welcome);
    await until("connected", () => opened.client.isConnected());
    return { ...opened, peer };
  };
  return {
    get server() {
      return server;
    },
    open,
    connected,
  };
}

/** Long enough for many attempts, had one been due. */
export const quiet = () => new Promise((resolve) => setTimeout(resolve, 150));

/** A source that notes its tokens; each lasts an hour. */
export function counting() {
  const tokens: string[] = [];
  const source = () => {
    const token = jwt({ sub: "7", n: tokens.length, exp: Math.floor(Date.now() / 1000) + 3600 });
    tokens.push(token);
    return Promise.resolve(token);
  };
  return { tokens, source };
}
