// Who comes and goes. Presence tells who is in a room; the key
// here/<topic>/<user> tells whose coming was announced, so that somebody with
// two tabs comes once and goes once.

import { Event, JSONList, Reply, admit, fail, kv, list, object, presence, publish, DAY, Value } from "../pdk/assemblyscript/driplet";
import { history, maxText } from "./messages";
import { MAX_NAME, Person, chooseName, claimedName, isModerator, isUser, person, sender } from "./names";
import { MAX_ROOM, checkMember, checkRoom, note, roomOf, topicOf } from "./rooms";

/** As many members as an answer of 64 KiB holds beside the messages. */
const MAX_MEMBERS = 200;
const MEMBERS_BYTES = 16 << 10;
/** The most that presence lists. */
const MAX_PRESENCE = 1000;
/** Bounds of one sweep: a handler has its deadline, and 64 publishes. */
const SWEEP_ROOMS = 25, SWEEP_LEFT = 50;

export function hereKey(topic: string, user: string): string { return "here/" + topic + "/" + user; }
export function banKey(topic: string, user: string): string { return "ban/" + topic + "/" + user; }

/** Asked before a subscription to chat.*. */
export function admitMember(e: Event): Reply | null {
  const bad = checkRoom(roomOf(e.topic));
  if (bad) return bad;
  if (!isUser(e.user)) return fail("bad_request", "the user's id is longer than 300 bytes");
  const until = kv.get(banKey(e.topic, e.user));
  if (until) return fail("chat.banned", "you were put out of this room", object().setRaw("until", until));
  const name = claimedName(e.claims);
  return name.length > 0 ? admit(object().set("name", name)) : null;
}

/** chat.enter */
export function enter(e: Event): Reply | null {
  const room = e.string("room", MAX_ROOM), name = e.stringOr("name", MAX_NAME, "");
  const bad = checkMember(e, room);
  if (bad) return bad;
  const topic = topicOf(room), user = e.user;
  chooseName(e, name);
  note(topic, e.time);
  kv.set("in/" + e.session + "/" + topic, "1", 7 * DAY);
  const you = sender(e);
  if (kv.cas(hereKey(topic, user), null, e.time.toString(), DAY)) {
    publish(topic, you.toJSON().set("at", e.time), { event: "chat.joined", except: e.session, history: false });
  }
  const here = presence(topic, MAX_MEMBERS);
  return object()
    .set("room", room)
    .set("you", you.toJSON())
    .set("moderator", isModerator(e))
    .set("members", members(here.items("members")))
    .set("count", here.integer("count"))
    .set("messages", history(topic))
    .set("limits", object().set("text", maxText()));
}

// members lists people by name: presence has no order.
function members(here: Value[]): JSONList {
  const people: Person[] = [], out = list();
  for (let i = 0; i < here.length; i++) people.push(person(here[i].string("id"), here[i].string("info.name")));
  people.sort((a, b) => a.name != b.name ? (a.name < b.name ? -1 : 1) : a.id < b.id ? -1 : 1);
  let bytes = 0;
  for (let i = 0; i < people.length; i++) {
    const member = people[i].toJSON().toString();
    bytes += String.UTF8.byteLength(member) + 1;
    if (bytes > MEMBERS_BYTES) break;
    out.pushRaw(member);
  }
  return out;
}

/** Told when a connection left a room. */
export function left(e: Event): Reply | null {
  kv.delete("in/" + e.session + "/" + e.topic);
  goneFrom(e, e.topic, presence(e.topic, MAX_PRESENCE));
  return null;
}

/** Told when a connection is gone: it leaves the rooms that it was in. */
export function disconnected(e: Event): Reply | null {
  const prefix = "in/" + e.session + "/", rooms = kv.scan(prefix, 50);
  for (let i = 0; i < rooms.length; i++) {
    kv.delete(rooms[i].key);
    const topic = rooms[i].key.substring(prefix.length);
    goneFrom(e, topic, presence(topic, MAX_PRESENCE));
  }
  return null;
}

function goneFrom(e: Event, topic: string, here: Value): void {
  if (isUser(e.user) && !isHere(ids(here), here, e.user)) announceLeft(topic, e.user, claimedName(e.claims), e.time);
}

function announceLeft(topic: string, user: string, name: string, time: i64): bool {
  const key = hereKey(topic, user), since = kv.get(key);
  if (since === null || !kv.cas(key, since, null)) return false; // never announced, or somebody was faster
  publish(topic, person(user, name).toJSON().set("at", time), { event: "chat.left", history: false });
  return true;
}

function ids(here: Value): string[] {
  const members = here.items("members"), out: string[] = [];
  for (let i = 0; i < members.length; i++) out.push(members[i].string("id"));
  return out;
}

// With more members than presence lists, a missing one may yet be here.
function isHere(ids: string[], here: Value, user: string): bool {
  return ids.includes(user) || here.integer("count") > ids.length;
}

/** Every minute: says goodbye to those whose leaving nobody told, as after a crash. Large houses take several rounds. */
export function sweep(e: Event): Reply | null {
  const rooms = kv.scan("room/", MAX_PRESENCE), cursor = kv.get("sweep");
  const from = cursor ? after(rooms.map<string>((pair) => pair.key), cursor) : 0;
  let last = "", gone = 0;
  for (let i = from; i < rooms.length && i < from + SWEEP_ROOMS && gone < SWEEP_LEFT; i++) {
    last = i + 1 < rooms.length ? rooms[i].key : "";
    const topic = rooms[i].key.substring(5), here = presence(topic, MAX_PRESENCE), present = ids(here);
    const prefix = hereKey(topic, ""), announced = kv.scan(prefix, MAX_PRESENCE);
    for (let k = 0; k < announced.length && gone < SWEEP_LEFT; k++) {
      const user = announced[k].key.substring(prefix.length);
      if (!isHere(present, here, user)) {
        if (announceLeft(topic, user, "", e.time)) gone++;
      } else if (e.time - I64.parseInt(announced[k].value) > DAY / 2) {
        kv.set(announced[k].key, e.time.toString(), DAY); // still here: keep it from lapsing
      }
    }
  }
  kv.set("sweep", last, DAY);
  return null;
}

function after(keys: string[], cursor: string): i32 {
  let i = 0;
  while (i < keys.length && keys[i] <= cursor) i++;
  return i;
}
