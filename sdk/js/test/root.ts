import { join } from "node:path";

/** The folder of the SDK: compiled tests lie elsewhere, so scripts/test.mjs says it. */
export const root = process.env["DRIPLET_JS"] ?? process.cwd();

/** The folder of the whole project. */
export const project = join(root, "../..");
