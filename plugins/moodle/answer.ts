// What came of a request to Moodle goes to the caller.

import { Event, Refusal, Reply, clean, fail, json, log, metric, object, reply } from "../pdk/assemblyscript/driplet";

const MAX_ANSWER = 65536; // bytes of a caller's answer
const MAX_MESSAGE = 300;

/** Carries handle and component along with a request. */
export function stateOf(handle: i64, component: string): string { return handle.toString() + " " + component; }

/** Answers the caller, whatever came back. */
export function answered(e: Event): Reply | null {
  const state = e.state, cut = state.indexOf(" ");
  const handle = I64.parseInt(state.substring(0, cut)), component = state.substring(cut + 1);
  const refusal = refusalOf(e);
  tell(e, component, refusal);
  metric(refusal ? "refused" : "answered");
  if (handle != 0 && !reply(handle, refusal ? refusal : json(e.data.raw("result.data")!))) {
    log.info("Moodle's answer to " + component + " came when its caller had gone");
  }
  return null;
}

// refusalOf is what the caller is told instead of an answer; null: there is one.
function refusalOf(e: Event): Refusal | null {
  const status = e.status;
  if (status == 0) {
    const code = e.data.string("code");
    if (code == "timeout") return fail("timeout", "Moodle did not answer in time; it may have acted");
    if (code == "too_large") return tooLarge();
    return fail("unavailable", "Moodle cannot be reached; try again later");
  }
  if (status != 200) return fail("unavailable", "Moodle answered HTTP " + status.toString() + "; try again later");
  const whole = e.data.raw();
  if (whole === null || whole.length != e.body.trim().length) return notJSON(); // something before or behind it
  if (e.data.has("error")) return refused(e);
  const data = e.data.raw("result.data");
  if (data === null) return notJSON();
  return String.UTF8.byteLength(data) > MAX_ANSWER ? tooLarge() : null;
}

// refused is Moodle's own error; where it fails before its webhook begins, it
// gives text instead of {code, message}.
function refused(e: Event): Refusal {
  const code = e.data.integer("error.code"), text = clean(e.data.string("error.message", e.data.string("error")), MAX_MESSAGE);
  const message = text.length > 0 ? text : "Moodle could not handle this";
  return fail(code == 401 ? "unauthorized" : "moodle.error", message, object().set("code", code));
}

function notJSON(): Refusal { return fail("moodle.bad_answer", "Moodle's answer is not what its webhook gives; the server's log says what it was"); }
function tooLarge(): Refusal { return fail("too_large", "Moodle's answer is larger than a caller can be given: have the page fetch it from Moodle"); }

// In a row, as far as this instance knows: a dead Moodle must not fill the log.
let failures: i32 = 0;

// tell says to the operator what only the operator can mend.
function tell(e: Event, component: string, refusal: Refusal | null): void {
  if (!refusal || refusal.code == "moodle.error") {
    failures = 0;
    return;
  }
  failures++;
  if ((failures & (failures - 1)) != 0) return; // the 1st, 2nd, 4th, 8th …
  const why = refusal.code == "unauthorized" ? "; is key the X-Moodle-Key of Moodle's settings?" : "";
  log.warn(component + ": " + refusal.code + ": HTTP " + e.status.toString() + ": " + clean(e.body, MAX_MESSAGE) + why);
}
