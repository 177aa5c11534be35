import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { WebSocket } from "ws";
import { DripletClient } from "../src/client.ts";
import { DripletError } from "../src/error.ts";
import type { Options, State, TokenSource } from "../src/types.ts";

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token of these claims, HS256. */
export function jwt(claims: Record<string, unknown>, secret = "test"): string {
  const text = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** The DripletError with which a promise rejects. */
export async function rejection(promise: Promise<unknown>): Promise<DripletError> {
  try {
    await promise;
  } catch (thrown) {
    assert.ok(thrown instanceof DripletError, `rejected with ${String(thrown)}`);
    return thrown;
  }
  assert.fail("did not reject");
}

/** A function that must not be called. */
export function never(): never {
  throw new Error("this must not be called");
}

/** Waits for what is not announced. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `not within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A client with a diary, quick to come back. */
export function open(url: string, token: TokenSource = () => Promise.resolve(jwt({ sub: "7" })), options: Options = {}) {
  const client = DripletClient.getInstance(url, token, {
    WebSocket,
    shared: false,
    timeout: 60_000,
    reconnect: { min: 5, max: 50 },
    ...options,
  });
  const states: State[] = [];
  const errors: DripletError[] = [];
  client.on("state", (state) => states.push(state));
  client.on("error", (error) => errors.push(error));
  return { client, states, errors };
}
