/* Reading JSON and the configuration: the host walks both. */
#include "abi.h"

/* What the host has found: its type ('s' string, 'n' number, 't' 'f' 'z' true, false, null, 'o' 'a'; 0: nothing) and its bytes. */
typedef struct { char type; dr_text text; } found;

static found found_in(char *at, int32_t n) {
  if (n <= 0) return (found){0, {"", 0}};
  return (found){at[0], {at + 1, n - 1}};
}

/* What the event at hand tells of the members of its data, 16 bytes of each: so they are found without a call. */
static struct shown { const char *envelope; dr_text data; const char *members, *end; } shown;

/* One address for all of it: see event.c. */
static inline struct shown *shown_at(void) {
  struct shown *s = &shown;
  __asm__("" : "+r"(s));
  return s;
}

void dr_show(const char *envelope, dr_text data, dr_text index) {
  struct shown *s = shown_at();
  uint32_t n = 0;
  if (index.len) __builtin_memcpy(&n, index.at, 4);
  s->end = index.at + 4 + n * 16;
  s->members = index.at + 4;
  s->data = index.len ? data : (dr_text){NULL, 0};
  s->envelope = envelope;
}

static bool dotted(dr_text path) {
  for (uint32_t i = 0; i < path.len; i++)
    if (path.at[i] == '.') return true;
  return false;
}

/* Looks into the data of the event; false: ask the host. */
static inline bool look(const struct shown *s, dr_text path, found *f) {
  const char *envelope = s->envelope;
  for (const char *m = s->members, *end = s->end; m < end; m += 16) {
    const struct { uint32_t key, value, length; uint16_t key_length; char type; } *x = (const void *)m;
    if (x->key_length != path.len || !dr_starts_((dr_text){envelope + x->key, path.len}, path)) continue;
    *f = (found){x->type, {envelope + x->value, x->length}};
    return true;
  }
  *f = (found){0, {"", 0}};
  return !dotted(path);
}

__attribute__((noinline)) static found ask(dr_value v, dr_text p) {
  if (!v.json.len) return (found){0, {"", 0}};
#define CALL(out, cap) host_json_get(v.json.at, v.json.len, p.at, p.len, out, cap)
  DR_READ(n, at, CALL);
#undef CALL
  return found_in(at, n); /* not there, or no JSON */
}

static found find(dr_value v, dr_text p) {
  found f;
  const struct shown *s = shown_at();
  if (v.json.at == s->data.at && v.json.len == s->data.len && p.len && look(s, p, &f)) return f;
  return ask(v, p);
}

static found configured(const char *path) {
  dr_text p = dr(path);
#define CALL(out, cap) host_config_get(p.at, p.len, out, cap)
  DR_READ(n, at, CALL);
#undef CALL
  if (n != DR_NOT_FOUND) dr_must(n, "dr_config", p);
  return found_in(at, n);
}

static dr_text string_of(found f, dr_text fallback) { return f.type == 's' ? f.text : fallback; }
static dr_text text_of(found f, dr_text fallback) { return f.type == 's' || f.type == 'n' ? f.text : fallback; }
static int64_t integer_of(found f, int64_t fallback) { return f.type == 'n' ? dr_parse(f.text, fallback) : fallback; }
static bool bool_of(found f, bool fallback) { return f.type == 't' || (f.type != 'f' && fallback); }

static dr_value value_of(found f) {
  switch (f.type) {
    case 's': return (dr_value){dr(dr_answer(f.text))};
    case 't': return (dr_value){dr("true")};
    case 'f': return (dr_value){dr("false")};
    case 'z': return (dr_value){dr("null")};
  }
  return (dr_value){f.text};
}

/* Cuts the text of a list into its items; counts them only when out is NULL. */
static uint32_t split(dr_text list, dr_value *out) {
  uint32_t items = 0, start = 1, depth = 0;
  bool quoted = false, blank = true;
  for (uint32_t i = 1; i < list.len; i++) {
    char c = list.at[i];
    if (quoted) {
      if (c == '\\') i++;
      else if (c == '"') quoted = false;
    } else if (!depth && (c == ',' || i == list.len - 1)) {
      if (!blank) {
        if (out) out[items] = (dr_value){{list.at + start, i - start}};
        items++;
      }
      start = i + 1;
      blank = true;
    } else {
      if (c == '"') quoted = true;
      else if (c == '{' || c == '[') depth++;
      else if (c == '}' || c == ']') depth--;
      if ((uint8_t)c > ' ') blank = false;
    }
  }
  return items;
}

static dr_values items_of(found f) {
  dr_values v = {NULL, 0};
  if (f.type != 'a') return v;
  v.len = split(f.text, NULL);
  v.at = dr_memory(v.len * sizeof *v.at);
  split(f.text, v.at);
  return v;
}

static dr_texts texts_of(found f) {
  dr_values items = items_of(f);
  dr_texts t = {dr_memory((items.len + 1) * sizeof(dr_text)), 0};
  dr_text one = text_of(f, DR_ABSENT);
  if (dr_is(one)) t.at[t.len++] = one;
  for (uint32_t i = 0; i < items.len; i++) {
    one = dr_value_text(items.at[i], "", DR_ABSENT);
    if (dr_is(one)) t.at[t.len++] = one;
  }
  return t;
}

bool dr_value_has_(dr_value v, dr_text path) {
  char type = find(v, path).type;
  return type && type != 'z';
}
dr_text dr_value_string_(dr_value v, dr_text path, dr_text fallback) { return string_of(find(v, path), fallback); }
dr_text dr_value_text_(dr_value v, dr_text path, dr_text fallback) { return text_of(find(v, path), fallback); }
int64_t dr_value_integer_(dr_value v, dr_text path, int64_t fallback) { return integer_of(find(v, path), fallback); }
bool dr_value_bool_(dr_value v, dr_text path, bool fallback) { return bool_of(find(v, path), fallback); }
dr_value dr_value_get_(dr_value v, dr_text path) { return value_of(find(v, path)); }
dr_values dr_value_items_(dr_value v, dr_text path) { return items_of(find(v, path)); }
dr_texts dr_value_texts_(dr_value v, dr_text path) { return texts_of(find(v, path)); }

dr_value dr_config(const char *path) { return value_of(configured(path)); }
dr_text dr_config_string(const char *path, dr_text fallback) { return string_of(configured(path), fallback); }
int64_t dr_config_integer(const char *path, int64_t fallback) { return integer_of(configured(path), fallback); }
bool dr_config_bool(const char *path, bool fallback) { return bool_of(configured(path), fallback); }
dr_texts dr_config_texts(const char *path) { return texts_of(configured(path)); }
