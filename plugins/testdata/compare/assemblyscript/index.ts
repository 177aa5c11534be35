// The handler of the benchmark table in AssemblyScript: what somebody says in a room.

import { DAY, Event, Reply, fail, kv, object, on, publish } from "../../../pdk/assemblyscript/driplet";

on("compare.send", send);
on("compare.count", count);

function send(e: Event): Reply | null {
  const room = e.string("room", 64), text = e.string("text", 2000);
  const bad = e.err();
  if (bad) return bad;
  const topic = "compare." + room;
  if (!e.subscribed(topic)) return fail("compare.not_member", "enter the room first");
  const id = kv.incr("seq/" + topic);
  const message = object().set("id", id).set("from", e.user).set("text", text).set("at", e.time);
  kv.set("msg/" + topic + "/" + id.toString(), message, 7 * DAY);
  publish(topic, message, { event: "compare.message" });
  return object().set("id", id);
}

// Counts the words of a text.
function count(e: Event): Reply | null {
  const room = e.string("room", 64), text = e.string("text", 2000);
  const bad = e.err();
  if (bad) return bad;
  let words: i64 = 0, inside = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i), letter = c != 32 && c != 10;
    if (letter && !inside) words++;
    inside = letter;
  }
  return object().set("room", room).set("from", e.user).set("text", text).set("words", words);
}
