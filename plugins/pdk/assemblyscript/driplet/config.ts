import { SCRATCH_BYTES, scratch, begin, lend, lent, at, must, NOT_FOUND } from "./bytes";
import { host_config_get } from "./imports";
import { Value, openFound, foundValue, foundString, foundInteger, foundNumber, foundBool, foundTexts, nothing } from "./value";

// find looks up path; what is there is "found", as in value.ts.
function find(path: string): bool {
  begin();
  const p = lend(path), pn = lent;
  let out = scratch, cap = SCRATCH_BYTES;
  while (true) {
    const n = host_config_get(p, pn, out, cap);
    if (n == NOT_FOUND) return false;
    must(n, "config", path);
    if (n <= cap) {
      openFound(out, n);
      return true;
    }
    out = at(new ArrayBuffer(n)); // nothing is collected while a handler runs
    cap = n;
  }
}

/** The plugin's configuration: [config] of its manifest, with what the endpoint overrides. */
export abstract class config {
  /** The value at path, to look further into. */
  static get(path: string): Value { return find(path) ? foundValue() : nothing(); }
  static string(path: string, fallback: string): string { return find(path) ? foundString(fallback) : fallback; }
  static integer(path: string, fallback: i64): i64 { return find(path) ? foundInteger(fallback) : fallback; }
  static number(path: string, fallback: f64): f64 { return find(path) ? foundNumber(fallback) : fallback; }
  static bool(path: string, fallback: bool): bool { return find(path) ? foundBool(fallback) : fallback; }
  /** A list of texts, or one text as a list. */
  static texts(path: string): string[] { return find(path) ? foundTexts() : []; }
}
