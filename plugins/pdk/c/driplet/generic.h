/* What driplet.h's macros call: not for plugins. */
#ifndef DRIPLET_GENERIC_H
#define DRIPLET_GENERIC_H

static inline dr_text dr_text_same(dr_text t) { return t; }
static inline dr_text dr_text_cstr(const char *s) { return (dr_text){s, s ? (uint32_t)__builtin_strlen(s) : 0}; }
dr_text dr_json_text(dr_json *j); /* empty for NULL */

bool dr_value_has_(dr_value v, dr_text path);
dr_text dr_value_string_(dr_value v, dr_text path, dr_text fallback);
dr_text dr_value_text_(dr_value v, dr_text path, dr_text fallback);
int64_t dr_value_integer_(dr_value v, dr_text path, int64_t fallback);
bool dr_value_bool_(dr_value v, dr_text path, bool fallback);
dr_value dr_value_get_(dr_value v, dr_text path);
dr_values dr_value_items_(dr_value v, dr_text path);
dr_texts dr_value_texts_(dr_value v, dr_text path);
dr_text dr_string_(dr_event *e, dr_text path, uint32_t max);
dr_text dr_string_or_(dr_event *e, dr_text path, uint32_t max, dr_text fallback);
dr_text dr_id_(dr_event *e, dr_text path, uint32_t max);
int64_t dr_integer_(dr_event *e, dr_text path, int64_t low, int64_t high);
int64_t dr_integer_or_(dr_event *e, dr_text path, int64_t low, int64_t high, int64_t fallback);

/* Writing JSON: a key or an item's comma, then the value; the closing bracket is kept last. */
dr_json *dr_empty_(void);
dr_json *dr_key_(dr_json *object, dr_text key);
dr_json *dr_item_(dr_json *list);
dr_json *dr_add_integer_(dr_json *j, int64_t n);
dr_json *dr_add_unsigned_(dr_json *j, uint64_t n);
dr_json *dr_add_bool_(dr_json *j, bool b);
dr_json *dr_add_text_(dr_json *j, dr_text t);
static inline dr_json *dr_add_cstr_(dr_json *j, const char *s) { return dr_add_text_(j, dr_text_cstr(s)); }
dr_json *dr_add_json_(dr_json *j, dr_json *v);
dr_json *dr_add_value_(dr_json *j, dr_value v);
#define dr_add_(v) _Generic((v), bool: dr_add_bool_, int: dr_add_integer_, long: dr_add_integer_, long long: dr_add_integer_, \
  unsigned: dr_add_unsigned_, unsigned long: dr_add_unsigned_, unsigned long long: dr_add_unsigned_, \
  char *: dr_add_cstr_, const char *: dr_add_cstr_, dr_text: dr_add_text_, dr_json *: dr_add_json_, dr_value: dr_add_value_)
dr_json *dr_raw_(dr_text json);
dr_reply dr_fail_(dr_text code, dr_text message, dr_json *data);
dr_reply dr_verdict_(char kind, dr_text data, dr_text target);

void dr_publish_(dr_text topic, dr_text data, dr_publish_options o);
void dr_subscribe_(dr_text session, dr_text topic, dr_json *info);
bool dr_subscribed_(dr_text session, dr_text topic);
dr_value dr_presence_(dr_text topic, int32_t limit);
dr_past dr_history_(dr_text topic, dr_history_options o);
dr_text dr_kv_get_(dr_text key);
void dr_kv_set_(dr_text key, dr_text value, int64_t ttl);
void dr_kv_delete_(dr_text key);
bool dr_kv_cas_(dr_text key, dr_text old, dr_text next, int64_t ttl);
int64_t dr_kv_incr_(dr_text key, int64_t delta, int64_t ttl);
dr_pairs dr_kv_scan_(dr_text prefix, int32_t limit, bool reverse);
dr_pairs dr_kv_scan_after_(dr_text prefix, dr_text after, int32_t limit, bool reverse);
bool dr_http_fetch_(dr_request r, dr_text state);
void dr_timer_set_(dr_text name, int64_t at, dr_text state);
void dr_timer_cancel_(dr_text name);
void dr_log_(int32_t level, dr_text text);
_Noreturn void dr_trap_(dr_text text);
void dr_metric_(dr_text name, int64_t value);

#endif
