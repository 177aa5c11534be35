// Builds dist/ (or the folder given): the same sources and lock file give the same bytes.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = resolve(process.argv[2] ?? join(root, "dist"));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const banner = `/*! Driplet ${version} | MIT License */`;

const common = { absWorkingDir: root, bundle: true, minify: true, target: "es2022", legalComments: "none", banner: { js: banner }, charset: "utf8" };
mkdirSync(out, { recursive: true });
await build({ ...common, entryPoints: ["src/index.ts"], format: "esm", outfile: join(out, "driplet.mjs") });
await build({ ...common, entryPoints: ["src/global.ts"], format: "iife", outfile: join(out, "driplet.js") });
writeFileSync(join(out, "driplet.d.ts"), declarations());

// One file of declarations: the modules that make the public face, without
// their imports of each other.
function declarations() {
  const folder = mkdtempSync(join(tmpdir(), "driplet-types-"));
  try {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const flags = ["--noEmit", "false", "--emitDeclarationOnly", "--declaration", "--stripInternal", "--outDir", folder, "--rootDir", join(root, "src")];
    execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), ...flags], { stdio: "inherit" });
    const parts = ["error", "types", "client"].map((name) =>
      readFileSync(join(folder, `${name}.d.ts`), "utf8").replace(/^import .*;\n/gm, ""),
    );
    return `${banner}\n${parts.join("\n")}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
