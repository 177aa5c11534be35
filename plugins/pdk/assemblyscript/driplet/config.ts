import { SCRATCH_BYTES, scratch, utf8, at, must, NOT_FOUND } from "./bytes";
import { host_config_get } from "./imports";
import { Value, fromTagged, nothing } from "./value";

/** The plugin's configuration: [config] of its manifest, with what the endpoint overrides. */
export namespace config {
  /** The value at path, to look further into. */
  export function get(path: string): Value {
    const p = utf8(path);
    let out = scratch, cap = SCRATCH_BYTES;
    while (true) {
      const n = host_config_get(at(p), p.byteLength, out, cap);
      if (n == NOT_FOUND) return nothing();
      must(n, "config", path);
      if (n <= cap) return fromTagged(out, n);
      out = at(new ArrayBuffer(n)); // nothing is collected while a handler runs
      cap = n;
    }
  }

  export function string(path: string, fallback: string): string { return get(path).string("", fallback); }
  export function integer(path: string, fallback: i64): i64 { return get(path).integer("", fallback); }
  export function number(path: string, fallback: f64): f64 { return get(path).number("", fallback); }
  export function bool(path: string, fallback: bool): bool { return get(path).bool("", fallback); }
  /** A list of texts, or one text as a list. */
  export function texts(path: string): string[] { return get(path).texts(); }
}
