// What is said in a room, and the last of it.

import { Event, JSONList, Reply, clean, config, fail, kv, list, object, publish, DAY } from "../pdk/assemblyscript/driplet";
import { sender } from "./names";
import { MAX_ROOM, checkMember, topicOf } from "./rooms";

/** A message is published in one piece of 64 KiB at most, three bytes a character. */
const MAX_TEXT: i64 = 16000;
/** An answer holds 64 KiB; the rest of it is for the members. */
const HISTORY_BYTES = 44 << 10;

export function maxText(): i32 { return <i32>max<i64>(1, min(config.integer("max_text", 2000), MAX_TEXT)); }

function keep(): i64 { return max<i64>(0, min<i64>(config.integer("keep", 50), 500)); }

export function messageKey(topic: string, id: i64): string { return "msg/" + topic + "/" + id.toString().padStart(12, "0"); }

/** chat.send */
export function send(e: Event): Reply | null {
  const room = e.string("room", MAX_ROOM), limit = maxText(), text = clean(e.string("text", limit), limit);
  const bad = checkMember(e, room);
  if (bad) return bad;
  if (text.length == 0) return fail("bad_request", "text is empty");
  const topic = topicOf(room), kept = keep();
  const id = kv.incr("seq/" + topic), who = sender(e);
  const message = who.describe(object().set("id", id).set("from", who.id)).set("text", text).set("at", e.time);
  if (kept > 0) kv.set(messageKey(topic, id), message, max<i64>(1, config.integer("ttl_days", 7)) * DAY);
  if (id > kept) kv.delete(messageKey(topic, id - kept));
  publish(topic, message, { event: "chat.message" });
  return object().set("id", id);
}

/** chat.typing */
export function typing(e: Event): Reply | null {
  const room = e.string("room", MAX_ROOM);
  const bad = checkMember(e, room);
  if (bad) return bad;
  publish(topicOf(room), sender(e).toJSON(), { event: "chat.typing", except: e.session, history: false });
  return null;
}

/** The last messages, oldest first, as many as an answer holds. */
export function history(topic: string): JSONList {
  const out = list(), limit = <i32>keep();
  if (limit == 0) return out;
  const newest = kv.scan("msg/" + topic + "/", limit, true);
  let first = 0, bytes = 0;
  while (first < newest.length) {
    bytes += String.UTF8.byteLength(newest[first].value) + 1;
    if (bytes > HISTORY_BYTES) break;
    first++;
  }
  for (let i = first - 1; i >= 0; i--) out.pushRaw(newest[i].value);
  return out;
}
