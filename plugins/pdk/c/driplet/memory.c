/* Memory: one arena behind the event's buffer, emptied before each event. Texts in it. */
#include "abi.h"

#include <wasm_simd128.h>

extern char __heap_base; /* by the linker: behind the stack and the data */
static char *start = &__heap_base, *next = &__heap_base;

static char *aligned(char *p) { return (char *)(((uintptr_t)p + 7) & ~(uintptr_t)7); }
static uintptr_t end(void) { return (uintptr_t)__builtin_wasm_memory_size(0) << 16; }

static bool room(uint32_t bytes) {
  uint64_t need = (uint64_t)(uintptr_t)next + bytes;
  if (need <= end()) return true;
  if (need >= (1ull << 32)) return false;
  return __builtin_wasm_memory_grow(0, (need - end() + 0xffff) >> 16) != (size_t)-1;
}

/* The buffer for events lies at the arena's start; asked for again with a larger
 * size, it takes the place of the old one, which holds no event at that time. */
__attribute__((export_name("dr_alloc"))) void *dr_export_alloc(uint32_t bytes) {
  char *at = next = aligned(&__heap_base);
  if (!room(bytes)) return NULL;
  start = next = aligned(at + bytes);
  return at;
}

void dr_memory_reset(void) { next = start; }

char *dr_free_at(void) { return next = aligned(next); }
uint32_t dr_free_bytes(void) { return (uintptr_t)next < end() ? end() - (uintptr_t)next : 0; }

void dr_reserve(uint32_t bytes) {
  if (!room(bytes)) dr_trap("out of memory: raise memory under [limits] of the manifest");
}

void *dr_memory(uint32_t bytes) {
  char *at = dr_free_at();
  dr_reserve(bytes);
  next = at + bytes;
  return at;
}

bool dr_extend(char *end, uint32_t bytes) {
  if (next != end) return false;
  dr_reserve(bytes);
  next += bytes;
  return true;
}

bool dr_equal_(dr_text a, dr_text b) { return a.len == b.len && dr_starts_(a, b); }

/* The last bytes in one piece that may overlap the one before. */
bool dr_starts_(dr_text t, dr_text prefix) {
  uint32_t n = prefix.len, i = 0;
  if (t.len < n) return false;
  uint64_t a, b;
  uint32_t c, d;
  if (n >= 8) {
    for (; i + 8 < n; i += 8) {
      __builtin_memcpy(&a, t.at + i, 8);
      __builtin_memcpy(&b, prefix.at + i, 8);
      if (a != b) return false;
    }
    __builtin_memcpy(&a, t.at + n - 8, 8);
    __builtin_memcpy(&b, prefix.at + n - 8, 8);
    return a == b;
  }
  if (n >= 4) {
    __builtin_memcpy(&c, t.at, 4);
    __builtin_memcpy(&d, prefix.at, 4);
    if (c != d) return false;
    __builtin_memcpy(&c, t.at + n - 4, 4);
    __builtin_memcpy(&d, prefix.at + n - 4, 4);
    return c == d;
  }
  for (; i < n; i++)
    if (t.at[i] != prefix.at[i]) return false;
  return true;
}

bool dr_contains_(dr_text t, dr_text part) {
  for (uint32_t i = 0; i + part.len <= t.len; i++)
    if (dr_starts_((dr_text){t.at + i, t.len - i}, part)) return true;
  return false;
}

/* As dr_starts_. */
DR_VECTORS __attribute__((noinline)) void dr_copy_few(char *to, const char *from, uint32_t n) {
  uint64_t x, y;
  uint32_t v, w;
  if (n >= 16) {
    const char *last = from + n - 16;
    char *end = to + n - 16;
    for (; from < last; from += 16, to += 16) wasm_v128_store(to, wasm_v128_load(from));
    wasm_v128_store(end, wasm_v128_load(last));
  } else if (n >= 8) {
    __builtin_memcpy(&x, from, 8);
    __builtin_memcpy(&y, from + n - 8, 8);
    __builtin_memcpy(to, &x, 8);
    __builtin_memcpy(to + n - 8, &y, 8);
  } else if (n >= 4) {
    __builtin_memcpy(&v, from, 4);
    __builtin_memcpy(&w, from + n - 4, 4);
    __builtin_memcpy(to, &v, 4);
    __builtin_memcpy(to + n - 4, &w, 4);
  } else if (n) {
    char first = from[0], middle = from[n / 2], last = from[n - 1];
    to[0] = first;
    to[n / 2] = middle;
    to[n - 1] = last;
  }
}

dr_text dr_join_n(const dr_text *parts, uint32_t n) {
  uint32_t len = 0;
  for (uint32_t i = 0; i < n; i++) len += parts[i].len;
  char *at = dr_memory(len), *p = at;
  for (uint32_t i = 0; i < n; p += parts[i++].len) dr_copy(p, parts[i].at, parts[i].len);
  return (dr_text){at, len};
}

dr_text dr_envelope(const dr_text *fields, uint32_t n) {
  uint32_t len = 4;
  for (uint32_t i = 0; i < n; i++) len += 4 + fields[i].len;
  char *at = dr_memory(len), *p = at + 4;
  *(uint16_t *)at = 1;
  *(uint16_t *)(at + 2) = (uint16_t)n;
  for (uint32_t i = 0; i < n; i++) {
    __builtin_memcpy(p, &fields[i].len, 4);
    dr_copy(p + 4, fields[i].at, fields[i].len);
    p += 4 + fields[i].len;
  }
  return (dr_text){at, len};
}

static const char pairs[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
                            "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/* Dividing takes ten times as long as multiplying. */
static uint32_t by_10000(uint32_t u) { return u * (uint64_t)0xd1b71759 >> 45; }
static uint32_t by_100(uint32_t u) { return u * 5243 >> 19; } /* of less than 10,000 */

static void two(char *at, uint32_t u) { __builtin_memcpy(at, pairs + u * 2, 2); }

static void four(char *at, uint32_t u) {
  uint32_t high = by_100(u);
  two(at, high);
  two(at + 2, u - high * 100);
}

__attribute__((noinline)) static char *eight(char *at, uint32_t u) {
  uint32_t high = by_10000(u);
  four(at, high);
  four(at + 4, u - high * 10000);
  return at + 8;
}

/* Less than 10,000, without zeros before it. */
__attribute__((noinline)) static char *few(char *at, uint32_t u) {
  uint32_t high = by_100(u);
  if (u >= 1000) return two(at, high), two(at + 2, u - high * 100), at + 4;
  if (u >= 100) return *at = '0' + high, two(at + 1, u - high * 100), at + 3;
  if (u >= 10) return two(at, u), at + 2;
  return *at = '0' + u, at + 1;
}

static char *many(char *at, uint32_t u) {
  if (u < 10000) return few(at, u);
  uint32_t high = by_10000(u);
  if (high >= 10000) return eight(few(at, by_10000(high)), u - by_10000(high) * 100000000);
  at = few(at, high);
  four(at, u - high * 10000);
  return at + 4;
}

char *dr_digits(char *at, int64_t n) {
  uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
  if (n < 0) *at++ = '-';
  if (!(u >> 32)) return many(at, u);
  uint64_t high = u / 100000000;
  uint32_t low = u - high * 100000000;
  if (high >> 32) {
    uint32_t top = high / 100000000;
    at = eight(many(at, top), high - (uint64_t)top * 100000000);
  } else {
    at = many(at, high);
  }
  return eight(at, low);
}

dr_text dr_decimal(int64_t n) {
  char *at = dr_memory(DR_DIGITS);
  return (dr_text){at, dr_digits(at, n) - at};
}

int64_t dr_parse(dr_text t, int64_t fallback) {
  uint32_t i = t.len && t.at[0] == '-', first = i;
  uint64_t n = 0;
  if (i == t.len || t.len - i > 19) return fallback;
  for (; i < t.len; i++) {
    if (t.at[i] < '0' || t.at[i] > '9') return fallback;
    n = n * 10 + (uint64_t)(t.at[i] - '0'); /* 19 digits fit */
  }
  if (n > (uint64_t)INT64_MAX + first) return fallback;
  return (int64_t)(first ? -n : n);
}

/* What dr(x) comes to when x is no literal. */
__attribute__((no_builtin)) size_t strlen(const char *s) {
  size_t n = 0;
  while (s[n]) n++;
  return n;
}
