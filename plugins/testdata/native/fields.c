/* What the conformance suite does not ask for: fields, patterns, memory. fields.rs is the same. */
#include "driplet/driplet.h"

static dr_reply read(dr_event *e) {
  dr_json *o = dr_set(dr_object(), "string", dr_string(e, "s", 3));
  dr_set(o, "string_or", dr_string_or(e, "so", 3, dr("fall")));
  dr_set(o, "id", dr_id(e, "id", 3));
  dr_set(o, "integer", dr_integer(e, "n", -5, 5));
  dr_set(o, "integer_or", dr_integer_or(e, "no", 0, 9, 7));
  return dr_err(e) ? dr_err(e) : o;
}

static dr_reply lists(dr_event *e) {
  dr_json *items = dr_list(), *texts = dr_list();
  dr_values v = dr_value_items(e->data, "list");
  for (uint32_t i = 0; i < v.len; i++) dr_push(items, v.at[i]);
  dr_texts t = dr_value_texts(e->data, "list");
  for (uint32_t i = 0; i < t.len; i++) dr_push(texts, t.at[i]);
  return dr_set(dr_set(dr_object(), "items", items), "texts", texts);
}

static dr_reply size(dr_event *e) {
  dr_text value = dr_kv_get(dr_string(e, "key", 64));
  return dr_answer(value.len);
}

static dr_reply grow(dr_event *e) {
  int64_t n = dr_integer(e, "n", 0, 1000000000);
  dr_json *l = dr_list();
  for (int64_t i = 0; i < n; i++) dr_push(l, i);
  return dr_answer(dr(l).len);
}

static dr_reply wrong(dr_event *e) { return dr_push(dr_set(dr_object(), "user", e->user), 1); }
static dr_reply denied(dr_event *e) {
  dr_publish("other", "1");
  return dr_answer(e->user);
}
static dr_reply some(dr_event *e) { return dr_answer(dr_join(dr("some "), e->event)); }
static dr_reply more(dr_event *e) { return dr_answer(dr_join(dr("more "), e->event)); }

DRIPLET_PLUGIN(
  dr_on("fields.some.*", some), dr_on("fields.some.more.*", more), dr_on("fields.read", read), dr_on("fields.lists", lists),
  dr_on("fields.size", size), dr_on("fields.grow", grow), dr_on("fields.wrong", wrong), dr_on("fields.denied", denied))
