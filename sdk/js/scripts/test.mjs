// Compiles the tests and runs them with node's runner. Arguments narrow them:
// `node scripts/test.mjs protocol browser/` runs test/protocol.test.ts and all of test/browser/.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = process.argv.slice(2);
const tests = readdirSync(join(root, "test"), { recursive: true })
  .filter((name) => name.endsWith(".test.ts"))
  .filter((name) => wanted.length === 0 || wanted.some((w) => name.startsWith(w)))
  .sort();
if (tests.length === 0) {
  console.error(`no test starts with ${wanted.join(" or ")}`);
  process.exit(2);
}

const out = join(root, ".build/test");
rmSync(out, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: tests.map((name) => join("test", name)),
  outbase: "test",
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
});
// The server that the tests run: DRIPLET_BIN names one that is built already.
let program = process.env.DRIPLET_BIN;
if (!program && tests.some((name) => /^(server|moodle|browser)/.test(name))) {
  program = join(root, ".build/driplet");
  const built = spawnSync("go", ["build", "-o", program, "./cmd/driplet"], { cwd: join(root, "../.."), stdio: "inherit" });
  if (built.status !== 0) {
    console.error("the tests need the server: install Go, or name a built one by DRIPLET_BIN");
    process.exit(1);
  }
}

const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
// One file after the other: the machine may be small, and some start servers and browsers.
// The time limit is each file's and each test's: for what hangs, not for what a busy machine delays.
const flags = ["--test-reporter=spec", "--enable-source-maps", "--test", "--test-concurrency=1", "--test-timeout=600000"];
const run = spawnSync(process.execPath, [...flags, ...files], { cwd: root, stdio: "inherit", env: { ...process.env, DRIPLET_JS: root, DRIPLET_BIN: program ?? "" } });
process.exit(run.status ?? 1);
