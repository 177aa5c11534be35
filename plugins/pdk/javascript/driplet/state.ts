// What timers and requests carry from one event to the next. Text goes as it
// is; whatever else, and whom it is for, goes as JSON behind a mark that no
// text of a script's begins with.

const MARK = "\u0001";

/** What the bytes of a state mean: whom they are for, and the value. */
export function open(text: string): { then: string; state: any } {
  if (!text.startsWith(MARK)) return { then: "", state: text };
  const [then, state] = JSON.parse(text.slice(1));
  return { then, state };
}

/** A state as the bytes that come back with the event. */
export function close(then: string, state: unknown): string {
  if (then === "" && state === undefined) return "";
  if (then === "" && typeof state === "string" && !state.startsWith(MARK)) return state;
  return MARK + JSON.stringify([then, state ?? null]);
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time in milliseconds, or as text: "500ms", "30s", "10m", "2h", "7d". */
export type Duration = number | string;

// Those that were read before: scripts give the same few again and again.
const read = new Map<string, number>();

export function milliseconds(d: Duration, call: string): number {
  if (typeof d === "number") {
    if (!Number.isFinite(d)) throw new TypeError(`${call}: ${d} is no time: write milliseconds, or 500ms, 30s, 10m, 2h or 7d`);
    return d > 0 ? Math.ceil(d) : Math.floor(d); // 0 means something else
  }
  let n = read.get(d);
  if (n !== undefined) return n;
  const found = /^(\d+)(ms|s|m|h|d)$/.exec(d);
  if (!found) throw new TypeError(`${call}: ${JSON.stringify(d)} is no time: write 500ms, 30s, 10m, 2h or 7d`);
  n = Number(found[1]) * UNITS[found[2]!]!;
  if (read.size < 100) read.set(d, n);
  return n;
}
