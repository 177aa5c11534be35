// The handlers of the benchmark table in TypeScript.

import { fail, kv, on, publish } from "driplet";

// What somebody says in a room.
on("compare.send", (e) => {
  const { room, text } = e.data;
  if (typeof room !== "string" || room === "" || room.length > 64) fail("bad_request", "room must be a string");
  if (typeof text !== "string" || text === "" || text.length > 2000) fail("bad_request", "text must be a string");
  const topic = `compare.${room}`;
  if (!e.subscribed(topic)) fail("compare.not_member", "enter the room first");
  const id = kv.incr(`seq/${topic}`), message = { id, from: e.user, text, at: e.time };
  kv.set(`msg/${topic}/${id}`, message, { ttl: "7d" });
  publish(topic, message, { event: "compare.message" });
  return { id };
});

// Counts the words of a text, by what is built in: loops are what an interpreter
// is slowest at.
on("compare.count", (e) => {
  const { room, text } = e.data;
  if (typeof room !== "string" || room === "" || room.length > 64) fail("bad_request", "room must be a string");
  if (typeof text !== "string" || text === "" || text.length > 2000) fail("bad_request", "text must be a string");
  const words = text.replaceAll("\n", " ").split(" ").filter(Boolean).length;
  return { room, from: e.user, text, words };
});
