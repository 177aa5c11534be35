// The real programs that the tests of the examples run: driplet, PHP, a shell.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const run = promisify(execFile);

/** How long a program may take to be there, on a busy machine. */
const startMs = 60_000;

/** This process's environment, less what would configure Driplet and the SDKs. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("DRIPLET_")));

let built;
/** The program: DRIPLET_BIN names one that is built already. */
function driplet() {
  if (process.env.DRIPLET_BIN) return process.env.DRIPLET_BIN;
  if (!built) {
    built = join(project, ".build/examples/driplet");
    mkdirSync(dirname(built), { recursive: true });
    execFileSync("go", ["build", "-o", built, "./cmd/driplet"], { cwd: project, stdio: "inherit" });
  }
  return built;
}

/**
 * A port that nobody listens on, below those that systems give to whoever
 * connects or asks for any: so nobody gets it before the program that is told
 * to take it, nor while that program is away for a while.
 */
export async function freePort() {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const probe = createServer().listen(port, "127.0.0.1");
    const free = await new Promise((resolve) => probe.once("listening", () => resolve(true)).once("error", () => resolve(false)));
    if (!free) continue;
    probe.close();
    await once(probe, "close");
    return port;
  }
}

/** A program that runs until it is told to end. */
class Running {
  out = "";
  err = "";
  #child;

  constructor(command, args, env = {}) {
    this.#child = spawn(command, args, { cwd: project, env: { ...environment, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout.on("data", (data) => (this.out += data));
    this.#child.stderr.on("data", (data) => (this.err += data));
  }

  /** Resolves when stdout or stderr holds the text. */
  async says(text) {
    const deadline = Date.now() + startMs;
    while (!this.out.includes(text) && !this.err.includes(text)) {
      if (this.#child.exitCode !== null || Date.now() > deadline) throw new Error(`no ${JSON.stringify(text)} in\n${this.out}${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** SIGTERM asks it to end in order, SIGKILL leaves it no time for that. Resolves to its exit code. */
  async end(signal = "SIGTERM") {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill(signal);
      await once(this.#child, "exit");
    }
    return this.#child.exitCode;
  }
}

/** `driplet plugin run` with a bundled plugin as it is built. */
export class PluginRun {
  #folder = mkdtempSync(join(tmpdir(), "driplet-run-test-"));
  #running;

  static async start(name) {
    const run = new PluginRun();
    run.#running = new Running(driplet(), ["plugin", "run", "-no-build", "-port", "0", join("plugins", name)], { TMPDIR: run.#folder });
    await run.says("Ctrl+C ends it");
    return run;
  }

  get url() {
    return /runs at {2}(\S+)/.exec(this.#running.out)[1];
  }

  says(text) {
    return this.#running.says(text);
  }

  async stop() {
    const code = await this.#running.end();
    rmSync(this.#folder, { recursive: true, force: true });
    return code;
  }
}

/** `driplet demo`, with a temporary folder of its own. */
export class Demo {
  port;
  #folder = mkdtempSync(join(tmpdir(), "driplet-examples-"));
  #running;

  static async start() {
    const demo = new Demo();
    demo.port = await freePort();
    await demo.run();
    return demo;
  }

  /** Runs it (again), on the same port. */
  async run() {
    this.#running = new Running(driplet(), ["demo", "-port", String(this.port)], { TMPDIR: this.#folder });
    await this.#running.says("Ctrl+C ends it");
  }

  get url() {
    return `http://localhost:${this.port}`;
  }

  get folder() {
    return this.#folder;
  }

  get out() {
    return this.#running.out;
  }

  /** The command lines that it says to try. */
  get suggestions() {
    return this.out.split("\n").filter((line) => line.startsWith("  ") && line.includes("demo.news")).map((line) => line.trim());
  }

  /** The secret with which a backend of the demo signs. */
  get apiSecret() {
    return /-secret '([^']+)'/.exec(this.out)[1];
  }

  end(signal) {
    return this.#running.end(signal);
  }

  async stop() {
    await this.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** An example as its README says to run it: driplet with the example's configuration, and PHP's own server. */
export class Example {
  url;
  #programs = [];

  static async start(name) {
    const example = new Example();
    const [driplets, php] = [await freePort(), await freePort()];
    example.url = `http://127.0.0.1:${php}`;
    const server = new Running(driplet(), [
      ...["serve", "-config", `examples/${name}/driplet.toml`, "-port", String(driplets)],
      ...["-set", `Endpoints.default.AllowedOrigins=${example.url}`],
    ]);
    example.#programs.push(server);
    await server.says("driplet listens on");
    const backend = new Running(
      "php",
      ["-S", `127.0.0.1:${php}`, "-t", `examples/${name}/public`, `examples/${name}/backend/router.php`],
      { DRIPLET_URL: `http://127.0.0.1:${driplets}/api/default`, DRIPLET_WEBSOCKET: `ws://127.0.0.1:${driplets}/ws/default` },
    );
    example.#programs.push(backend);
    await backend.says("started");
    return example;
  }

  async stop() {
    for (const program of this.#programs.reverse()) await program.end();
  }
}

/** Runs PHP code with the SDK loaded; resolves to what it printed. */
export async function php(code, env) {
  const autoload = JSON.stringify(join(project, "sdk/php/autoload.php"));
  const { stdout } = await run("php", ["-r", `require ${autoload}; ${code}`], { env: { ...environment, ...env } });
  return stdout;
}

/** Runs a line in a POSIX shell; resolves to what it printed. */
export async function shell(line) {
  const { stdout } = await run("sh", ["-c", line], { cwd: project, env: environment });
  return stdout;
}
