/* Writing JSON. The text is whole at any time: its closing bracket is taken off before something is added. */
#include "abi.h"

#include <wasm_simd128.h>

struct dr_json { char *at; uint32_t len, cap; bool refusal; };

/* FIRST is the room that most have enough of. SLACK is what a text's quotation marks, an escape, what stands behind it and a
 * store of 16 bytes take beyond its own. */
enum { FIRST = 240, SLACK = 32 };

static dr_json *made(char open, char close, uint32_t len) {
  dr_json *j = dr_memory(sizeof *j + FIRST);
  *j = (dr_json){(char *)(j + 1), len, FIRST, false};
  j->at[0] = open;
  j->at[1] = close;
  return j;
}

dr_json *dr_object(void) { return made('{', '}', 2); }
dr_json *dr_list(void) { return made('[', ']', 2); }
dr_json *dr_empty_(void) { return made(0, 0, 0); }
bool dr_is_refusal(dr_json *j) { return j && j->refusal; }
dr_text dr_json_text(dr_json *j) { return j ? (dr_text){j->at, j->len} : (dr_text){"", 0}; }

/* Makes room for n bytes more. */
__attribute__((noinline, cold)) static void grow(dr_json *j, uint32_t n) {
  uint32_t more = n > j->cap ? n : j->cap;
  if (!dr_extend(j->at + j->cap, more)) {
    char *at = dr_memory(j->cap + more);
    dr_copy(at, j->at, j->len);
    j->at = at;
  }
  j->cap += more;
}

/* Where the next bytes go: there is room for n of them. */
static inline char *room(dr_json *j, uint32_t n) {
  if (n > j->cap - j->len) grow(j, n);
  return j->at + j->len;
}

static void put(dr_json *j, char c) {
  *room(j, 1) = c;
  j->len++;
}

static void append(dr_json *j, dr_text t) {
  dr_copy(room(j, t.len), t.at, t.len);
  j->len += t.len;
}

static bool plain(uint8_t c) { return c >= 0x20 && c != '"' && c != '\\'; }

static inline char *put_escape(char *to, uint8_t c) {
  static const char names[] = "btn\0fr"; /* of 8 to 13 */
  if (c - 8 < 6u && c != 11) c = names[c - 8];
  *to++ = '\\';
  if (c >= 0x20) return *to = c, to + 1;
  to[0] = 'u';
  to[1] = to[2] = '0';
  to[3] = '0' + (c >> 4);
  to[4] = "0123456789abcdef"[c & 15];
  return to + 5;
}

/* Which of 16 bytes do not stand for themselves: the lowest bit that is set is of the first. With its second bit
 * turned a quotation mark is 0x20, a space 0x22: one comparison finds it with the control characters. */
DR_VECTORS static uint32_t special(v128_t x) {
  v128_t turned = wasm_v128_xor(x, wasm_i8x16_const_splat(2));
  v128_t low = wasm_i8x16_eq(wasm_u8x16_min(turned, wasm_i8x16_const_splat(0x20)), turned);
  return wasm_i8x16_bitmask(wasm_v128_or(low, wasm_i8x16_eq(x, wasm_i8x16_const_splat('\\'))));
}

/* Copies fewer than 16 bytes; false: some do not stand for themselves. */
DR_VECTORS static inline bool copy_short(char *to, const char *from, uint32_t n) {
  uint64_t x, y;
  uint32_t v, w;
  if (n >= 8) {
    __builtin_memcpy(&x, from, 8);
    __builtin_memcpy(&y, from + n - 8, 8);
    __builtin_memcpy(to, &x, 8);
    __builtin_memcpy(to + n - 8, &y, 8);
    return !special(wasm_u64x2_make(x, y));
  }
  if (n >= 4) {
    __builtin_memcpy(&v, from, 4);
    __builtin_memcpy(&w, from + n - 4, 4);
    __builtin_memcpy(to, &v, 4);
    __builtin_memcpy(to + n - 4, &w, 4);
    return !special(wasm_u64x2_splat(v | (uint64_t)w << 32));
  }
  if (!n) return true;
  uint8_t a = from[0], b = from[n / 2], c = from[n - 1];
  to[0] = a;
  to[n / 2] = b;
  to[n - 1] = c;
  return !special(wasm_u32x4_splat(a | b << 8 | c << 16 | (uint32_t)c << 24));
}

/* Copies n bytes, 16 or more, with escapes: as long as there is room for what is left of them and SLACK bytes more.
 * Returns where it has come to, and in the lower half how many are left. It calls nothing: so the loop is short. */
DR_VECTORS __attribute__((noinline)) static uint64_t copy_escaped(char *to, const char *from, uint32_t n, const char *limit) {
  const v128_t places = wasm_i8x16_const(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const char *end = from + n;
  while (n) {
    v128_t x;
    uint32_t m;
    if (n >= 16) {
      x = wasm_v128_load(from);
      m = special(x);
    } else { /* the last ones: those before them are shifted out */
      x = wasm_i8x16_swizzle(wasm_v128_load(end - 16), wasm_i8x16_add(places, wasm_i8x16_splat(16 - n)));
      m = special(x) & ((1u << n) - 1);
    }
    wasm_v128_store(to, x);
    if (!m) {
      uint32_t most = n < 16 ? n : 16;
      from += most;
      to += most;
      n -= most;
      continue;
    }
    uint32_t i = __builtin_ctz(m);
    uint8_t c = from[i];
    from += i;
    to += i;
    n -= i;
    if ((uint32_t)(limit - to) < n + SLACK) break;
    from++;
    n--;
    to = put_escape(to, c);
  }
  return (uint64_t)(uintptr_t)to << 32 | n;
}

/* Behind the quotation marks goes one more character, if any. */
DR_VECTORS static void quote(dr_json *j, dr_text t, char after) {
  char *p = room(j, t.len + SLACK);
  const char *end = t.at + t.len;
  *p++ = '"';
  if (t.len < 16 && copy_short(p, t.at, t.len)) {
    p += t.len;
  } else if (t.len < 16) {
    p = room(j, 6 * t.len + SLACK);
    *p++ = '"';
    for (; t.at < end; t.at++) p = plain(*t.at) ? (*p = *t.at, p + 1) : put_escape(p, *t.at);
  } else {
    for (uint32_t left = t.len;;) {
      uint64_t stopped = copy_escaped(p, end - left, left, j->at + j->cap);
      p = (char *)(uintptr_t)(stopped >> 32);
      left = stopped;
      if (!left) break;
      j->len = p - j->at;
      p = room(j, left + 2 * SLACK);
    }
  }
  *p++ = '"';
  if (after) *p++ = after;
  j->len = p - j->at;
}

/* Takes the closing bracket off; the value that follows puts it back. */
static dr_json *open(dr_json *j, char close) {
  if (!j->len || j->at[j->len - 1] != close) dr_trap("dr_set takes an object, dr_push a list");
  if (j->len == 2) j->len = 1;
  else j->at[j->len - 1] = ',';
  return j;
}

/* What an open text begins with tells what closes it; one value alone needs nothing. */
static char closing(dr_json *j) { return !j->len ? 0 : j->at[0] == '{' ? '}' : ']'; }

dr_json *dr_key_(dr_json *object, dr_text key) {
  quote(open(object, '}'), key, ':');
  return object;
}

dr_json *dr_item_(dr_json *list) { return open(list, ']'); }

static dr_json *add(dr_json *j, dr_text t) {
  char c = closing(j), *p = room(j, t.len + 1);
  dr_copy(p, t.at, t.len);
  j->len += t.len;
  if (c) j->at[j->len++] = c;
  return j;
}

dr_json *dr_add_integer_(dr_json *j, int64_t n) {
  char c = closing(j), *p = dr_digits(room(j, DR_DIGITS + 1), n);
  if (c) *p++ = c;
  j->len = p - j->at;
  return j;
}
dr_json *dr_add_unsigned_(dr_json *j, uint64_t n) {
  if (n >> 63) dr_trap("a number beyond 63 bits");
  return dr_add_integer_(j, n);
}
dr_json *dr_add_bool_(dr_json *j, bool b) { return add(j, b ? dr("true") : dr("false")); }
dr_json *dr_add_json_(dr_json *j, dr_json *v) { return add(j, v && v->len ? dr(v) : dr("null")); }
dr_json *dr_add_value_(dr_json *j, dr_value v) { return add(j, v.json.len ? v.json : dr("null")); }
dr_json *dr_add_text_(dr_json *j, dr_text t) {
  quote(j, t, closing(j));
  return j;
}

dr_json *dr_raw_(dr_text json) {
  dr_json *j = dr_empty_();
  append(j, json);
  return j;
}

dr_reply dr_fail_(dr_text code, dr_text message, dr_json *data) {
  dr_json *j = dr_object();
  dr_set(j, "code", code);
  dr_set(j, "message", message);
  if (data) dr_set(j, "data", data);
  j->refusal = true;
  return j;
}

dr_reply dr_admit(dr_json *info) { return dr_set(dr_object(), "info", info); }

/* One byte that says what, then the target, and before it its length if the message follows. */
dr_reply dr_verdict_(char kind, dr_text data, dr_text target) {
  dr_json *j = dr_empty_();
  put(j, kind);
  if (kind == 4) append(j, (dr_text){(const char *)&target.len, 4});
  append(j, target);
  append(j, data);
  return j;
}

dr_reply dr_pass(void) { return dr_verdict_(0, dr(""), dr("")); }
dr_reply dr_drop(void) { return dr_verdict_(1, dr(""), dr("")); }
