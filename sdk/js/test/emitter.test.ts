// Listeners: each hears what is told while it listens, whatever the others do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "../src/emitter.ts";

test("one that throws does not stop the others", (t) => {
  const reported = t.mock.method(console, "error", () => undefined);
  const emitter = new Emitter();
  const heard: number[] = [];
  emitter.on("a", () => {
    throw new Error("mine");
  });
  emitter.on("a", (n: number) => heard.push(n));
  assert.equal(emitter.emit("a", 1), true);
  assert.equal(emitter.emit("b", 1), false);
  assert.deepEqual(heard, [1]);
  assert.equal(reported.mock.callCount(), 1);
});

test("the same function twice is two listeners; taken off inside is taken off", () => {
  const emitter = new Emitter();
  let heard = 0;
  const fn = () => {
    heard++;
    off();
  };
  const off = emitter.on("a", fn);
  emitter.on("a", fn);
  emitter.emit("a", 0);
  emitter.emit("a", 0);
  assert.equal(heard, 3);
});

test("who is taken off by one that is told before hears nothing more", () => {
  const emitter = new Emitter();
  const heard: string[] = [];
  emitter.on("a", () => off());
  const off = emitter.on("a", () => heard.push("a"));
  emitter.emit("a", 0);
  emitter.on("b", () => emitter.clear());
  emitter.on("b", () => heard.push("b"));
  emitter.emit("b", 0);
  assert.deepEqual(heard, []);
  assert.equal(emitter.emit("a", 0), false);
});
