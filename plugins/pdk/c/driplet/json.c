/* Writing JSON. The text is whole at any time: its closing bracket is taken off before something is added. */
#include "abi.h"

struct dr_json { char *at; uint32_t len, cap; bool refusal; };

static dr_json *made(const char *text, uint32_t len) {
  dr_json *j = dr_memory(sizeof *j);
  *j = (dr_json){dr_memory(64), len, 64, false};
  __builtin_memcpy(j->at, text, len);
  return j;
}

dr_json *dr_object(void) { return made("{}", 2); }
dr_json *dr_list(void) { return made("[]", 2); }
dr_json *dr_empty_(void) { return made("", 0); }
bool dr_is_refusal(dr_json *j) { return j && j->refusal; }
dr_text dr_json_text(dr_json *j) { return j ? (dr_text){j->at, j->len} : (dr_text){"", 0}; }

/* Makes room for n more bytes and returns where they go. */
static char *grown(dr_json *j, uint32_t n) {
  if (n > j->cap - j->len) {
    uint32_t cap = j->cap * 2 > j->len + n ? j->cap * 2 : j->len + n;
    char *at = dr_memory(cap);
    __builtin_memcpy(at, j->at, j->len);
    j->at = at;
    j->cap = cap;
  }
  char *p = j->at + j->len;
  j->len += n;
  return p;
}

static void put(dr_json *j, char c) { *grown(j, 1) = c; }
static void append(dr_json *j, dr_text t) { __builtin_memcpy(grown(j, t.len), t.at, t.len); }

static bool plain(uint8_t c) { return c >= 0x20 && c != '"' && c != '\\'; }

/* How many bytes from p on, of n, stand for themselves: eight at a time, then one. */
static uint32_t plain_run(const char *p, uint32_t n) {
  const uint64_t ones = 0x0101010101010101, highs = ones << 7;
  uint32_t i = 0;
  for (uint64_t x; i + 8 <= n; i += 8) {
    __builtin_memcpy(&x, p + i, 8);
    uint64_t quotes = x ^ ones * '"', slashes = x ^ ones * '\\';
    if ((((x - ones * 0x20) & ~x) | ((quotes - ones) & ~quotes) | ((slashes - ones) & ~slashes)) & highs) break;
  }
  while (i < n && plain(p[i])) i++;
  return i;
}

static void quote(dr_json *j, dr_text t) {
  put(j, '"');
  for (uint32_t i = 0; i < t.len;) {
    uint32_t run = plain_run(t.at + i, t.len - i);
    append(j, (dr_text){t.at + i, run});
    i += run;
    if (i == t.len) break;
    uint8_t c = t.at[i++];
    if (c >= 0x20) {
      append(j, (dr_text){(char[]){'\\', c}, 2});
    } else {
      append(j, (dr_text){(char[]){'\\', 'u', '0', '0', '0' + (c >> 4), "0123456789abcdef"[c & 15]}, 6});
    }
  }
  put(j, '"');
}

/* Takes the closing bracket off; the value that follows puts it back. */
static dr_json *open(dr_json *j, char close) {
  if (!j->len || j->at[j->len - 1] != close) dr_trap("dr_set takes an object, dr_push a list");
  j->len--;
  if (j->len > 1) put(j, ',');
  return j;
}

/* What an open text begins with tells what closes it; one value alone needs nothing. */
static dr_json *closed(dr_json *j, char first) {
  if (first) put(j, first == '{' ? '}' : ']');
  return j;
}
static char first(dr_json *j) { return j->len ? j->at[0] : 0; }

dr_json *dr_key_(dr_json *object, dr_text key) {
  quote(open(object, '}'), key);
  put(object, ':');
  return object;
}

dr_json *dr_item_(dr_json *list) { return open(list, ']'); }

static dr_json *add(dr_json *j, dr_text t) {
  char c = first(j);
  append(j, t);
  return closed(j, c);
}

dr_json *dr_add_integer_(dr_json *j, int64_t n) { return add(j, dr_decimal(n)); }
dr_json *dr_add_unsigned_(dr_json *j, uint64_t n) {
  if (n >> 63) dr_trap("a number beyond 63 bits");
  return add(j, dr_decimal(n));
}
dr_json *dr_add_bool_(dr_json *j, bool b) { return add(j, b ? dr("true") : dr("false")); }
dr_json *dr_add_json_(dr_json *j, dr_json *v) { return add(j, v && v->len ? dr(v) : dr("null")); }
dr_json *dr_add_value_(dr_json *j, dr_value v) { return add(j, v.json.len ? v.json : dr("null")); }
dr_json *dr_add_text_(dr_json *j, dr_text t) {
  char c = first(j);
  quote(j, t);
  return closed(j, c);
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
