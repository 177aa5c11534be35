/* Writing JSON. The text is whole at any time: its closing bracket is taken off before something is added. */
#include "abi.h"

struct dr_json { char *at; uint32_t len, cap; bool refusal; };

enum { FIRST = 112 };

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

/* Where the next bytes go: there is room for n of them. */
static char *room(dr_json *j, uint32_t n) {
  if (n > j->cap - j->len) {
    uint32_t more = n > j->cap ? n : j->cap;
    if (!dr_extend(j->at + j->cap, more)) {
      char *at = dr_memory(j->cap + more);
      dr_copy(at, j->at, j->len);
      j->at = at;
    }
    j->cap += more;
  }
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

/* Which of eight bytes do not stand for themselves: the lowest bit that is set is of the first. With its second bit
 * turned a quotation mark is 0x20, a space 0x22: one comparison finds it with the control characters. */
static uint64_t special(uint64_t x) {
  const uint64_t ones = 0x0101010101010101, highs = ones << 7;
  return (((x ^ ones * 2) - ones * 0x21) | ((x ^ ones * '\\') - ones)) & ~x & highs;
}

/* Copies while it looks, and tells how many bytes stand for themselves: some at a time, the last ones in a piece
 * that may overlap the one before. */
static uint32_t copy_plain(char *to, const char *from, uint32_t n) {
  uint32_t i = 0, y;
  uint64_t x, m;
  if (n >= 8) {
    for (uint64_t next; i + 16 <= n; i += 16) {
      __builtin_memcpy(&x, from + i, 8);
      __builtin_memcpy(&next, from + i + 8, 8);
      if (special(x) | special(next)) break;
      __builtin_memcpy(to + i, &x, 8);
      __builtin_memcpy(to + i + 8, &next, 8);
    }
    if (i == n) return n;
    for (;; i += 8) {
      if (i + 8 > n) i = n - 8;
      __builtin_memcpy(&x, from + i, 8);
      __builtin_memcpy(to + i, &x, 8);
      if ((m = special(x))) return i + (__builtin_ctzll(m) >> 3);
      if (i + 8 == n) return n;
    }
  }
  if (n >= 4) {
    __builtin_memcpy(&y, from, 4);
    __builtin_memcpy(to, &y, 4);
    x = y;
    __builtin_memcpy(&y, from + n - 4, 4);
    __builtin_memcpy(to + n - 4, &y, 4);
    if (!special(x | (uint64_t)y << 32)) return n;
  }
  for (; i < n && plain(from[i]); i++) to[i] = from[i];
  return i;
}

/* Behind the quotation marks goes one more character, if any. */
static void quote(dr_json *j, dr_text t, char after) {
  char *p = room(j, t.len + 3);
  *p++ = '"';
  for (;;) {
    uint32_t n = copy_plain(p, t.at, t.len);
    p += n;
    if (n == t.len) break;
    uint8_t c = t.at[n];
    t.at += n + 1;
    t.len -= n + 1;
    j->len = p - j->at;
    p = room(j, t.len + 8);
    *p++ = '\\';
    if (c < 0x20) {
      p[0] = 'u';
      p[1] = p[2] = '0';
      p[3] = '0' + (c >> 4);
      p[4] = "0123456789abcdef"[c & 15];
      p += 5;
    } else {
      *p++ = c;
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
