import { utf8, envelope, at, scratch, must, UNAVAILABLE } from "./bytes";
import { host_http_fetch, host_timer_set, host_log, host_metric, host_now, host_random } from "./imports";

/** A request for http.fetch; all but url may be left out. */
export class Request {
  url: string = "";
  /** GET, POST, … */
  method: string = "GET";
  /** A JSON object of strings. */
  headers: string = "";
  body: string = "";
  /** Milliseconds, at most 30,000. */
  timeout: i32 = 5000;
  /** With the endpoint's secret, so that the other side knows who asks. */
  signed: bool = false;
}

export namespace http {
  /** Sends a request when the handler ends. The answer comes to the handler of onHttp, with state (4 KiB at most) as e.state. false: it will not be sent, too many are under way. */
  export function fetch(request: Request, state: string = ""): bool {
    const timeout = new ArrayBuffer(4), signed = new ArrayBuffer(1);
    store<i32>(at(timeout), request.timeout);
    store<u8>(at(signed), request.signed);
    const r = envelope([utf8(request.method), utf8(request.url), utf8(request.headers), utf8(request.body), timeout, signed]), s = utf8(state);
    const n = host_http_fetch(at(r), r.byteLength, at(s), s.byteLength);
    if (n != UNAVAILABLE) must(n, "http.fetch", request.url);
    return n == 0;
  }
}

export namespace timer {
  /** Has the handler of onTimer(name) called at a time (milliseconds since 1970), with state (4 KiB at most) as e.state. The same name again replaces it. */
  export function set(name: string, time: i64, state: string = ""): void {
    const n = utf8(name), s = utf8(state);
    must(host_timer_set(at(n), n.byteLength, max<i64>(time, 1), at(s), s.byteLength), "timer.set", name);
  }

  /** Takes a timer back. */
  export function cancel(name: string): void {
    const n = utf8(name);
    must(host_timer_set(at(n), n.byteLength, 0, scratch, 0), "timer.cancel", name);
  }
}

export namespace log {
  export function debug(text: string): void { write(0, text); }
  export function info(text: string): void { write(1, text); }
  export function warn(text: string): void { write(2, text); }
  export function error(text: string): void { write(3, text); }
}

function write(level: i32, text: string): void {
  const t = utf8(text);
  host_log(level, at(t), t.byteLength); // a log line too many is no reason to fail
}

/** Adds to the plugin's counter of this name (a-z 0-9 _). */
export function metric(name: string, value: i64 = 1): void {
  const n = utf8(name);
  host_metric(at(n), n.byteLength, value);
}

/** Now, in milliseconds since 1970. e.time is when the event happened. */
export function now(): i64 { return host_now(); }

/** Random bytes, at most 65,536, good for secrets. */
export function random(length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  must(host_random(bytes.dataStart, length), "random", length.toString());
  return bytes;
}
