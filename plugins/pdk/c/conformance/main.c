/* The guest of the conformance suite: core/plugin/plugintest/conformance/README.md
 * says what each handler does. */
#include "driplet/driplet.h"

static dr_text text(dr_event *e, const char *path) { return dr_value_string(e->data, path, dr("")); }
static dr_text or_absent(dr_event *e, const char *path) { return dr_value_string(e->data, path, DR_ABSENT); }
static int64_t number(dr_event *e, const char *path) { return dr_value_integer(e->data, path, 0); }
static dr_json *given(dr_event *e, const char *path) {
  return dr_value_has(e->data, path) ? dr_answer(dr_value_get(e->data, path)) : NULL;
}

static dr_reply echo(dr_event *e) {
  dr_json *o = dr_object();
  dr_set(o, "event", e->event);
  dr_set(o, "topic", e->topic);
  dr_set(o, "session", e->session);
  dr_set(o, "user", e->user);
  dr_set(o, "request", e->request);
  dr_set(o, "claims", e->claims);
  dr_set(o, "time", e->time);
  dr_set(o, "data", e->data);
  dr_set(o, "account", e->account);
  return dr_set(o, "endpoint", e->endpoint);
}

static dr_reply nothing(dr_event *e) {
  (void)e;
  return NULL;
}

static dr_reply refuse(dr_event *e) { return dr_fail_with(text(e, "code"), text(e, "message"), given(e, "data")); }

static dr_reply trap(dr_event *e) {
  (void)e;
  dr_trap("as asked");
}

static dr_reply publish(dr_event *e) {
  dr_publish(text(e, "topic"), dr_answer(dr_value_get(e->data, "message")), .event = text(e, "event"), .except = text(e, "except"),
             .id = text(e, "id"), .target = dr_value_get(e->data, "target"), .no_history = !dr_value_bool(e->data, "history", true));
  return NULL;
}

static dr_reply subscribe(dr_event *e) {
  dr_subscribe(text(e, "session"), text(e, "topic"), given(e, "info"));
  return NULL;
}

static dr_who *who(dr_event *e, uint32_t *n) {
  dr_texts sessions = dr_value_texts(e->data, "sessions"), users = dr_value_texts(e->data, "users");
  dr_who *w = dr_memory((sessions.len + users.len) * sizeof *w);
  *n = 0;
  for (uint32_t i = 0; i < sessions.len; i++) w[(*n)++] = dr_session(sessions.at[i]);
  for (uint32_t i = 0; i < users.len; i++) w[(*n)++] = dr_user(users.at[i]);
  return w;
}

static dr_reply unsubscribe(dr_event *e) {
  uint32_t n;
  dr_who *w = who(e, &n);
  dr_unsubscribe_n(text(e, "topic"), text(e, "reason"), w, n);
  return NULL;
}

static dr_reply disconnect(dr_event *e) {
  uint32_t n;
  dr_who *w = who(e, &n);
  dr_disconnect_n(text(e, "reason"), w, n);
  return NULL;
}

static dr_reply subscribed(dr_event *e) { return dr_answer(dr_subscribed(text(e, "session"), text(e, "topic"))); }

static dr_reply presence(dr_event *e) {
  dr_value here = dr_presence(text(e, "topic"), number(e, "limit"));
  dr_values members = dr_value_items(here, "members");
  dr_json *ids = dr_list();
  for (uint32_t i = 0; i < members.len; i++) dr_push(ids, dr_value_string(members.at[i], "id", dr("")));
  dr_json *o = dr_set(dr_object(), "count", dr_value_integer(here, "count", 0));
  return dr_set(o, "ids", ids);
}

static dr_reply history(dr_event *e) {
  int32_t limit = number(e, "limit");
  if (dr_value_has(e->data, "limit") && !limit) limit = -1;
  dr_position since = {text(e, "since.epoch"), number(e, "since.offset")};
  dr_past past = dr_history(text(e, "topic"), .limit = limit, .since = since);
  dr_json *events = dr_list();
  for (uint32_t i = 0; i < past.len; i++) {
    dr_past_event *p = &past.at[i];
    dr_json *one = dr_list();
    dr_push(one, p->offset);
    dr_push(one, p->event);
    dr_push(one, p->from);
    dr_push(one, p->data);
    dr_push(one, p->target);
    dr_push(events, one);
  }
  dr_json *o = dr_object();
  dr_set(o, "kept", past.kept);
  dr_set(o, "epoch", past.head.epoch);
  dr_set(o, "offset", past.head.offset);
  dr_set(o, "next", past.next.offset);
  dr_set(o, "whole", past.whole);
  dr_set(o, "more", past.more);
  return dr_set(o, "events", events);
}

static dr_reply kv_get(dr_event *e) {
  dr_text value = dr_kv_get(text(e, "key"));
  return dr_is(value) ? dr_answer(value) : NULL;
}

static dr_reply kv_set(dr_event *e) {
  dr_kv_set(text(e, "key"), text(e, "value"), number(e, "ttl"));
  return kv_get(e);
}

static dr_reply kv_delete(dr_event *e) {
  dr_kv_delete(text(e, "key"));
  return NULL;
}

static dr_reply kv_cas(dr_event *e) {
  return dr_answer(dr_kv_cas(text(e, "key"), or_absent(e, "old"), or_absent(e, "new"), number(e, "ttl")));
}

static dr_reply kv_incr(dr_event *e) { return dr_answer(dr_kv_incr(text(e, "key"), number(e, "delta"), number(e, "ttl"))); }

static dr_reply kv_scan(dr_event *e) {
  dr_text prefix = text(e, "prefix");
  int32_t limit = number(e, "limit");
  dr_pairs pairs = dr_value_bool(e->data, "reverse", false) ? dr_kv_scan_back(prefix, limit) : dr_kv_scan(prefix, limit);
  dr_json *out = dr_list();
  for (uint32_t i = 0; i < pairs.len; i++) {
    dr_json *pair = dr_push(dr_list(), pairs.at[i].key);
    dr_push(out, dr_push(pair, pairs.at[i].value));
  }
  return out;
}

static dr_reply kv_pages(dr_event *e) {
  dr_text prefix = text(e, "prefix"), last = dr("");
  int32_t limit = number(e, "limit");
  bool back = dr_value_bool(e->data, "reverse", false);
  dr_texts gone = dr_value_texts(e->data, "delete"), set = dr_value_texts(e->data, "set");
  for (uint32_t i = 0; i < gone.len; i++) dr_kv_delete(gone.at[i]);
  for (uint32_t i = 0; i < set.len; i++) dr_kv_set(set.at[i], "new", 0);
  dr_json *out = dr_list();
  for (;;) {
    int32_t most = limit ? limit : 1000;
    dr_pairs page = back ? dr_kv_scan_back_after(prefix, last, most) : dr_kv_scan_after(prefix, last, most);
    for (uint32_t i = 0; i < page.len; i++) dr_push(out, dr_join(page.at[i].key, dr("="), page.at[i].value));
    if (page.len == 0) return out;
    last = page.at[page.len - 1].key;
    if (limit) dr_kv_delete(last);
  }
}

static dr_reply fetch(dr_event *e) {
  dr_request r = {.method = text(e, "method"), .url = text(e, "url"), .headers = dr_value_get(e->data, "headers"),
                  .body = text(e, "body"), .timeout = number(e, "timeout"),
                  .sign = dr_value_bool(e->data, "signed", false)};
  dr_http_fetch(r, text(e, "state"));
  return NULL;
}

static dr_reply timer(dr_event *e) {
  int64_t at = number(e, "at");
  if (at) dr_timer_set(text(e, "name"), at, text(e, "state"));
  else dr_timer_cancel(text(e, "name"));
  return NULL;
}

static dr_reply later(dr_event *e) {
  int64_t handle = dr_defer();
  if (!handle) return dr_fail("conformance.nobody", "nobody waits for an answer");
  dr_kv_set(text(e, "key"), dr_decimal(handle), 0);
  return NULL;
}

static dr_reply reply(dr_event *e) {
  dr_text code = text(e, "code");
  dr_reply answer = code.len ? dr_fail(code, text(e, "message")) : given(e, "answer");
  return dr_reply_to(dr_parse(dr_kv_get(text(e, "key")), 0), answer) ? NULL : dr_fail("not_found", "nobody waits any more");
}

static dr_reply logs(dr_event *e) {
  dr_text line = text(e, "text");
  switch (number(e, "level")) {
    case 0: dr_log_debug(line); break;
    case 1: dr_log_info(line); break;
    case 2: dr_log_warn(line); break;
    default: dr_log_error(line);
  }
  return NULL;
}

static dr_reply metric(dr_event *e) {
  dr_metric(text(e, "name"), number(e, "value"));
  return NULL;
}

static dr_reply config(dr_event *e) {
  (void)e;
  dr_json *o = dr_set(dr_object(), "max_text", dr_config_integer("max_text", 0));
  dr_set(o, "title", dr_config_string("title", dr("")));
  return dr_set(o, "second", dr_value_bool(dr_config(""), "deep.list.1.yes", false));
}

static dr_reply now(dr_event *e) {
  (void)e;
  return dr_answer(dr_now());
}

static dr_reply random(dr_event *e) {
  (void)e;
  char a[16], b[16];
  dr_random(a, 16);
  dr_random(b, 16);
  return dr_answer(dr_bool(!dr_equal(((dr_text){a, 16}), ((dr_text){b, 16}))));
}

static dr_reply tick(dr_event *e) {
  dr_json *o = dr_set(dr_object(), "timer", e->event);
  dr_publish("conformance.done", dr_set(o, "state", e->state));
  return NULL;
}

static dr_reply served(dr_event *e) {
  if (dr_value_has(e->data, "code")) return dr_fail(text(e, "code"), text(e, "message"));
  if (dr_value_has(e->data, "key")) return later(e);
  dr_json *o = dr_set(dr_object(), "method", e->method);
  dr_set(o, "query", e->query);
  dr_set(o, "type", dr_value_get(e->headers, "content-type"));
  dr_set(o, "body", e->data.json);
  dr_set(o, "session", e->session);
  dr_set(o, "user", e->user);
  return dr_set(o, "endpoint", e->endpoint);
}

static dr_reply http(dr_event *e) {
  if (e->method.len) return served(e);
  dr_json *o = dr_set(dr_object(), "status", e->status);
  dr_set(o, "type", dr_value_get(e->headers, "content-type"));
  dr_set(o, "body", e->data.json);
  dr_publish("conformance.done", dr_set(o, "state", e->state));
  return NULL;
}

static dr_reply connect(dr_event *e) { return dr_equal(e->user, "banned") ? dr_fail("conformance.banned", "go away") : NULL; }

static dr_reply admit(dr_event *e) {
  if (dr_equal(e->topic, "conformance.closed")) return dr_fail("conformance.closed", "closed");
  return dr_equal(e->topic, "conformance.info") ? dr_admit(dr_set(dr_object(), "user", e->user)) : NULL;
}

static dr_reply left(dr_event *e) {
  dr_kv_set(dr_join(dr("left/"), e->topic), e->user, 0);
  return NULL;
}

static dr_reply gone(dr_event *e) {
  dr_kv_set("gone", e->user, 0);
  return NULL;
}

static dr_json *seen(dr_event *e) {
  dr_json *o = dr_set(dr_object(), "event", e->event);
  dr_set(o, "topic", e->topic);
  dr_set(o, "session", e->session);
  dr_set(o, "user", e->user);
  dr_set(o, "account", e->account);
  dr_set(o, "claims", e->claims);
  dr_set(o, "target", e->target);
  return dr_set(o, "message", e->data);
}

static dr_reply filter(dr_event *e) {
  dr_text what = text(e, "do"), target = dr_value_get(e->data, "target").json;
  dr_json *message = dr_answer(dr_value_get(e->data, "message"));
  if (dr_equal(what, "pass")) return dr_pass();
  if (dr_equal(what, "drop")) return dr_drop();
  if (dr_equal(what, "replace")) return dr_replace(message);
  if (dr_equal(what, "retarget")) return dr_retarget(target);
  if (dr_equal(what, "both")) return dr_both(message, target);
  if (dr_equal(what, "refuse")) return dr_fail("conformance.no", "not this");
  return dr_equal(what, "see") ? dr_replace(seen(e)) : NULL;
}

static dr_reply field(dr_event *e) {
  dr_text as = text(e, "as"), path = text(e, "path");
  uint32_t max = dr_value_integer(e->data, "max", 10);
  int64_t low = number(e, "low"), high = dr_value_integer(e->data, "high", 10);
  dr_reply value = dr_equal(as, "string") ? dr_answer(dr_string(e, path, max))
    : dr_equal(as, "string_or") ? dr_answer(dr_string_or(e, path, max, dr("fallback")))
    : dr_equal(as, "id") ? dr_answer(dr_id(e, path, max))
    : dr_equal(as, "integer") ? dr_answer(dr_integer(e, path, low, high))
    : dr_answer(dr_integer_or(e, path, low, high, -1));
  return dr_err(e) ? dr_err(e) : value;
}

DRIPLET_PLUGIN(
  dr_on("conformance.echo", echo), dr_on("conformance.nothing", nothing), dr_on("conformance.refuse", refuse),
  dr_on("conformance.trap", trap), dr_on("conformance.publish", publish), dr_on("conformance.subscribe", subscribe),
  dr_on("conformance.unsubscribe", unsubscribe), dr_on("conformance.disconnect", disconnect),
  dr_on("conformance.subscribed", subscribed), dr_on("conformance.presence", presence), dr_on("conformance.history", history), dr_on("conformance.kv_get", kv_get),
  dr_on("conformance.kv_set", kv_set), dr_on("conformance.kv_delete", kv_delete), dr_on("conformance.kv_cas", kv_cas),
  dr_on("conformance.kv_incr", kv_incr), dr_on("conformance.kv_scan", kv_scan), dr_on("conformance.kv_pages", kv_pages), dr_on("conformance.fetch", fetch),
  dr_on("conformance.timer", timer), dr_on("conformance.defer", later), dr_on("conformance.reply", reply),
  dr_on("conformance.log", logs), dr_on("conformance.metric", metric), dr_on("conformance.config", config),
  dr_on("conformance.now", now), dr_on("conformance.random", random), dr_on("conformance.field", field), dr_on_timer("tick", tick), dr_on_http(http),
  dr_on_connect(connect), dr_on_subscribe(admit), dr_on_unsubscribe(left), dr_on_publish(filter), dr_on_disconnect(gone))
