// Rooms: their names, their topics, and the list of them.

import { Event, Refusal, Reply, config, fail, json, kv, list, object, presence, DAY, SECOND } from "../pdk/assemblyscript/driplet";

const PREFIX = "chat.";
/** A room's name is part of a topic and of keys. */
export const MAX_ROOM = 64;
/** Each room in the list costs a look at its members. */
const MAX_LISTED = 100;
/** How long a room is listed after somebody came in last. */
const LISTED: i64 = 7 * DAY;

export function topicOf(room: string): string { return PREFIX + room; }
export function roomOf(topic: string): string { return topic.substring(PREFIX.length); }

/** Refuses names that are none, and rooms that the configuration does not list. */
export function checkRoom(room: string): Refusal | null {
  if (!isName(room)) return fail("bad_request", "a room's name is 1 to 64 letters, digits, - _ or .");
  const only = config.texts("rooms");
  return only.length == 0 || only.includes(room) ? null : fail("not_found", "there is no room " + room);
}

function isName(room: string): bool {
  if (room.length == 0 || room.length > MAX_ROOM) return false;
  for (let i = 0; i < room.length; i++) {
    const c = room.charCodeAt(i), letter = c | 0x20;
    if (!(letter >= 0x61 && letter <= 0x7a || c >= 0x30 && c <= 0x39 || c == 0x2d || c == 0x5f || c == 0x2e)) return false;
  }
  return true;
}

/** The checks that every event in a room begins with. */
export function checkMember(e: Event, room: string): Refusal | null {
  const bad = e.err() || checkRoom(room);
  if (bad) return bad;
  return e.subscribed(topicOf(room)) ? null : fail("chat.not_member", "subscribe to " + topicOf(room) + " first");
}

/** Has the room listed. */
export function note(topic: string, at: i64): void { kv.set("room/" + topic, at.toString(), LISTED); }

class Room {
  constructor(public name: string, public members: i64) {}
}

/** chat.rooms: the same list serves everybody for a second. */
export function rooms(_: Event): Reply | null {
  const cached = kv.get("rooms");
  if (cached) return json(cached);
  const found: Room[] = [], pairs = kv.scan("room/", MAX_LISTED);
  for (let i = 0; i < pairs.length; i++) {
    const topic = pairs[i].key.substring(5);
    found.push(new Room(roomOf(topic), presence(topic, 0).integer("count")));
  }
  found.sort((a, b) => a.members == b.members ? (a.name < b.name ? -1 : 1) : a.members > b.members ? -1 : 1);
  const out = list();
  for (let i = 0; i < found.length; i++) out.push(object().set("room", found[i].name).set("members", found[i].members));
  const answer = object().set("rooms", out).toString();
  kv.set("rooms", answer, SECOND);
  return json(answer);
}
