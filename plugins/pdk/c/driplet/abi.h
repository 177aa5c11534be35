/* The imports of the ABI driplet_v1, as ABI.md lists them, and what the library's
 * own files share: not for plugins. A span is an address and a length; an out is
 * an address and a capacity. */
#ifndef DRIPLET_ABI_H
#define DRIPLET_ABI_H

#include "driplet.h"

#define DR_IMPORT(name) __attribute__((import_module("driplet_v1"), import_name(#name))) extern
typedef const void *dr_ptr;

DR_IMPORT(publish) int32_t host_publish(dr_ptr topic, uint32_t, dr_ptr data, uint32_t, dr_ptr target, uint32_t, dr_ptr options, uint32_t);
DR_IMPORT(reply) int32_t host_reply(int64_t handle, dr_ptr data, uint32_t);
DR_IMPORT(defer) int64_t host_defer(void);
DR_IMPORT(subscribe) int32_t host_subscribe(dr_ptr session, uint32_t, dr_ptr topic, uint32_t, dr_ptr info, uint32_t);
DR_IMPORT(unsubscribe) int32_t host_unsubscribe(dr_ptr who, uint32_t, dr_ptr topic, uint32_t, dr_ptr reason, uint32_t);
DR_IMPORT(subscribed) int32_t host_subscribed(dr_ptr session, uint32_t, dr_ptr topic, uint32_t);
DR_IMPORT(disconnect) int32_t host_disconnect(dr_ptr who, uint32_t, dr_ptr reason, uint32_t);
DR_IMPORT(presence) int32_t host_presence(dr_ptr topic, uint32_t, int32_t limit, void *out, uint32_t);
DR_IMPORT(history) int32_t host_history(dr_ptr topic, uint32_t, int32_t limit, dr_ptr since, uint32_t, void *out, uint32_t);
DR_IMPORT(kv_get) int32_t host_kv_get(dr_ptr key, uint32_t, void *out, uint32_t);
DR_IMPORT(kv_set) int32_t host_kv_set(dr_ptr key, uint32_t, dr_ptr value, uint32_t, int64_t ttl);
DR_IMPORT(kv_delete) int32_t host_kv_delete(dr_ptr key, uint32_t);
DR_IMPORT(kv_cas) int32_t host_kv_cas(dr_ptr key, uint32_t, dr_ptr old, uint32_t, dr_ptr next, uint32_t, int64_t ttl);
DR_IMPORT(kv_incr) int32_t host_kv_incr(dr_ptr key, uint32_t, int64_t delta, int64_t ttl, int64_t *sum);
DR_IMPORT(kv_scan) int32_t host_kv_scan(dr_ptr prefix, uint32_t, int32_t limit, int32_t reverse, void *out, uint32_t);
DR_IMPORT(kv_scan_after) int32_t host_kv_scan_after(dr_ptr prefix, uint32_t, dr_ptr after, uint32_t, int32_t limit, int32_t reverse, void *out, uint32_t);
DR_IMPORT(http_fetch) int32_t host_http_fetch(dr_ptr request, uint32_t, dr_ptr state, uint32_t);
DR_IMPORT(timer_set) int32_t host_timer_set(dr_ptr name, uint32_t, int64_t at, dr_ptr state, uint32_t);
DR_IMPORT(log) int32_t host_log(int32_t level, dr_ptr text, uint32_t);
DR_IMPORT(metric) int32_t host_metric(dr_ptr name, uint32_t, int64_t value);
DR_IMPORT(config_get) int32_t host_config_get(dr_ptr path, uint32_t, void *out, uint32_t);
DR_IMPORT(json_get) int32_t host_json_get(dr_ptr json, uint32_t, dr_ptr path, uint32_t, void *out, uint32_t);
DR_IMPORT(now) int64_t host_now(void);
DR_IMPORT(random) int32_t host_random(void *buffer, uint32_t);

enum { DR_NOT_FOUND = -1, DR_UNAVAILABLE = -7, DR_NO_REQUEST = -8 };

/* Traps with the call's name when errno is one. */
_Noreturn void dr_failed(int32_t errnum, const char *call, dr_text what);
static inline void dr_must(int32_t errnum, const char *call, dr_text what) {
  if (errnum < 0) dr_failed(errnum, call, what);
}

/* Of functions that use vectors: of the others the compiler would turn loops into some, which take longer. */
#define DR_VECTORS __attribute__((target("simd128")))

/* Copies n bytes. The instruction for it costs the server a call: a few bytes are quicker without. */
void dr_copy_few(char *to, const char *from, uint32_t n);
static inline void dr_copy(char *to, const char *from, uint32_t n) {
  if (n > 256) __builtin_memcpy(to, from, n);
  else dr_copy_few(to, from, n);
}

/* Writes a whole number, of at most DR_DIGITS bytes, and returns its end. */
enum { DR_DIGITS = 20 };
char *dr_digits(char *at, int64_t n);

/* The free memory behind all that is taken; dr_memory takes it. */
char *dr_free_at(void);
uint32_t dr_free_bytes(void);
/* Takes more free memory behind a piece that ends here; false: something else lies there. */
bool dr_extend(char *end, uint32_t bytes);

/* Runs an import whose result goes to a buffer, in free memory: twice when it has
 * to grow for it. n is the length, or an errno; then at is not to be used. */
#define DR_READ(n, at, call) \
  char *at = dr_free_at(); \
  int32_t n = call(at, dr_free_bytes()); \
  while (n > 0 && (uint32_t)n > dr_free_bytes()) { \
    dr_reserve(n); \
    n = call(at, dr_free_bytes()); \
  } \
  if (n > 0) dr_memory(n)
void dr_reserve(uint32_t bytes);

/* Packs fields into an envelope: u16 version, u16 fields, then u32 length and bytes of each. */
dr_text dr_envelope(const dr_text *fields, uint32_t n);

bool dr_is_refusal(dr_json *j);

/* Sets what the event at hand says of the members of data (its field index; empty: nothing). */
void dr_show(const char *envelope, dr_text data, dr_text index);

#endif
