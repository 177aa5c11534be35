/* The guest library for Driplet plugins in C.
 *
 * A plugin lists its handlers in DRIPLET_PLUGIN. A handler gets an event, may
 * call everything in this file, and returns its answer; what it publishes,
 * subscribes, disconnects and sets happens when it ends, or, if it traps, not at
 * all. Freestanding: there is no C library beneath, and no plugin needs one.
 *
 * Memory: whatever this library returns lives until the handler's end, and
 * nothing is freed by hand. An instance may be replaced between any two events:
 * what must last is kept in the store (dr_kv_set), never in variables.
 *
 * A call that fails for a reason which only the author can mend (a topic that the
 * manifest does not grant, a key over 512 bytes, broken JSON) ends the handler
 * with a trap; the server's log names the call and the reason.
 *
 * Where a parameter is marked TEXT, a string literal, a char *, a dr_text and a
 * dr_json * are all taken. The names are the same in every language's guest
 * library; ABI.md of the server's package core/plugin tells what is beneath. */
#ifndef DRIPLET_H
#define DRIPLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- text and JSON ---------------------------------------------------- */

/* UTF-8 text or any bytes; not terminated by a zero. at is NULL where there is
 * no text at all (dr_is), which is not the same as an empty one. */
typedef struct { const char *at; uint32_t len; } dr_text;

/* JSON to look into: the host walks it. A path is keys joined by dots, in a list
 * an index from 0: "user.name", "items.0.id"; the empty path is the whole. */
typedef struct { dr_text json; } dr_value;

/* JSON that grows: dr_object(), dr_list(), dr_answer(…), dr_raw(…), or a refusal
 * made by dr_fail. Opaque. */
typedef struct dr_json dr_json;

/* What a handler answers; NULL: nothing. */
typedef dr_json *dr_reply;

/* A literal, a char *, a dr_text or a dr_json * as dr_text. */
#define dr(x) _Generic((x), dr_text: dr_text_same, char *: dr_text_cstr, const char *: dr_text_cstr, dr_json *: dr_json_text)(x)

/* Whether there is a text at all. */
static inline bool dr_is(dr_text t) { return t.at != NULL; }
bool dr_equal_(dr_text a, dr_text b);
bool dr_starts_(dr_text t, dr_text prefix);
bool dr_contains_(dr_text t, dr_text part);
/* Whether two TEXTs are the same; whether one begins with, or contains, the other. */
#define dr_equal(a, b) dr_equal_(dr(a), dr(b))
#define dr_starts(text, prefix) dr_starts_(dr(text), dr(prefix))
#define dr_contains(text, part) dr_contains_(dr(text), dr(part))
/* Joins texts: dr_join(dr("chat."), room). */
#define dr_join(...) dr_join_n((dr_text[]){__VA_ARGS__}, sizeof((dr_text[]){__VA_ARGS__}) / sizeof(dr_text))
dr_text dr_join_n(const dr_text *parts, uint32_t n);
/* A whole number as text. */
dr_text dr_decimal(int64_t n);
/* The whole number that a text is; fallback if it is none that an int64_t holds. */
int64_t dr_parse(dr_text t, int64_t fallback);
/* Memory until the handler's end, aligned to 8 bytes, not cleared. Traps when there is none. */
void *dr_memory(uint32_t bytes);

dr_json *dr_object(void);
dr_json *dr_list(void);
/* Sets a key (TEXT) of an object, or pushes an item to a list, and returns it. The
 * value is a whole number, a bool, a TEXT (which is quoted), a dr_json * or a
 * dr_value. true, false and comparisons are ints in C: write dr_bool(a < b). */
#define dr_set(object, key, value) dr_add_(value)(dr_key_(object, dr(key)), value)
#define dr_push(list, value) dr_add_(value)(dr_item_(list), value)
#define dr_bool(x) ((bool)(x))
/* An answer that is one value: dr_answer(dr_bool(true)). */
#define dr_answer(value) dr_add_(value)(dr_empty_(), value)
/* JSON text (TEXT) as it is, for instance from the store. */
#define dr_raw(json) dr_raw_(dr(json))

/* Refuses: return dr_fail("chat.banned", "you were put out of this room"). The code is
 * one of the server's (bad_request, forbidden, not_found, conflict, …) or
 * "<plugin>.<name>"; the message says what to do. Both TEXT. */
#define dr_fail(code, message) dr_fail_(dr(code), dr(message), NULL)
/* The same with more for the caller's program: a dr_json *. */
#define dr_fail_with(code, message, data) dr_fail_(dr(code), dr(message), data)
/* Admits to a topic (dr_on_subscribe), with what others see of this member in presence. */
dr_reply dr_admit(dr_json *info);

/* What a publish hook (dr_on_publish) answers; NULL passes. data and target are a
 * dr_json *, or JSON as TEXT. A target is as in dr_publish; "{}" is everybody. */
dr_reply dr_pass(void); /* the message is placed as it is */
dr_reply dr_drop(void); /* it is not placed, and its publisher does not notice; dr_fail refuses it */
#define dr_replace(data) dr_verdict_(2, dr(data), dr(""))          /* another message is placed instead */
#define dr_retarget(target) dr_verdict_(3, dr(""), dr(target))     /* it goes to others than its publisher said */
#define dr_both(data, target) dr_verdict_(4, dr(data), dr(target)) /* another message, for others */

/* Reading JSON at a path (TEXT). fallback is what comes back where nothing of that type stands. */
#define dr_value_has(v, path) dr_value_has_(v, dr(path))                             /* bool: something other than null */
#define dr_value_string(v, path, fallback) dr_value_string_(v, dr(path), fallback)   /* dr_text */
#define dr_value_text(v, path, fallback) dr_value_text_(v, dr(path), fallback)       /* dr_text: a string or a number, as text */
#define dr_value_integer(v, path, fallback) dr_value_integer_(v, dr(path), fallback) /* int64_t */
#define dr_value_bool(v, path, fallback) dr_value_bool_(v, dr(path), fallback)       /* bool */
#define dr_value_get(v, path) dr_value_get_(v, dr(path))     /* dr_value: its JSON text; empty if there is nothing */
#define dr_value_items(v, path) dr_value_items_(v, dr(path)) /* dr_values: of a list */
#define dr_value_texts(v, path) dr_value_texts_(v, dr(path)) /* dr_texts: a list's strings and numbers, or the one that stands there */
typedef struct { dr_value *at; uint32_t len; } dr_values;
typedef struct { dr_text *at; uint32_t len; } dr_texts;

/* ---- events ----------------------------------------------------------- */

/* What a handler is asked about. Which fields hold something depends on the kind
 * of event; the others are empty. */
typedef struct {
  dr_text event;    /* message: its name, "chat.send"; publish: the message's event name, may be empty; timer: the timer's name */
  dr_text topic;    /* message (when given), subscribe, unsubscribe, publish */
  dr_text session;  /* the connection: a secret between it and the server; empty when a backend publishes */
  dr_text user;     /* its public id, as others see it */
  dr_text request;  /* message: the request's id; empty: nobody waits for an answer */
  dr_value claims;  /* the object custom of the connection's token */
  int64_t time;     /* when it happened, ms since 1970 */
  dr_value data;    /* message: what the client sent; publish: the message; http: the body (data.json) */
  dr_text account;  /* the token's user; empty: anonymous */
  dr_text endpoint; /* its name */
  dr_text state;    /* timer, http: what was given to dr_timer_set, dr_http_fetch */
  int32_t status;   /* http: the answer's status; 0: there was none, and data holds code and message */
  dr_value headers; /* http: the answer's headers, names in lower case; of a request those that tell of its body and sender, unsigned */
  dr_value target;  /* publish: whom the message is for; empty: everybody */
  dr_text method;   /* http: POST, a backend's request, whose answer the handler returns; empty: the answer to dr_http_fetch */
  dr_text query;    /* http: the query of a request's URL, without the question mark */
  dr_reply bad;     /* see dr_err */
} dr_event;

/* Fields of data that must be right, at a path (TEXT). The first that is not is what dr_err returns,
 * as bad_request: read all, then ask once. max counts as a browser's maxlength. */
#define dr_string(e, path, max) dr_string_(e, dr(path), max) /* dr_text: not empty */
#define dr_string_or(e, path, max, fallback) dr_string_or_(e, dr(path), max, fallback)
#define dr_id(e, path, max) dr_id_(e, dr(path), max)         /* dr_text: a string or a number, as text */
#define dr_integer(e, path, low, high) dr_integer_(e, dr(path), low, high) /* int64_t */
#define dr_integer_or(e, path, low, high, fallback) dr_integer_or_(e, dr(path), low, high, fallback)
static inline dr_reply dr_err(dr_event *e) { return e->bad; }

typedef dr_reply (*dr_handler)(dr_event *e);
typedef struct { int32_t kind; dr_text name; dr_handler handler; } dr_route;

/* The plugin: what it handles. Once, in one file:
 *
 *   DRIPLET_PLUGIN(
 *     dr_on_subscribe(admit),
 *     dr_on("chat.send", send)) */
#define DRIPLET_PLUGIN(...) \
  const dr_route dr_routes[] = {__VA_ARGS__}; \
  const uint32_t dr_routes_len = sizeof dr_routes / sizeof *dr_routes;
/* A client's event. A name that ends in * takes all that begin so and have no handler of their own. */
#define dr_on(name, handler) {5, {"" name, sizeof name - 1}, handler}
#define dr_on_connect(handler) {1, {"", 0}, handler}     /* before a connection is admitted: dr_fail refuses it */
#define dr_on_disconnect(handler) {2, {"", 0}, handler}  /* when a connection is gone */
#define dr_on_subscribe(handler) {3, {"", 0}, handler}   /* before a subscription to one of the manifest's topics: NULL, dr_admit or dr_fail */
#define dr_on_unsubscribe(handler) {4, {"", 0}, handler} /* when a connection has left one of them */
#define dr_on_publish(handler) {6, {"", 0}, handler}     /* before a message of a client or a backend is placed on one of them: dr_pass, dr_drop, …, or dr_fail */
#define dr_on_timer(name, handler) {7, {"" name, sizeof name - 1}, handler} /* the manifest's timers, and dr_timer_set's */
#define dr_on_http(handler) {8, {"", 0}, handler}        /* answers to dr_http_fetch, of which the event's state tells which; and, where the manifest's hooks hold "http", a backend's requests: then method is not empty */
extern const dr_route dr_routes[];
extern const uint32_t dr_routes_len;

/* ---- topics ----------------------------------------------------------- */

/* How to publish; every field may be left out. */
typedef struct {
  dr_text event;   /* the message's event name */
  dr_text except;  /* a session that hears nothing of it */
  dr_text id;      /* an idempotency key: the same again within 5 minutes delivers nothing */
  dr_value target; /* whom it is for, JSON: {"include":{"roles":"editor"}}; empty: every subscriber */
  bool no_history; /* a topic's history does not keep it */
} dr_publish_options;

/* Publishes data (dr_json *, or JSON as TEXT) on topic (TEXT):
 * dr_publish(topic, message, .event = dr("chat.message")). */
#define dr_publish(topic, data, ...) dr_publish_(dr(topic), dr(data), (dr_publish_options){__VA_ARGS__})
/* Subscribes a connection; info (dr_json *, may be NULL) is what others see of it in presence. */
#define dr_subscribe(session, topic, info) dr_subscribe_(dr(session), dr(topic), info)
/* Names connections: all of a user by public id, or one session. */
typedef struct { char kind; dr_text id; } dr_who;
#define dr_user(id) ((dr_who){'u', dr(id)})
#define dr_session(id) ((dr_who){'s', dr(id)})
/* Ends subscriptions: dr_unsubscribe(topic, "put out", dr_user("7")). The clients are told the reason (200 bytes). */
#define dr_unsubscribe(topic, reason, ...) \
  dr_unsubscribe_n(dr(topic), dr(reason), (dr_who[]){__VA_ARGS__}, sizeof((dr_who[]){__VA_ARGS__}) / sizeof(dr_who))
void dr_unsubscribe_n(dr_text topic, dr_text reason, const dr_who *who, uint32_t n);
/* Closes connections; their clients do not come back by themselves. */
#define dr_disconnect(reason, ...) dr_disconnect_n(dr(reason), (dr_who[]){__VA_ARGS__}, sizeof((dr_who[]){__VA_ARGS__}) / sizeof(dr_who))
void dr_disconnect_n(dr_text reason, const dr_who *who, uint32_t n);
/* Whether a connection is subscribed to topic. */
#define dr_subscribed(session, topic) dr_subscribed_(dr(session), dr(topic))
/* Who is on a topic: {"members":[{"id","info"?}],"count"}, at most limit (1,000) members, a user once; count counts all. */
#define dr_presence(topic, limit) dr_presence_(dr(topic), limit)

/* A place among a topic's events: offsets grow, and count anew in each epoch. */
typedef struct { dr_text epoch; uint64_t offset; } dr_position;
/* What to read of a history; every field may be left out. */
typedef struct {
  int32_t limit;     /* events at most, up to 1,000; 0: 100; negative: none, only where the topic stands */
  dr_position since; /* only what came after, the oldest first to come; without epoch: the newest */
} dr_history_options;
/* An event that a topic keeps. */
typedef struct {
  uint64_t offset;
  dr_text event;   /* the message's event name, may be empty */
  dr_text from;    /* the public id of the client that published it; empty: a backend or a plugin */
  dr_value data;   /* the message */
  dr_value target; /* whom it was for, as in dr_publish; empty: everybody */
} dr_past_event;
/* What a topic keeps of its events. */
typedef struct {
  bool kept;         /* the topic's rule keeps a history; false: all else is empty */
  bool whole;        /* from since to the last of these events nothing is missing; false: it is no longer kept, and these are the newest instead */
  bool more;         /* the topic keeps events after these */
  dr_position head;  /* of the newest event that was ever kept */
  dr_position next;  /* what to give as since to go on behind these events */
  dr_past_event *at; /* the oldest first */
  uint32_t len;
} dr_past;
/* What a topic (TEXT) keeps, for whomever it was: dr_history(topic, .limit = 50, .since = past.next).
 * What this event publishes is not there yet. */
#define dr_history(topic, ...) dr_history_(dr(topic), (dr_history_options){__VA_ARGS__})

/* Keeps the caller's request open: the handle is for dr_reply_to, in this or a
 * later event. 0: nobody waits for an answer, or too many do already. */
int64_t dr_defer(void);
/* Answers a request that was kept open, once; NULL and dr_fail are answers too.
 * false: the caller has given up, or was answered. */
bool dr_reply_to(int64_t handle, dr_reply answer);

/* ---- the store -------------------------------------------------------- */

/* Lifetimes are in milliseconds; 0: for ever. */
enum { DR_SECOND = 1000, DR_MINUTE = 60 * DR_SECOND, DR_HOUR = 60 * DR_MINUTE, DR_DAY = 24 * DR_HOUR };
/* "Absent", for dr_kv_cas. */
#define DR_ABSENT ((dr_text){NULL, 0})
/* The value at key (TEXT, 1 to 512 bytes); none (dr_is is false) if there is none. */
#define dr_kv_get(key) dr_kv_get_(dr(key))
/* Sets key to value (TEXT) when the handler ends; dr_kv_get and dr_kv_scan of this event see it at once. */
#define dr_kv_set(key, value, ttl) dr_kv_set_(dr(key), dr(value), ttl)
#define dr_kv_delete(key) dr_kv_delete_(dr(key))
/* Sets key to next (DR_ABSENT: deletes it) if it holds old (DR_ABSENT: if it is absent):
 * at once, atomically, also if the handler traps later. */
#define dr_kv_cas(key, old, next, ttl) dr_kv_cas_(dr(key), dr(old), dr(next), ttl)
/* Adds delta to the whole number at key (absent: 0), in the same way; returns the sum. */
#define dr_kv_incr(key, delta, ttl) dr_kv_incr_(dr(key), delta, ttl)
/* At most limit (1,000) pairs whose keys begin with prefix (TEXT), in key order, or backwards. */
#define dr_kv_scan(prefix, limit) dr_kv_scan_(dr(prefix), limit, false)
#define dr_kv_scan_back(prefix, limit) dr_kv_scan_(dr(prefix), limit, true)
/* The same of what lies behind the key after (TEXT), backwards before it. There need be no such
 * key any more; "" is from the start. All pairs of a prefix:
 *   dr_pairs page;
 *   for (dr_text last = dr(""); (page = dr_kv_scan_after("item/", last, 1000)).len; last = page.at[page.len - 1].key) … */
#define dr_kv_scan_after(prefix, after, limit) dr_kv_scan_after_(dr(prefix), dr(after), limit, false)
#define dr_kv_scan_back_after(prefix, after, limit) dr_kv_scan_after_(dr(prefix), dr(after), limit, true)
typedef struct { dr_text key, value; } dr_pair;
typedef struct { dr_pair *at; uint32_t len; } dr_pairs;

/* ---- the host --------------------------------------------------------- */

/* A request; all but url may be left out. */
typedef struct {
  dr_text method;  /* GET */
  dr_text url;     /* must begin with one of those that the manifest lists */
  dr_value headers; /* a JSON object of strings */
  dr_text body;    /* 64 KiB at most */
  int32_t timeout; /* ms, at most 30,000; 0: 5,000 */
  bool sign;       /* with the endpoint's secret, so that the other side knows who asks */
} dr_request;
/* Sends a request when the handler ends. The answer comes to dr_on_http's handler, with state (TEXT, 4 KiB at most).
 * false: it will not be sent, too many are under way. */
#define dr_http_fetch(request, state) dr_http_fetch_(request, dr(state))
/* Has dr_on_timer(name)'s handler called at a time (ms since 1970), with state (TEXT, 4 KiB at most). The same name again replaces it. */
#define dr_timer_set(name, at, state) dr_timer_set_(dr(name), at, dr(state))
#define dr_timer_cancel(name) dr_timer_cancel_(dr(name))
/* The configuration: [config] of the manifest, with what the endpoint overrides. */
dr_value dr_config(const char *path);
dr_text dr_config_string(const char *path, dr_text fallback);
int64_t dr_config_integer(const char *path, int64_t fallback);
bool dr_config_bool(const char *path, bool fallback);
dr_texts dr_config_texts(const char *path);
/* Writes a TEXT to the server's log. */
#define dr_log_debug(text) dr_log_(0, dr(text))
#define dr_log_info(text) dr_log_(1, dr(text))
#define dr_log_warn(text) dr_log_(2, dr(text))
#define dr_log_error(text) dr_log_(3, dr(text))
/* Logs and traps: what must not happen. */
#define dr_trap(text) dr_trap_(dr(text))
/* Adds to the plugin's counter of this name (TEXT, a-z 0-9 _). */
#define dr_metric(name, value) dr_metric_(dr(name), value)
/* Now, ms since 1970. An event's time is when it happened. */
int64_t dr_now(void);
/* Fills memory (65,536 bytes at most) with random bytes good for secrets. */
void dr_random(void *memory, uint32_t bytes);

#include "generic.h" /* what the macros above call */

#endif
