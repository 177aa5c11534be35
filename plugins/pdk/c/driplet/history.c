/* What topics keep of their events. */
#include "abi.h"

static uint64_t offset_at(const char *at) {
  uint64_t offset;
  __builtin_memcpy(&offset, at, 8);
  return offset;
}

/* Takes a field off an envelope. */
static dr_text take(const char **at) {
  dr_text field;
  __builtin_memcpy(&field.len, *at, 4);
  field.at = *at + 4;
  *at += 4 + field.len;
  return field;
}

dr_past dr_history_(dr_text topic, dr_history_options o) {
  dr_text since = {"", 0};
  if (o.since.epoch.len) since = dr_envelope((dr_text[]){o.since.epoch, {(char *)&o.since.offset, 8}}, 2);
  int32_t limit = o.limit == 0 ? 100 : o.limit < 0 ? 0 : o.limit;
#define CALL(out, cap) host_history(topic.at, topic.len, limit, since.at, since.len, out, cap)
  DR_READ(n, result, CALL);
#undef CALL
  dr_past past = {0};
  if (n == DR_NOT_FOUND) return past;
  dr_must(n, "dr_history", topic);
  const char *at = result + 4;
  past.kept = true;
  past.head.epoch = take(&at);
  past.head.offset = offset_at(take(&at).at);
  past.whole = *take(&at).at;
  past.more = *take(&at).at;
  past.next = since.len && past.whole ? o.since : past.head;
  at = take(&at).at; /* the events */
  past.len = (uint8_t)at[2] | (uint32_t)(uint8_t)at[3] << 8;
  past.at = dr_memory(past.len * sizeof *past.at);
  at += 4;
  for (uint32_t i = 0; i < past.len; i++) {
    const char *field = take(&at).at + 4;
    dr_past_event *e = &past.at[i];
    e->offset = offset_at(take(&field).at);
    e->event = take(&field);
    e->from = take(&field);
    e->data.json = take(&field);
    e->target.json = take(&field);
    past.next = (dr_position){past.head.epoch, e->offset};
  }
  return past;
}
