import { UNAVAILABLE, failed, noJSON, stringify } from "./errors";
import { type Duration, close, milliseconds } from "./state";

/** A request for http.fetch; all but url may be left out. */
export interface Request {
  url: string;
  /** GET, POST, … */
  method?: string;
  headers?: Record<string, string>;
  /** Text, or a value to send as JSON. */
  body?: unknown;
  /** At most 30 s; absent: 5 s. */
  timeout?: Duration;
  /** With the endpoint's secret, so that the other side knows who asks. */
  signed?: boolean;
}

/** then: the name of the onHttp handler that gets the answer; state: what it finds in e.state (4 KiB at most as JSON). */
export interface Continuation { then?: string; state?: unknown }

export const http = {
  /** Sends a request when the handler ends; the answer comes to a handler of onHttp. false: it will not be sent, too many are under way. */
  fetch(request: Request, { then = "", state }: Continuation = {}): boolean {
    if (typeof request?.url !== "string") throw new TypeError("http.fetch: the request has no url: http.fetch({ url: \"https://…\" }, { then: \"name\" })");
    if (typeof then !== "string") throw new TypeError("http.fetch: then is a handler's name: onHttp(\"name\", (e) => …), then http.fetch(request, { then: \"name\" })");
    const { url, method = "", body = "" } = request, text = typeof body === "string";
    let headers = request.headers;
    if (!text && !Object.keys(headers ?? {}).some((name) => name.toLowerCase() === "content-type")) headers = { ...headers, "content-type": "application/json" };
    const timeout = request.timeout === undefined ? 0 : milliseconds(request.timeout, "http.fetch");
    const n = driplet$http_fetch(close(then, state), timeout, request.signed ? 1 : 0, method, url,
      headers && stringify(headers), text ? body : stringify(body) ?? noJSON(body, "http.fetch"));
    if (n < 0 && n !== UNAVAILABLE) failed(n, "http.fetch", url);
    return n === 0;
  },
};

export const timer = {
  /** Has the handler of onTimer(name) called at a time (milliseconds since 1970), with state as e.state. The same name again replaces it. */
  set(name: string, at: number, state?: unknown): void {
    if (!Number.isFinite(+at)) throw new TypeError(`timer.set: ${JSON.stringify(at)} is no time: write milliseconds since 1970, like now() + 10_000`);
    const n = driplet$timer_set(name, Math.max(+at, 1), close("", state));
    if (n < 0) failed(n, "timer.set", name);
  },
  /** Takes a timer back. */
  cancel(name: string): void {
    const n = driplet$timer_set(name, 0, "");
    if (n < 0) failed(n, "timer.cancel", name);
  },
};

// A line too many is no reason to fail.
function write(level: number, parts: unknown[]): void {
  driplet$log(level, parts.map(shown).join(" "));
}

function shown(part: unknown): string {
  if (typeof part === "string") return part;
  try {
    return (part instanceof Error ? undefined : JSON.stringify(part)) ?? String(part);
  } catch { // a BigInt, a circle
    try {
      return String(part);
    } catch {
      return typeof part;
    }
  }
}

/** Lines for the server's log; values are written as JSON. */
export const log = {
  debug(...parts: unknown[]): void { write(0, parts); },
  info(...parts: unknown[]): void { write(1, parts); },
  warn(...parts: unknown[]): void { write(2, parts); },
  error(...parts: unknown[]): void { write(3, parts); },
};

/** Adds to the plugin's counter of this name (a-z 0-9 _). */
export function metric(name: string, value = 1): void { driplet$metric(name, value); }

/** Now, in milliseconds since 1970. e.time is when the event happened. */
export function now(): number { return driplet$now(); }

/** Random bytes, at most 65,536, good for secrets. */
export function random(length: number): Uint8Array {
  const bytes = driplet$random(length);
  return typeof bytes === "number" ? failed(bytes, "random", String(length)) : bytes;
}

/** The plugin's configuration: [config] of its manifest, with what the endpoint overrides. */
export const config: any = driplet$config();
