// The parts without a network: pauses, tokens, requests.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, mock, test } from "node:test";
import { Backoff } from "../src/backoff.ts";
import { DripletError } from "../src/error.ts";
import { maxQueued, maxQueuedMs, Requests } from "../src/requests.ts";
import { secondsLeft, Tokens } from "../src/token.ts";
import { jwt, never, rejection } from "./given.ts";

describe("backoff", () => {
  test("stays between min and max, and never ends", () => {
    const backoff = new Backoff(100, 5000);
    for (let i = 0; i < 1000; i++) {
      const pause = backoff.next();
      assert.ok(pause >= 100 && pause <= 5000, String(pause));
    }
  });

  test("draws up to three times the last pause", () => {
    const backoff = new Backoff(100, 5000, () => 1);
    assert.deepEqual([1, 2, 3, 4, 5].map(() => backoff.next()), [300, 900, 2700, 5000, 5000]);
    backoff.reset();
    assert.equal(backoff.next(), 300);
  });

  test("keeps its distance when asked to", () => {
    assert.equal(new Backoff(100, 50_000, () => 0).next(true), 1000);
    assert.equal(new Backoff(100, 50_000, () => 1).next(true), 3000);
    assert.equal(new Backoff(100, 700, () => 1).next(true), 700);
  });
});

describe("tokens", () => {
  test("one that lasts is used again, one that ends is not", async () => {
    let asked = 0;
    let left = 3600;
    const tokens = new Tokens(() => Promise.resolve(jwt({ n: ++asked, exp: Date.now() / 1000 + left })), 1000);
    assert.equal(await tokens.get(), await tokens.get());
    assert.equal(asked, 1);
    await tokens.get(true);
    assert.equal(asked, 2);
    left = 9;
    tokens.drop();
    const short = await tokens.get();
    assert.equal(asked, 3);
    assert.notEqual(await tokens.get(), short);
    assert.equal(asked, 4);
  });

  test("what a source brings after a drop is not kept", async () => {
    const brought: ((token: string) => void)[] = [];
    const tokens = new Tokens(() => new Promise((resolve) => brought.push(resolve)), 5000);
    const old = tokens.get();
    tokens.drop();
    const current = tokens.get();
    brought[1]?.("new user");
    brought[0]?.("old user");
    assert.equal(await old, "old user");
    assert.equal(await current, "new user");
    assert.equal(await tokens.get(), "new user");
  });

  test("a source that hangs is given up", async () => {
    const tokens = new Tokens(() => new Promise(() => undefined), 20);
    assert.equal((await rejection(tokens.get())).code, "timeout");
  });

  test("a source that nobody waits for any more is left, and its request ended", async () => {
    const hangs = new Tokens(() => new Promise(() => undefined), 2 ** 31 - 1);
    const left = rejection(hangs.get());
    hangs.stop();
    assert.equal((await left).code, "unavailable");
    let gone: () => void = never;
    const ended = new Promise<void>((resolve) => (gone = resolve));
    let come: () => void = never;
    const asked = new Promise<void>((resolve) => (come = resolve));
    const endpoint = createServer((request) => {
      request.socket.once("close", gone);
      come();
    }).listen(0, "127.0.0.1");
    await once(endpoint, "listening");
    const fetches = new Tokens(`http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/jwt`, 2 ** 31 - 1);
    const stopped = rejection(fetches.get());
    await asked;
    fetches.stop();
    await stopped;
    await ended;
    endpoint.close();
    const throws = new Tokens(() => never(), 1000);
    await rejection(throws.get());
    throws.stop(); // and no rejection that nobody handles
  });

  test("a source that throws at once is a failure as any other", async () => {
    const tokens = new Tokens(() => {
      throw new Error("no network");
    }, 1000);
    const error = await rejection(tokens.get());
    assert.deepEqual([error.code, error.message, error.retry], ["unavailable", "no network", true]);
  });

  test("seconds left", () => {
    assert.equal(secondsLeft(jwt({})), Infinity);
    assert.equal(secondsLeft("opaque"), Infinity);
    assert.equal(secondsLeft("a.!.c"), Infinity);
    assert.equal(secondsLeft(jwt({ exp: "soon" })), Infinity);
    assert.ok(Math.abs(secondsLeft(jwt({ exp: Date.now() / 1000 + 60, name: "Zoë ÿ?>" })) - 60) < 5);
  });
});

describe("token endpoint", () => {
  const cases: [string, RequestListener, string | null | { code: string; message: RegExp }][] = [
    ["a token", (_, res) => res.end('{"status":"success","message":"","token":"t"}'), "t"],
    ["401", (_, res) => res.writeHead(401).end("{}"), null],
    ["403", (_, res) => res.writeHead(403).end(), null],
    ["no token", (_, res) => res.end('{"status":"error","message":"not logged in"}'), null],
    ["an empty token", (_, res) => res.end('{"token":""}'), null],
    ["500", (_, res) => res.writeHead(500).end(), { code: "unavailable", message: /^the token endpoint http.*\/token answered 500$/ }],
    ["a page", (_, res) => res.end("<html>"), { code: "unavailable", message: /^the token endpoint http.*\/token answered no JSON$/ }],
    ["nothing in time", () => undefined, { code: "timeout", message: /within 50 ms/ }],
    ["a cut connection", (req) => req.socket.destroy(), { code: "unavailable", message: /fetch failed/ }],
  ];
  for (const [name, answer, want] of cases) {
    test(name, async () => {
      const server = createServer(answer).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      try {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
        const got = new Tokens(url, name === "nothing in time" ? 50 : 60_000).get();
        if (want === null || typeof want === "string") {
          assert.equal(await got, want);
          return;
        }
        const { code, message } = await rejection(got);
        assert.equal(code, want.code);
        assert.match(message, want.message);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  }
});

describe("requests", () => {
  const frame = { type: "event", event: "a", data: 1 } as const;
  const wire = () => {
    const sent: string[] = [];
    return { sent, maxFrame: 200, send: (text: string) => void sent.push(text) };
  };

  test("what waits goes out in order, once", async () => {
    const requests = new Requests();
    const heard = mock.fn();
    const first = requests.request(frame, 1000, undefined, heard);
    requests.send({ ...frame, event: "b" }, never);
    const w = wire();
    requests.open(w);
    requests.flush();
    requests.flush();
    assert.deepEqual(w.sent.map((t) => (JSON.parse(t) as { event: string }).event), ["a", "b"]);
    requests.answer({ type: "reply", id: "1" }); // not our kind of id
    assert.equal(heard.mock.callCount(), 0);
    requests.answer({ type: "reply", id: 1, data: 5 });
    assert.equal((await first).data, 5);
    requests.answer({ type: "reply", id: 1 });
    assert.equal(heard.mock.callCount(), 1, "answered twice");
  });

  test("a queue has a bound, and events do not wait for ever", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const requests = new Requests();
    const lost: DripletError[] = [];
    for (let i = 0; i < maxQueued + 2; i++) requests.send(frame, (e) => lost.push(e));
    assert.deepEqual(lost.map((e) => [e.code, e.retry]), [["unavailable", true], ["unavailable", true]]);
    t.mock.timers.tick(maxQueuedMs);
    assert.equal(lost.length, maxQueued + 2);
    assert.equal(lost.at(-1)?.code, "timeout");
    const w = wire();
    requests.open(w);
    requests.flush();
    assert.deepEqual(w.sent, []);
  });

  test("a request that is not answered times out; a late answer is for nobody", async () => {
    const requests = new Requests();
    requests.open(wire());
    const error = await rejection(requests.request(frame, 10, undefined, never));
    assert.deepEqual([error.code, error.retry], ["timeout", true]);
    requests.answer({ type: "reply", id: 1 });
  });

  test("to wait for ever is to wait long, not to give up at once", async () => {
    const requests = new Requests();
    requests.open(wire());
    const asked = requests.request(frame, Infinity);
    await new Promise((resolve) => setTimeout(resolve, 20));
    requests.answer({ type: "reply", id: 1 });
    await asked;
  });

  test("a loss fails what was sent and spares what waits", async () => {
    const requests = new Requests();
    requests.open(wire());
    const sent = requests.request(frame, 60_000);
    requests.lost();
    const waits = requests.request(frame, 60_000);
    const error = await rejection(sent);
    assert.deepEqual([error.code, error.retry], ["unavailable", true]);
    const w = wire();
    requests.open(w);
    requests.flush();
    assert.equal(w.sent.length, 1);
    requests.answer({ type: "error", id: 2, error: { code: "chat.banned", message: "out", retry: false, data: { until: 1 } } });
    const refused = await rejection(waits);
    assert.ok(refused instanceof DripletError && refused instanceof Error);
    assert.deepEqual([refused.name, refused.code, refused.message, refused.retry, refused.data], ["DripletError", "chat.banned", "out", false, { until: 1 }]);
  });

  test("an end fails all", async () => {
    const requests = new Requests();
    const lost = mock.fn();
    requests.send(frame, lost);
    const waits = requests.request(frame, 1000);
    requests.drop("disconnected");
    assert.equal((await rejection(waits)).message, "disconnected");
    assert.equal(lost.mock.callCount(), 1);
  });

  test("a frame over the server's limit is not sent", async () => {
    const requests = new Requests();
    const w = wire();
    requests.open(w);
    const error = await rejection(requests.request({ ...frame, data: "é".repeat(100) }, 1000));
    assert.equal(error.code, "too_large");
    assert.match(error.message, /^frame is 2\d\d bytes, limit 200$/);
    assert.deepEqual(w.sent, []);
  });

  test("what is not JSON is refused at once", async () => {
    const requests = new Requests();
    assert.equal((await rejection(requests.request({ ...frame, data: 1n }, 1000))).code, "bad_request");
    assert.throws(() => requests.send({ ...frame, data: 1n }, never), DripletError);
  });

  test("a signal ends the waiting, before and after sending", async () => {
    const requests = new Requests();
    const stop = new AbortController();
    const queued = requests.request(frame, 1000, stop.signal);
    stop.abort();
    await assert.rejects(queued, { name: "AbortError" });
    assert.throws(() => requests.request(frame, 1000, stop.signal), { name: "AbortError" });
    const w = wire();
    requests.open(w);
    requests.flush();
    assert.deepEqual(w.sent, []);
    const other = new AbortController();
    const sent = requests.request(frame, 1000, other.signal);
    other.abort(new Error("enough"));
    await assert.rejects(sent, /enough/);
  });
});
