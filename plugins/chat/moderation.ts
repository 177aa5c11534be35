// Deleting messages and putting people out.

import { Event, Reply, Value, config, fail, kv, object, presence, publish, unsubscribe, user, MINUTE } from "../pdk/assemblyscript/driplet";
import { banKey, hereKey } from "./members";
import { messageKey } from "./messages";
import { isModerator, isUser, person } from "./names";
import { MAX_ROOM, checkMember, topicOf } from "./rooms";

const MAX_ID: i64 = 999999999999; // twelve digits, as in the keys
const MAX_KICK: i64 = 10080; // minutes: a week

/** chat.delete */
export function remove(e: Event): Reply | null {
  const room = e.string("room", MAX_ROOM), id = e.integer("id", 1, MAX_ID);
  const bad = checkMember(e, room);
  if (bad) return bad;
  const topic = topicOf(room), key = messageKey(topic, id), message = kv.get(key);
  if (!message) return fail("not_found", "there is no message " + id.toString() + " in this room any more");
  if (Value.parse(message).string("from") != e.user && !isModerator(e)) return fail("chat.not_moderator", "only its author or a moderator may delete a message");
  kv.delete(key);
  publish(topic, object().set("id", id).set("by", e.user), { event: "chat.deleted" });
  return object().set("id", id);
}

/** chat.kick */
export function kick(e: Event): Reply | null {
  const room = e.string("room", MAX_ROOM), out = e.id("user", 300);
  const minutes = e.integerOr("minutes", 1, MAX_KICK, max<i64>(1, min(config.integer("kick_minutes", 10), MAX_KICK)));
  const bad = checkMember(e, room);
  if (bad) return bad;
  if (!isModerator(e)) return fail("chat.not_moderator", "only a moderator may put somebody out");
  if (!isUser(out)) return fail("bad_request", "user is longer than 300 bytes");
  if (out == e.user) return fail("bad_request", "you cannot put yourself out: unsubscribe instead");
  const topic = topicOf(room), until = e.time + minutes * MINUTE;
  const who = person(out, nameIn(topic, out));
  kv.set(banKey(topic, out), until.toString(), minutes * MINUTE);
  kv.delete(hereKey(topic, out));
  unsubscribe([user(out)], topic, "chat.kicked");
  publish(topic, who.toJSON().set("by", e.user).set("until", until), { event: "chat.kicked" });
  return object().set("user", out).set("until", until);
}

// nameIn finds the name under which somebody is in the room; empty: none, or not there.
function nameIn(topic: string, id: string): string {
  const members = presence(topic, 1000).items("members");
  for (let i = 0; i < members.length; i++) {
    if (members[i].string("id") == id) return members[i].string("info.name");
  }
  return "";
}
