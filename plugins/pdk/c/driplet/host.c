/* Calls to the host. */
#include "abi.h"

#define SPAN(t) (t).at, (t).len

static const char *const errnos[] = {
  "", "not found", "denied: grant it under [capabilities] of the manifest", "a bad argument: broken JSON, a name that is empty or too long, or a value or number out of its range",
  "over the limit of one event", "the store is full: raise kv under [capabilities] of the manifest",
  "a conflict: this event writes the same key, or the value is no integer", "unavailable just now", "nobody waits for an answer",
  "not possible while the plugin starts",
};

void dr_failed(int32_t errnum, const char *call, dr_text what) {
  dr_text why = errnum > -10 ? dr(errnos[-errnum]) : dr_join(dr("errno "), dr_decimal(errnum));
  dr_trap(dr_join(dr(call), dr("("), what, dr("): "), why));
}

void dr_log_(int32_t level, dr_text text) { host_log(level, SPAN(text)); } /* a line too many is no reason to fail */
void dr_metric_(dr_text name, int64_t value) { host_metric(SPAN(name), value); }
int64_t dr_now(void) { return host_now(); }
void dr_random(void *memory, uint32_t bytes) { dr_must(host_random(memory, bytes), "dr_random", dr_decimal(bytes)); }

void dr_trap_(dr_text text) {
  host_log(3, SPAN(text));
  __builtin_trap();
}

void dr_publish_(dr_text topic, dr_text data, dr_publish_options o) {
  uint32_t n = o.no_history ? 4 : o.id.len ? 3 : o.except.len ? 2 : 1; /* what is missing is empty */
  dr_text options = dr_envelope((dr_text[]){o.event, o.except, o.id, {"", 1}}, n);
  dr_must(host_publish(SPAN(topic), SPAN(data), SPAN(o.target.json), SPAN(options)), "dr_publish", topic);
}

void dr_subscribe_(dr_text session, dr_text topic, dr_json *info) {
  dr_text i = dr(info);
  dr_must(host_subscribe(SPAN(session), SPAN(topic), SPAN(i)), "dr_subscribe", topic);
}

static dr_text names(const dr_who *who, uint32_t n) {
  dr_text *fields = dr_memory(n * sizeof *fields);
  for (uint32_t i = 0; i < n; i++) fields[i] = dr_join(((dr_text){&who[i].kind, 1}), who[i].id);
  return dr_envelope(fields, n);
}

void dr_unsubscribe_n(dr_text topic, dr_text reason, const dr_who *who, uint32_t n) {
  dr_text w = names(who, n);
  dr_must(host_unsubscribe(SPAN(w), SPAN(topic), SPAN(reason)), "dr_unsubscribe", topic);
}

void dr_disconnect_n(dr_text reason, const dr_who *who, uint32_t n) {
  dr_text w = names(who, n);
  dr_must(host_disconnect(SPAN(w), SPAN(reason)), "dr_disconnect", reason);
}

bool dr_subscribed_(dr_text session, dr_text topic) {
  int32_t n = host_subscribed(SPAN(session), SPAN(topic));
  if (n != DR_NOT_FOUND) dr_must(n, "dr_subscribed", topic);
  return n == 1;
}

dr_value dr_presence_(dr_text topic, int32_t limit) {
#define CALL(out, cap) host_presence(SPAN(topic), limit, out, cap)
  DR_READ(n, at, CALL);
#undef CALL
  dr_must(n, "dr_presence", topic);
  return (dr_value){{at, n}};
}

int64_t dr_defer(void) {
  int64_t handle = host_defer();
  if (handle == DR_NO_REQUEST || handle == DR_UNAVAILABLE) return 0;
  if (handle < 0) dr_must((int32_t)handle, "dr_defer", dr(""));
  return handle;
}

bool dr_reply_to(int64_t handle, dr_reply answer) {
  dr_text a = dr(answer);
  int32_t n = host_reply(handle, a.at, a.len | (dr_is_refusal(answer) ? 1u << 31 : 0));
  if (n != DR_NOT_FOUND) dr_must(n, "dr_reply_to", dr(""));
  return n == 0;
}

bool dr_http_fetch_(dr_request r, dr_text state) {
  dr_text q = dr_envelope((dr_text[]){r.method, r.url, r.headers.json, r.body, {(char *)&r.timeout, 4}, {(char *)&r.sign, 1}}, 6);
  int32_t n = host_http_fetch(SPAN(q), SPAN(state));
  if (n != DR_UNAVAILABLE) dr_must(n, "dr_http_fetch", r.url);
  return n == 0;
}

void dr_timer_set_(dr_text name, int64_t at, dr_text state) {
  dr_must(host_timer_set(SPAN(name), at > 0 ? at : 1, SPAN(state)), "dr_timer_set", name);
}

void dr_timer_cancel_(dr_text name) { dr_must(host_timer_set(SPAN(name), 0, "", 0), "dr_timer_cancel", name); }

dr_text dr_kv_get_(dr_text key) {
#define CALL(out, cap) host_kv_get(SPAN(key), out, cap)
  DR_READ(n, at, CALL);
#undef CALL
  if (n == DR_NOT_FOUND) return DR_ABSENT;
  dr_must(n, "dr_kv_get", key);
  return (dr_text){at, n};
}

void dr_kv_set_(dr_text key, dr_text value, int64_t ttl) { dr_must(host_kv_set(SPAN(key), SPAN(value), ttl), "dr_kv_set", key); }
void dr_kv_delete_(dr_text key) { dr_must(host_kv_delete(SPAN(key)), "dr_kv_delete", key); }

static uint32_t length_or_absent(dr_text t) { return dr_is(t) ? t.len : (uint32_t)-1; }

bool dr_kv_cas_(dr_text key, dr_text old, dr_text next, int64_t ttl) {
  int32_t n = host_kv_cas(SPAN(key), old.at, length_or_absent(old), next.at, length_or_absent(next), ttl);
  dr_must(n, "dr_kv_cas", key);
  return n == 1;
}

int64_t dr_kv_incr_(dr_text key, int64_t delta, int64_t ttl) {
  int64_t sum;
  dr_must(host_kv_incr(SPAN(key), delta, ttl, &sum), "dr_kv_incr", key);
  return sum;
}

static dr_pairs pairs_of(const char *at) {
  uint32_t fields = *(uint16_t *)(at + 2);
  dr_pairs pairs = {dr_memory(fields / 2 * sizeof(dr_pair)), fields / 2};
  dr_text *out = (dr_text *)pairs.at; /* key, value, key, value: as they lie in a dr_pair */
  at += 4;
  for (uint32_t i = 0; i < fields / 2 * 2; i++) {
    __builtin_memcpy(&out[i].len, at, 4);
    out[i].at = at + 4;
    at += 4 + out[i].len;
  }
  return pairs;
}

dr_pairs dr_kv_scan_(dr_text prefix, int32_t limit, bool reverse) {
#define CALL(out, cap) host_kv_scan(SPAN(prefix), limit, reverse, out, cap)
  DR_READ(n, at, CALL);
#undef CALL
  dr_must(n, "dr_kv_scan", prefix);
  return pairs_of(at);
}

dr_pairs dr_kv_scan_after_(dr_text prefix, dr_text after, int32_t limit, bool reverse) {
#define CALL(out, cap) host_kv_scan_after(SPAN(prefix), SPAN(after), limit, reverse, out, cap)
  DR_READ(n, at, CALL);
#undef CALL
  dr_must(n, "dr_kv_scan_after", prefix);
  return pairs_of(at);
}
