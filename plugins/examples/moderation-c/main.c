/* A plugin that lets through what is said on a topic, hides words that the
 * configuration lists, and mutes who uses them too often. */
#include "driplet/driplet.h"

/* Letters and digits; what is not ASCII counts as letters. */
static bool in_word(uint8_t c) { return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c >= 0x80; }

static bool same_word(dr_text a, dr_text b) {
  if (a.len != b.len) return false;
  for (uint32_t i = 0; i < a.len; i++) {
    char x = a.at[i], y = b.at[i];
    if (x != y && ((x ^ y) != 32 || (x | 32) < 'a' || (x | 32) > 'z')) return false;
  }
  return true;
}

/* Writes stars over the words that the configuration lists, in place, one a byte; counts them. */
static uint32_t mask(char *text, uint32_t len) {
  dr_texts words = dr_config_texts("words");
  uint32_t hidden = 0, start = 0;
  for (uint32_t i = 0; i <= len; i++) {
    if (i < len && in_word(text[i])) continue;
    for (uint32_t w = 0; w < words.len; w++) {
      if (i == start || !same_word(words.at[w], (dr_text){text + start, i - start})) continue;
      hidden++;
      while (start < i) text[start++] = '*';
    }
    start = i + 1;
  }
  return hidden;
}

/* Publishes data.text on data.topic, when its sender is subscribed there. */
static dr_reply say(dr_event *e) {
  dr_text topic = dr_string(e, "topic", 200), text = dr_string(e, "text", 2000);
  if (dr_err(e)) return dr_err(e);
  if (!dr_starts(topic, "talk.") || !dr_subscribed(e->session, topic)) {
    return dr_fail("moderation.not_member", dr_join(dr("subscribe to "), topic, dr(" first")));
  }
  dr_text strikes = dr_join(dr("strikes/"), e->user);
  if (dr_parse(dr_kv_get(strikes), 0) >= dr_config_integer("strikes", 3)) {
    return dr_fail("moderation.muted", "you used words that are not wanted here too often: wait ten minutes");
  }
  uint32_t hidden = mask((char *)text.at, text.len);
  if (hidden) {
    dr_kv_incr(strikes, hidden, 10 * DR_MINUTE);
    dr_metric("hidden", hidden);
  }
  dr_json *message = dr_set(dr_object(), "from", e->user);
  dr_set(message, "text", text);
  dr_set(message, "at", e->time);
  dr_publish(topic, message, .event = dr("moderation.said"));
  return dr_set(dr_object(), "hidden", hidden);
}

/* Tells what say would make of data.text. */
static dr_reply check(dr_event *e) {
  dr_text text = dr_string(e, "text", 2000);
  if (dr_err(e)) return dr_err(e);
  uint32_t hidden = mask((char *)text.at, text.len);
  return dr_set(dr_set(dr_object(), "text", text), "hidden", hidden);
}

DRIPLET_PLUGIN(
  dr_on("moderation.say", say),
  dr_on("moderation.check", check))
