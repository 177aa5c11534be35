// The real server, for tests: runs it on a free port, publishes as a backend does.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { jwt } from "./given.ts";

const apiSecret = "api-secret-of-the-tests";
const jwtSecret = "jwt-secret-of-the-tests";

/** Topics of the tests' server: below `user.` each user's own, below `room.` clients publish, below `chat.` the plugin decides, below `kept.` ten messages are kept. */
const defaults = `
[[Endpoints.default.Topics]]
Match = "user.{uid}"
Subscribe = "claims"
[[Endpoints.default.Topics]]
Match = "room.*"
Publish = "anyone"
[[Endpoints.default.Topics]]
Match = "chat.*"
Subscribe = "plugin"
[[Endpoints.default.Topics]]
Match = "kept.*"
History = { Size = 10 }
`;

export interface ServerOptions {
  /** More lines for `[Endpoints.default]`, before its topics. */
  endpoint?: string;
  /** Bundled plugins; the chat by default. */
  plugins?: string[];
  /** More tables, behind the endpoint's own. */
  tables?: string;
}

/** The server's program, built by scripts/test.mjs. */
function program(): string {
  const built = process.env["DRIPLET_BIN"];
  assert.ok(built, "run this by scripts/test.mjs, or name the built server by DRIPLET_BIN");
  return built;
}

export class DripletServer {
  readonly port: number;
  readonly #folder: string;
  readonly #binary: string;
  #process: ChildProcess | null = null;
  /** What it wrote, for a test that fails. */
  log = "";

  private constructor(binary: string, folder: string, port: number) {
    this.#binary = binary;
    this.#folder = folder;
    this.port = port;
  }

  static async start(options: ServerOptions = {}): Promise<DripletServer> {
    const folder = mkdtempSync(join(tmpdir(), "driplet-js-"));
    const port = await freePort();
    const config = `[Global]
BindAddress = "127.0.0.1"
Port = ${port}
[Endpoints.default]
APISecret = "${apiSecret}"
JWTSecret = "${jwtSecret}"
Plugins = ${JSON.stringify(options.plugins ?? ["chat"])}
${options.endpoint ?? ""}${defaults}${options.tables ?? ""}`;
    writeFileSync(join(folder, "config.toml"), config);
    const server = new DripletServer(program(), folder, port);
    await server.run();
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}/ws/default`;
  }

  /** Runs it (again): resolves when it listens. */
  async run(): Promise<void> {
    const child = spawn(this.#binary, ["serve", "-config", join(this.#folder, "config.toml")], {
      cwd: this.#folder,
      env: { PATH: process.env["PATH"], HOME: this.#folder, TMPDIR: this.#folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    process.once("exit", () => child.kill("SIGKILL")); // a test that breaks off leaves no server behind
    child.stderr.on("data", (text: Buffer) => (this.log += text.toString()));
    await new Promise<void>((resolve, reject) => {
      createInterface(child.stdout).on("line", (line) => {
        if (line.includes("listens on")) resolve();
      });
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${this.log}`)));
      child.once("error", reject);
    });
  }

  /** Ends the process; kill does not let it say goodbye. */
  async end(kill = false): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.kill(kill ? "SIGKILL" : "SIGTERM");
    await gone;
  }

  /** Ends it for good, with its files. */
  async stop(): Promise<void> {
    await this.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A token of these claims to target by; expires in ttl seconds. */
  token(custom: Record<string, unknown>, more: Record<string, unknown> = {}, ttl = 3600): string {
    const now = Math.floor(Date.now() / 1000);
    return jwt({ iat: now, exp: now + ttl, custom, ...more }, jwtSecret);
  }

  /** Publishes as a backend, signed (version 1). */
  async publish(topic: string, message: unknown, more: Record<string, unknown> = {}): Promise<void> {
    const body = JSON.stringify({ nonce: randomUUID(), timestamp: Math.floor(Date.now() / 1000), topic, message, ...more });
    const signature = createHmac("sha256", apiSecret).update(body).digest("hex");
    const headers = { "Content-Type": "application/json", "X-Driplet-Signature": signature };
    const response = await fetch(`${this.origin}/api/default/message`, { method: "POST", headers, body });
    assert.equal(response.status, 200, await response.text());
  }
}

/**
 * A port that nobody listens on, for a server that must come back on the same
 * one. It is below those that systems give to whoever connects or asks for
 * any: nobody gets it before the server, nor while the server is away.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const probe = createServer().listen(port, "127.0.0.1");
    const free = await new Promise<boolean>((resolve) => {
      probe.once("listening", () => resolve(true)).once("error", () => resolve(false));
    });
    if (!free) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}
