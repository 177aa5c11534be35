// The snapshot: what a dashboard shows.

import { Event, JSONList, Reply, admit, config, fail, json, kv, list, object, presence, publish, MINUTE, SECOND } from "../pdk/assemblyscript/driplet";
import { pages, referrers } from "./views";
import { Visitors } from "./visitors";

const TOPIC = "analytics.live";
const MINUTES = 30, SECONDS = 60;

function mayWatch(e: Event): bool {
  const wanted = config.texts("roles");
  if (wanted.length == 0) return true;
  const roles = e.claims.texts("roles");
  for (let i = 0; i < roles.length; i++) {
    if (wanted.includes(roles[i])) return true;
  }
  return false;
}

/** Asked before a subscription to analytics.*. */
export function admitWatcher(e: Event): Reply | null {
  if (e.topic != TOPIC) return fail("not_found", "there is no topic " + e.topic + ": subscribe to " + TOPIC);
  return mayWatch(e) ? null : fail("forbidden", "the dashboard is for other roles");
}

/** analytics.snapshot */
export function answerSnapshot(e: Event): Reply | null {
  if (!mayWatch(e)) return fail("forbidden", "the dashboard is for other roles");
  const last = kv.get("snapshot");
  return last ? json(last) : snapshot(e.time);
}

/** Every second: costs nothing while nobody watches. */
export function publishSnapshot(e: Event): Reply | null {
  if (presence(TOPIC, 0).integer("count") > 0) publish(TOPIC, snapshot(e.time), { event: "analytics.snapshot", history: false });
  return null;
}

function snapshot(time: i64): Reply {
  const visitors = Visitors.now();
  const seconds = series("s/", time / SECOND, SECONDS), minutes = series("m/", time / MINUTE, MINUTES);
  const text = object()
    .set("at", time)
    .set("visitors", visitors.count)
    .set("minute", total(seconds))
    .set("total", total(minutes))
    .set("pages", topPages(pages.sum(time), visitors.pages))
    .set("referrers", topReferrers(referrers.sum(time)))
    .set("minutes", numbers(minutes))
    .set("seconds", numbers(seconds)).toString();
  kv.set("snapshot", text, SECOND);
  return json(text);
}

// series reads the counts at the last length steps up to now, oldest first.
function series(prefix: string, now: i64, length: i32): i64[] {
  const out = new Array<i64>(length).fill(0), pairs = kv.scan(prefix, 2 * length + 10);
  for (let i = 0; i < pairs.length; i++) {
    const ago = now - I64.parseInt(pairs[i].key.substring(prefix.length));
    if (ago >= 0 && ago < length) out[length - 1 - <i32>ago] = I64.parseInt(pairs[i].value);
  }
  return out;
}

function total(counts: i64[]): i64 {
  let sum: i64 = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i];
  return sum;
}

function numbers(counts: i64[]): JSONList {
  const out = list();
  for (let i = 0; i < counts.length; i++) out.push(counts[i]);
  return out;
}

class Row {
  constructor(public name: string, public views: i64, public visitors: i64) {}
}

function topPages(views: Map<string, i64>, visitors: Map<string, i64>): JSONList {
  const rows: Row[] = [], viewed = views.keys(), visited = visitors.keys();
  for (let i = 0; i < viewed.length; i++) {
    const page = viewed[i];
    rows.push(new Row(page, views.get(page), visitors.has(page) ? visitors.get(page) : 0));
  }
  for (let i = 0; i < visited.length; i++) {
    if (!views.has(visited[i])) rows.push(new Row(visited[i], 0, visitors.get(visited[i])));
  }
  const out = list(), n = top(rows);
  for (let i = 0; i < n; i++) out.push(object().set("page", rows[i].name).set("views", rows[i].views).set("visitors", rows[i].visitors));
  return out;
}

function topReferrers(views: Map<string, i64>): JSONList {
  const rows: Row[] = [], hosts = views.keys();
  for (let i = 0; i < hosts.length; i++) rows.push(new Row(hosts[i], views.get(hosts[i]), 0));
  const out = list(), n = top(rows);
  for (let i = 0; i < n; i++) out.push(object().set("host", rows[i].name).set("views", rows[i].views));
  return out;
}

// top sorts rows, the most viewed first, and tells how many of them to show.
function top(rows: Row[]): i32 {
  rows.sort((a, b) => a.views != b.views ? (a.views > b.views ? -1 : 1)
    : a.visitors != b.visitors ? (a.visitors > b.visitors ? -1 : 1)
    : a.name < b.name ? -1 : 1);
  return min(rows.length, <i32>max<i64>(1, min<i64>(config.integer("top", 10), 100)));
}
