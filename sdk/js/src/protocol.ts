// Version 2 of the native protocol: frames in and out, no I/O. The server's
// side stands in core/wire/PROTOCOL.md; both read the same golden frames.
import type { Member, Position } from "./types.ts";

export type RequestId = number | string;

/** What a client says. `data` and `message` are any JSON. */
export type ClientFrame =
  | { type: "subscribe"; topic: string; id?: RequestId; since?: Position | undefined; proof?: string }
  | { type: "unsubscribe"; topic: string; id?: RequestId }
  | { type: "event"; event: string; topic?: string | undefined; data: unknown; id?: RequestId }
  | { type: "publish"; topic: string; message: unknown; event?: string; id?: RequestId }
  | { type: "presence"; topic: string; id?: RequestId }
  | { type: "history"; topic: string; limit?: number; since?: Position; id?: RequestId }
  | { type: "refresh"; token: string; id?: RequestId }
  | { type: "ping" };

export interface Welcome {
  type: "welcome";
  session: string;
  user?: string;
  ping: number;
  max_frame: number;
  expires?: number;
}
export interface MessageFrame {
  type: "message";
  topic: string;
  message: unknown;
  event?: string;
  offset?: number;
  from?: string;
}
export interface Reply {
  type: "reply";
  id: RequestId;
  topic?: string;
  epoch?: string;
  offset?: number;
  recovered?: boolean;
  missed?: number;
  data?: unknown;
  members?: Member[];
  count?: number;
  messages?: Omit<MessageFrame, "type" | "topic">[];
  next?: Position;
  more?: boolean;
}
export interface Failure {
  type: "error";
  id?: RequestId;
  error: { code: string; message: string; retry: boolean; data?: unknown };
}
export interface MemberFrame {
  type: "join" | "leave";
  topic: string;
  member: Member;
}
export interface TopicFrame {
  type: "subscribed" | "unsubscribed";
  topic: string;
  reason?: string;
  epoch?: string;
  offset?: number;
  info?: unknown;
}

/** What a server says. */
export type ServerFrame =
  | Welcome
  | MessageFrame
  | Reply
  | Failure
  | MemberFrame
  | TopicFrame
  | { type: "expiring"; in: number }
  | { type: "pong" };

/** Fields in the order in which they stand on the wire. */
const order: { readonly [T in ClientFrame["type"]]: string } = {
  subscribe: "topic id since proof",
  unsubscribe: "topic id",
  event: "event topic data id",
  publish: "topic message event id",
  presence: "topic id",
  history: "topic limit since id",
  refresh: "token id",
  ping: "",
};

/** Writes a frame. Throws a TypeError for what is not JSON (cycles, BigInt). */
export function encode(frame: ClientFrame): string {
  const fields: Readonly<Record<string, unknown>> = frame;
  const out: Record<string, unknown> = { type: frame.type };
  for (const name of order[frame.type].split(" ")) {
    // JSON leaves out what is undefined: an event without data says null.
    out[name] = fields[name] ?? (name === "data" || name === "message" ? null : undefined);
  }
  return JSON.stringify(out);
}

/** The fields that a frame must have, and what each may be: O an object, or what typeof begins with. */
const shape: { readonly [T in ServerFrame["type"]]: Readonly<Record<string, string>> } = {
  welcome: { session: "s" },
  message: { topic: "s", message: "snboO" },
  reply: { id: "sn" },
  error: { error: "O" },
  join: { topic: "s", member: "O" },
  leave: { topic: "s", member: "O" },
  subscribed: { topic: "s" },
  unsubscribed: { topic: "s" },
  expiring: {},
  pong: {},
};

/**
 * Reads a frame. null for what is not a frame, or of a type that this version
 * does not know: a newer server may say more, and that is no fault.
 */
export function decode(text: unknown): ServerFrame | null {
  if (typeof text !== "string") return null;
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(frame) || typeof frame["type"] !== "string" || !Object.hasOwn(shape, frame["type"])) return null;
  const wanted = shape[frame["type"] as ServerFrame["type"]];
  for (const name in wanted) {
    const value = frame[name];
    if (!wanted[name]?.includes(isObject(value) ? "O" : (typeof value).charAt(0))) return null;
  }
  return frame as unknown as ServerFrame;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Bytes of a text in UTF-8, as the server counts a frame. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
