/* Events: from the host's envelope to a handler, and its answer back. */
#include "abi.h"

void dr_memory_reset(void);

__attribute__((export_name("dr_abi"))) int32_t dr_export_abi(void) { return 1; }

/* A name that ends in * takes all that begin so; the longest that fits wins. */
static dr_handler find(int32_t kind, dr_text name) {
  const dr_route *best = NULL;
  uint32_t longest = 0;
  for (uint32_t i = 0; i < dr_routes_len; i++) {
    const dr_route *r = &dr_routes[i];
    if (r->kind != kind) continue;
    dr_text n = r->name;
    if ((kind != 5 && kind != 7) || dr_equal(n, name)) return r->handler;
    if (!n.len || n.at[n.len - 1] != '*' || n.len <= longest) continue;
    if (!dr_starts_(name, (dr_text){n.at, n.len - 1})) continue;
    best = r;
    longest = n.len;
  }
  return best ? best->handler : NULL;
}

/* The field at *at, which moves on behind it. */
static inline dr_text field(const char **at) {
  uint32_t n;
  __builtin_memcpy(&n, *at, 4);
  dr_text t = {*at + 4, n};
  *at += 4 + n;
  return t;
}

/* Whether six fields are empty. */
static inline bool none_of_six(const char *at) {
  uint64_t lengths[3];
  __builtin_memcpy(&lengths[2], at + 16, 8);
  __builtin_memcpy(lengths, at, 16);
  return !(lengths[0] | lengths[1] | lengths[2]);
}

/* Every event has its first ten fields; some kinds have more. What lies last is written first: an access is checked
 * against the memory's size, unless one behind it was. */
static inline void read_event(dr_event *e, const char *at) {
  __asm__("" : "+r"(e)); /* one address for all of it: offsets from the stack's are added each time */
  const dr_text none = {at, 0};
  dr_text index = none;
  e->bad = NULL;
  e->query = e->method = e->target.json = e->headers.json = none;
  e->status = 0;
  e->state = none;
  const char *envelope = at;
  uint32_t more = *(const uint16_t *)(at + 2) - 10;
  at += 4;
  e->event = field(&at);
  e->topic = field(&at);
  e->session = field(&at);
  e->user = field(&at);
  e->request = field(&at);
  e->claims.json = field(&at);
  dr_text time = field(&at);
  __builtin_memcpy(&e->time, time.at, 8);
  e->data.json = field(&at);
  e->account = field(&at);
  e->endpoint = field(&at);
  if (more > 6 && none_of_six(at)) { /* of most kinds with an index */
    at += 6 * 4;
    index = field(&at);
  } else if (more) {
    e->state = field(&at);
    if (more > 1) {
      dr_text status = field(&at);
      if (status.len >= 4) __builtin_memcpy(&e->status, status.at, 4);
    }
    if (more > 2) e->headers.json = field(&at);
    if (more > 3) e->target.json = field(&at);
    if (more > 4) e->method = field(&at);
    if (more > 5) e->query = field(&at);
    if (more > 6) index = field(&at);
  }
  dr_show(envelope, e->data.json, index);
}

__attribute__((export_name("dr_event"))) uint64_t dr_export_event(int32_t kind, const char *at, uint32_t len) {
  (void)len; /* the host's envelopes are well formed */
  dr_memory_reset();
  dr_event e;
  read_event(&e, at);
  dr_handler handler = find(kind, e.event);
  dr_reply reply = NULL;
  if (handler) reply = handler(&e);
  else if (kind == 5) reply = dr_fail("no_handler", dr_join(dr("no handler for the event "), e.event));
  else if (kind == 8 && e.method.len) reply = dr_fail("no_handler", "no handler for requests");
  dr_text t = dr(reply);
  if (!t.len) return 0;
  return (uint64_t)(uintptr_t)t.at << 32 | t.len | (dr_is_refusal(reply) ? 1u << 31 : 0);
}

static dr_text wrong(dr_event *e, dr_text path, dr_text what) {
  if (!e->bad) e->bad = dr_fail("bad_request", dr_join(path, dr(" "), what));
  return dr("");
}

/* As browsers count: UTF-16 units. */
static uint32_t units(dr_text t) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < t.len; i++) n += ((uint8_t)t.at[i] & 0xc0) != 0x80, n += (uint8_t)t.at[i] >= 0xf0;
  return n;
}

static dr_text within(dr_event *e, dr_text path, dr_text t, uint32_t max) {
  if (t.len <= max) return t; /* no character has fewer bytes than units */
  uint32_t n = units(t);
  if (n <= max) return t;
  return wrong(e, path, dr_join(dr("has "), dr_decimal(n), dr(" characters, the limit is "), dr_decimal(max)));
}

dr_text dr_string_(dr_event *e, dr_text path, uint32_t max) {
  dr_text t = dr_value_string(e->data, path, DR_ABSENT);
  if (!dr_is(t)) return wrong(e, path, dr("must be a string"));
  if (!t.len) return wrong(e, path, dr("must not be empty"));
  return within(e, path, t, max);
}

dr_text dr_string_or_(dr_event *e, dr_text path, uint32_t max, dr_text fallback) {
  if (!dr_value_has(e->data, path)) return fallback;
  dr_text t = dr_value_string(e->data, path, DR_ABSENT);
  return dr_is(t) && !t.len ? fallback : dr_string(e, path, max);
}

dr_text dr_id_(dr_event *e, dr_text path, uint32_t max) {
  dr_text t = dr_value_text(e->data, path, dr(""));
  return t.len ? within(e, path, t, max) : wrong(e, path, dr("must be a string or a number"));
}

int64_t dr_integer_(dr_event *e, dr_text path, int64_t low, int64_t high) {
  int64_t n = dr_value_integer(e->data, path, INT64_MIN);
  if (n != INT64_MIN && n >= low && n <= high) return n;
  wrong(e, path, dr_join(dr("must be a whole number from "), dr_decimal(low), dr(" to "), dr_decimal(high)));
  return low;
}

int64_t dr_integer_or_(dr_event *e, dr_text path, int64_t low, int64_t high, int64_t fallback) {
  return dr_value_has(e->data, path) ? dr_integer(e, path, low, high) : fallback;
}
