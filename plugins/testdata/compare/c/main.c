/* The handler of the benchmark table in C: what somebody says in a room. */
#include "driplet/driplet.h"

static dr_reply send(dr_event *e) {
  dr_text room = dr_string(e, "room", 64), text = dr_string(e, "text", 2000);
  if (dr_err(e)) return dr_err(e);
  dr_text topic = dr_join(dr("compare."), room);
  if (!dr_subscribed(e->session, topic)) return dr_fail("compare.not_member", "enter the room first");
  int64_t id = dr_kv_incr(dr_join(dr("seq/"), topic), 1, 0);
  dr_json *message = dr_set(dr_object(), "id", id);
  dr_set(message, "from", e->user);
  dr_set(message, "text", text);
  dr_set(message, "at", e->time);
  dr_kv_set(dr_join(dr("msg/"), topic, dr("/"), dr_decimal(id)), message, 7 * DR_DAY);
  dr_publish(topic, message, .event = dr("compare.message"));
  return dr_set(dr_object(), "id", id);
}

/* Counts the words of a text. */
static dr_reply count(dr_event *e) {
  dr_text room = dr_string(e, "room", 64), text = dr_string(e, "text", 2000);
  if (dr_err(e)) return dr_err(e);
  int64_t words = 0;
  bool inside = false;
  for (uint32_t i = 0; i < text.len; i++) {
    bool letter = text.at[i] != ' ' && text.at[i] != '\n';
    words += letter && !inside;
    inside = letter;
  }
  dr_json *answer = dr_set(dr_object(), "room", room);
  dr_set(answer, "from", e->user);
  dr_set(answer, "text", text);
  return dr_set(answer, "words", words);
}

static dr_reply echo(dr_event *e) { return dr_answer(e->data); }

DRIPLET_PLUGIN(
  dr_on("compare.send", send),
  dr_on("compare.count", count),
  dr_on("compare.echo", echo))
