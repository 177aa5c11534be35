// Errors that nobody caught: they end the instance, and their text, with the
// places in the author's own files, is what the server's log says.

import { synchronous } from "./handlers";

interface Place { name: string; file: string; line: number; column: number }

const FRAME = /^\s*at (?:(.*) )?\(?plugin\.js:(\d+)(?::(\d+))?\)?$/;
const MOST = 5; // frames that are told

/** Ends the instance with an error's text. undefined: a promise is waiting. */
export function explain(thrown: unknown): void {
  const error: any = thrown === undefined ? synchronous() : thrown;
  const isError = error instanceof Error, text = isError ? `${error.name}: ${error.message}` : `thrown: ${JSON.stringify(error) ?? String(error)}`;
  const [top, ...callers] = isError ? places(String(error.stack)) : [];
  if (!top) driplet$abort(text, "plugin", 0, 0);
  const called = callers.slice(0, MOST - 1).map((p) => `, called by ${p.name} (${p.file}:${p.line}:${p.column})`);
  driplet$abort(`${text} in ${top.name}${called.join("")}`, top.file, top.line, top.column);
}

function places(stack: string): Place[] {
  const map = new SourceMap(), out: Place[] = [];
  for (const line of stack.split("\n")) {
    const found = FRAME.exec(line);
    if (!found) continue;
    const place = map.place(Number(found[2]), Number(found[3] ?? 1), found[1] || "<anonymous>");
    if (place) out.push(place);
  }
  return out;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bundle's source map (ECMA-426), as far as places in the author's files need it. */
class SourceMap {
  private map: { sources: string[]; mappings: string } = JSON.parse(driplet$map());

  /** The author's place of one in the bundle; null: it is in this library. Lines and columns count from 1. */
  place(line: number, column: number, name: string): Place | null {
    const state = [0, 0, 0, 0]; // column in the bundle, source, line, column
    let best: Place | null = null, at = 0;
    for (const group of this.map.mappings.split(";")) {
      state[0] = 0;
      at++;
      for (const segment of group.split(",")) {
        if (segment.length === 0) continue;
        decode(segment, state);
        if (at === line && (state[0]! < column || best === null)) {
          best = { name, file: this.map.sources[state[1]!]!, line: state[2]! + 1, column: state[3]! + 1 };
        }
      }
      if (at === line) break;
    }
    return best === null || best.file.startsWith("driplet:") ? null : best;
  }
}

// Adds a segment's numbers, base 64 VLQ, to state.
function decode(segment: string, state: number[]): void {
  let value = 0, shift = 0, field = 0;
  for (const c of segment) {
    const digit = DIGITS.indexOf(c);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    if (field < 4) state[field]! += value & 1 ? -(value >> 1) : value >> 1;
    field++;
    value = shift = 0;
  }
}
