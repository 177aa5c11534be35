import { SCRATCH_BYTES, scratch, utf8, at, must, NOT_FOUND } from "./bytes";
import { host_config_get } from "./imports";
import { Value, fromTagged, nothing } from "./value";

/** The plugin's configuration: [config] of its manifest, with what the endpoint overrides. */
export abstract class config {
  /** The value at path, to look further into. */
  static get(path: string): Value {
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

  static string(path: string, fallback: string): string { return config.get(path).string("", fallback); }
  static integer(path: string, fallback: i64): i64 { return config.get(path).integer("", fallback); }
  static number(path: string, fallback: f64): f64 { return config.get(path).number("", fallback); }
  static bool(path: string, fallback: bool): bool { return config.get(path).bool("", fallback); }
  /** A list of texts, or one text as a list. */
  static texts(path: string): string[] { return config.get(path).texts(); }
}
