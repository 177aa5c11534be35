// A moderation filter: what clients publish on talk.* is {"text"}; words that
// the configuration lists are hidden, and who uses them too often is muted.

import { Event, MINUTE, config, fail, kv, metric, object, onPublish, pass, replace } from "../../pdk/assemblyscript/driplet";

onPublish((e: Event) => {
  if (e.session == "") return pass(); // a backend knows what it says
  const text = e.data.stringOrNull("text");
  if (text === null || text.length == 0 || text.length > 2000) {
    return fail("filter.text", "publish {\"text\": …} with 1 to 2,000 characters");
  }
  const strikes = "strikes/" + e.user, used = kv.get(strikes);
  if (used !== null && I64.parseInt(used) >= config.integer("strikes", 3)) {
    return fail("filter.muted", "you used words that are not wanted here too often: wait ten minutes");
  }
  const shown = mask(text);
  if (shown == text) return pass();
  kv.incr(strikes, 1, 10 * MINUTE);
  metric("hidden", 1);
  return replace(object().set("text", shown));
});

/** Writes stars over the words that the configuration lists. */
function mask(text: string): string {
  const words = config.texts("words");
  let out = "", word = "";
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : 0x20;
    if (isLetter(c)) {
      word += String.fromCharCode(c);
      continue;
    }
    out += words.includes(word.toLowerCase()) ? "*".repeat(word.length) : word;
    if (i < text.length) out += String.fromCharCode(c);
    word = "";
  }
  return out;
}

/** What is not ASCII counts as a letter. */
function isLetter(c: i32): bool {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c >= 0x80;
}
