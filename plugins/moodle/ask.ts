// A caller's event becomes a request to Moodle.

import { Event, Reply, defer, fail, http, metric, object } from "../pdk/assemblyscript/driplet";
import { anonymous, isSet, key, signed, timeout, url } from "./settings";
import { stateOf } from "./answer";

const MAX_SESSKEY = 100; // Moodle's has 10 characters
const MAX_BODY = 65536; // bytes that a request may have

/** Asks Moodle; the caller is answered by answered(). */
export function ask(e: Event): Reply | null {
  if (!isSet()) return fail("moodle.not_configured", "this server does not know its Moodle yet; its administrator finds in the log what to set");
  const user = e.account; // of the token, never the client's word
  if (user.length == 0 && !anonymous) return fail("unauthorized", "log in first: this connection belongs to no user");
  const payload = e.data.raw("payload");
  if (payload === null) return fail("bad_request", "payload is missing: send {payload, sesskey}");
  const sesskey = e.stringOr("sesskey", MAX_SESSKEY, "");
  const bad = e.err();
  if (bad) return bad;

  const data = object().set("component", e.event).setRaw("payload", payload).set("sesskey", sesskey);
  const body = object().set("user", user).setRaw("data", data.toString()).toString();
  const size = String.UTF8.byteLength(body);
  if (size > MAX_BODY) return fail("too_large", "the event makes a request of " + size.toString() + " bytes for Moodle, the limit is " + MAX_BODY.toString());

  let handle: i64 = 0; // nobody waits
  if (e.request.length > 0) {
    handle = defer();
    if (handle == 0) return fail("unavailable", "too many callers wait for Moodle; try again");
  }
  const headers = object().set("Content-Type", "application/json").set("Accept", "application/json").set("X-Moodle-Key", key).toString();
  if (!http.fetch({ url, method: "POST", headers, body, timeout, signed }, stateOf(handle, e.event))) {
    return fail("unavailable", "too many requests to Moodle are under way; try again");
  }
  metric("asked");
  return null;
}
