// What is committed in dist/ is what the sources give, and small enough.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./root.ts";

const files = ["driplet.d.ts", "driplet.js", "driplet.mjs"];

function temporary(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "driplet-build-"));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("dist/ is the sources, byte for byte", () => {
  temporary((folder) => {
    execFileSync(process.execPath, [join(root, "scripts/build.mjs"), folder]);
    assert.deepEqual(readdirSync(folder).sort(), files);
    assert.deepEqual(readdirSync(join(root, "dist")).sort(), files);
    for (const name of files) {
      const same = readFileSync(join(folder, name)).equals(readFileSync(join(root, "dist", name)));
      assert.ok(same, `dist/${name} is not what the sources give: run 'npm run build' and commit it`);
    }
  });
});

for (const name of ["driplet.js", "driplet.mjs"]) {
  test(`${name} is at most 6 KB, compressed`, (t) => {
    const size = gzipSync(readFileSync(join(root, "dist", name)), { level: 9 }).length;
    t.diagnostic(`${size} bytes`);
    assert.ok(size <= 6000, `${size} bytes`);
  });
}

test("nothing is needed at run time", () => {
  const pkg = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
  assert.equal(pkg["dependencies"], undefined);
  assert.equal(pkg["peerDependencies"], undefined);
  assert.doesNotMatch(readFileSync(join(root, "dist/driplet.mjs"), "utf8"), /\bimport\b|\brequire\(/);
});

test("the module loads where there is no window, and connects nowhere", async () => {
  const module = (await import(join(root, "dist/driplet.mjs"))) as typeof import("../src/index.ts");
  assert.deepEqual(Object.keys(module).sort(), ["DripletClient", "DripletError"]);
  const asked = () => Promise.reject(new Error("nobody may ask"));
  assert.equal(module.DripletClient.getInstance("wss://example.com/ws/default", asked).state, "closed");
});

/** A page's code as a strict project would compile it: only the declarations are there. */
const page = `
import { DripletClient, DripletError, type Message, type Subscription } from "driplet";
import { WebSocket as Ws } from "ws";
interface Entry { text: string }
const client = DripletClient.getInstance("/ws/default", "/jwt", { WebSocket, timeout: 5000, reconnect: { max: 1000 } });
DripletClient.getInstance("wss://host/ws/default", async () => null, { WebSocket: Ws, shared: false });
const held: Subscription<Entry> = client.subscribe<Entry>("log", (m) => m.message.text.trim());
held.on("event:entry", (m: Message<Entry>) => m.offset?.toFixed());
held.on("join", (m) => m.id);
held.on("gap", (g) => g.reason === "epoch");
held.ready.then(({ recovered }) => recovered);
client.call<{ id: number }>("chat.send", { text: "" }, { signal: AbortSignal.timeout(5) }).then((r) => r.id.toFixed());
client.on("error", (e) => e instanceof DripletError && e.code + e.retry);
client.on("state", (s) => s === "offline");
const user: string | null = client.user;
// @ts-expect-error: there is no public constructor
new DripletClient();
// @ts-expect-error: an unknown event
held.on("messages", () => user);
// @ts-expect-error: a state is not to be set
client.state = "closed";
// @ts-expect-error: a message may be anything until the caller says what
client.onMessage((m) => m.message.text);
`;

test("the declarations stand by themselves and say what is meant", () => {
  temporary((folder) => {
    writeFileSync(join(folder, "page.ts"), page);
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      target: "ES2022",
      module: "ESNext",
      moduleResolution: "Bundler",
      lib: ["ES2022", "DOM"],
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
      paths: { driplet: [join(root, "dist/driplet.d.ts")], ws: [join(root, "node_modules/@types/ws")] },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["page.ts"] }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const run = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stdout);
  });
});

test("what the declarations say is there, is there", async () => {
  const said = readFileSync(join(root, "dist/driplet.d.ts"), "utf8").matchAll(/^export declare (?:class|function|const) (\w+)/gm);
  const module = (await import(join(root, "dist/driplet.mjs"))) as object;
  assert.deepEqual([...said].map((m) => m[1]).sort(), Object.keys(module).sort());
});

test("a bundler keeps the global build, which is there for its effect", async () => {
  const bundle = (code: string) => build({ stdin: { contents: code, resolveDir: root }, bundle: true, write: false, logLevel: "silent" });
  const { outputFiles, warnings } = await bundle('import "driplet/global";');
  assert.deepEqual(warnings, []);
  assert.ok(outputFiles[0]?.text.includes("DripletClient"));
  const unused = await bundle('import { DripletError } from "driplet"; console.log(typeof DripletError);');
  assert.ok((unused.outputFiles[0]?.text.length ?? 0) < 1000, "the rest of the module is left out where it is not used");
});

test("the global build adds two names, and loaded twice it keeps the page's one client", () => {
  const page = createContext({ setTimeout, clearTimeout });
  const script = readFileSync(join(root, "dist/driplet.js"), "utf8");
  runInContext(script, page);
  const make = 'DripletClient.getInstance("ws://host/ws/default", "/jwt")';
  const first: unknown = runInContext(make, page);
  runInContext(script, page);
  assert.equal(runInContext(make, page), first);
  assert.deepEqual(Object.keys(page).sort(), ["Driplet", "DripletClient", "clearTimeout", "setTimeout"]);
  assert.equal(runInContext("DripletClient === Driplet.DripletClient && new Driplet.DripletError('a', 'b').code", page), "a");
});

test("CommonJS reaches it by import()", () => {
  const code = 'import("driplet").then((m) => console.log(Object.keys(m).sort().join()))';
  const run = spawnSync(process.execPath, ["--input-type=commonjs", "-e", code], { encoding: "utf8", cwd: root });
  assert.equal(run.stdout, "DripletClient,DripletError\n", run.stderr);
});

test("the lock file names no registry", () => {
  assert.doesNotMatch(readFileSync(join(root, "package-lock.json"), "utf8"), /"resolved"/);
});
