import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { byteLength, decode, encode, type ClientFrame } from "../src/protocol.ts";
import { project } from "./root.ts";

interface Golden {
  name: string;
  from: "server" | "client";
  frame?: string;
  means?: Record<string, unknown>;
  variant?: boolean;
}

const golden = JSON.parse(readFileSync(join(project, "core/wire/testdata/v2.json"), "utf8")) as Golden[];

describe("golden frames", () => {
  for (const { name, from, frame, means, variant } of golden) {
    if (!means || frame === undefined) continue;
    if (from === "server") {
      test(`decode: ${name}`, () => assert.deepEqual(meaning(decode(frame)), means));
    } else if (!variant) {
      test(`encode: ${name}`, () => assert.equal(encode(toFrame(means)), frame));
    }
  }

  test("there are some of each", () => {
    assert.ok(golden.filter((g) => g.from === "server" && g.means).length > 20);
    assert.ok(golden.filter((g) => g.from === "client" && g.means && !g.variant).length > 15);
  });
});

/** A decoded frame in the words of the golden files. */
function meaning(frame: ReturnType<typeof decode>): unknown {
  assert.ok(frame);
  const { type: kind, ...rest } = frame;
  if ("error" in rest) {
    const { error, ...others } = rest;
    return { kind, ...others, ...error };
  }
  return kind === "message" ? { kind, event: "message", ...rest } : { kind, ...rest };
}

function toFrame({ kind, ...fields }: Record<string, unknown>): ClientFrame {
  return { type: kind, ...fields } as ClientFrame;
}

describe("decode", () => {
  const ignored: [string, unknown][] = [
    ["binary data", new Uint8Array([1])],
    ["nothing", ""],
    ["broken JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["a number", "7"],
    ["no type", "{}"],
    ["a type of a newer server", '{"type":"novelty"}'],
    ["a type that is a property of every object", '{"type":"constructor"}'],
    ["a type that is not a string", '{"type":["pong"]}'],
    ["a message without topic", '{"type":"message","message":1}'],
    ["a message without message", '{"type":"message","topic":"t"}'],
    ["a message of a wrong topic", '{"type":"message","topic":7,"message":1}'],
    ["a reply without id", '{"type":"reply"}'],
    ["an error without error", '{"type":"error","id":1}'],
    ["an error that is a list", '{"type":"error","error":[]}'],
    ["a join without member", '{"type":"join","topic":"t"}'],
    ["a join of null", '{"type":"join","topic":"t","member":null}'],
    ["a welcome without session", '{"type":"welcome"}'],
  ];
  for (const [name, data] of ignored) test(`ignores ${name}`, () => assert.equal(decode(data), null));

  test("survives any cut of a real frame", () => {
    for (const { frame } of golden) {
      for (let n = 0; n < (frame?.length ?? 0); n += 7) decode(frame?.slice(0, n));
    }
  });
});

describe("encode", () => {
  test("writes null for no data and no message", () => {
    assert.equal(encode({ type: "event", event: "a", data: undefined }), '{"type":"event","event":"a","data":null}');
    assert.equal(encode({ type: "publish", topic: "t", message: undefined }), '{"type":"publish","topic":"t","message":null}');
  });

  test("throws for what is not JSON", () => {
    const cycle: { me?: unknown } = {};
    cycle.me = cycle;
    assert.throws(() => encode({ type: "event", event: "a", data: cycle }), TypeError);
    assert.throws(() => encode({ type: "event", event: "a", data: 1n }), TypeError);
  });

  test("counts bytes as the server does", () => assert.equal(byteLength("aé漢😀"), 1 + 2 + 3 + 4));
});
