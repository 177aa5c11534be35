// Errors that nobody caught: they end the instance, and their text, with the
// places in the author's own files, is what the server's log says.

import { synchronous } from "./handlers";

interface Place { name: string; file: string; line: number; column: number }

// What scripts look for that were written for elsewhere, and what is here instead.
const ELSEWHERE: Record<string, string> = {
  fetch: "use http.fetch(request, { then, state }) of \"driplet\"", XMLHttpRequest: "use http.fetch(request, { then, state }) of \"driplet\"",
  setTimeout: "use timer.set(name, now() + 1000) of \"driplet\"", setInterval: "write timers = { name = \"every 10s\" } into the manifest", setImmediate: "use timer.set(name, now()) of \"driplet\"",
  crypto: "use random(n) of \"driplet\"", localStorage: "use kv of \"driplet\"", require: "use import", structuredClone: "use JSON.parse(JSON.stringify(v))",
};
const NOT_HERE = /^'?(\w+)'? is not defined$/;
const OTHERS = /^(process|Buffer|global|window|document|navigator|location|URL|URLSearchParams|TextEncoder|TextDecoder|AbortController|WebSocket|queueMicrotask|performance|Intl)$/;

function instead(error: Error): string {
  const name = error.name === "ReferenceError" ? NOT_HERE.exec(error.message)?.[1] : undefined;
  if (name === undefined) return "";
  const use = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : OTHERS.test(name) ? "a plugin has neither a browser nor Node around it, but what \"driplet\" exports" : undefined;
  return use === undefined ? "" : `: ${use}`;
}

const FRAME = /^\s*at (?:(.*) )?\(?plugin\.js:(\d+)(?::(\d+))?\)?$/;
const MOST = 5; // frames that are told

/** Ends the instance with an error's text. undefined: a promise is waiting. */
export function explain(thrown: unknown): void {
  const error: any = thrown === undefined ? synchronous() : thrown;
  const isError = error instanceof Error, text = isError ? `${error.name}: ${error.message}${instead(error)}` : `thrown: ${JSON.stringify(error) ?? String(error)}`;
  const [top, ...callers] = isError ? places(String(error.stack)) : [];
  if (!top) driplet$abort(text, "plugin", 0, 0);
  const called = callers.map((p) => `, called by ${p.name} (${p.file}:${p.line}:${p.column})`);
  driplet$abort(`${text} in ${top.name}${called.join("")}`, top.file, top.line, top.column);
}

function places(stack: string): Place[] {
  const table = driplet$places(), files = table.slice(0, table.indexOf("\n")).split("\t"), out: Place[] = [];
  for (const line of stack.split("\n")) {
    const found = out.length < MOST && FRAME.exec(line);
    if (found) find(table, files, found[1] || "<anonymous>", found[2]!, Number(found[3] ?? 1), out);
  }
  return out;
}

// find adds the author's place of one in the bundle; it is in none where it is
// in this library. cmd/driplet/build/javascript/places.go tells how the table looks.
function find(table: string, files: string[], name: string, row: string, at: number, out: Place[]): void {
  const start = table.indexOf(`\n${row}:`);
  if (start < 0) return;
  const segments = table.slice(start + row.length + 2, table.indexOf("\n", start + 1)).split(";");
  let best = segments[0]!;
  for (const segment of segments) {
    if (parseInt(segment) > at) break;
    best = segment;
  }
  const [, file, line, column] = best.split(",").map(Number);
  out.push({ name, file: files[file!]!, line: line!, column: column! });
}
