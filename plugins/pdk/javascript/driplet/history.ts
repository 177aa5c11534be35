import { NOT_FOUND, failed } from "./errors";

/** A place among a topic's events: offsets grow, and count anew in each epoch. */
export interface Position { epoch: string; offset: number }

/** What to read of a history; every field may be left out. */
export interface HistoryOptions {
  /** Events at most, up to 1,000; absent: 100; 0: none, only where the topic stands. */
  limit?: number;
  /** Only what came after, the oldest first to come; absent: the newest. */
  since?: Position;
}

/** An event that a topic keeps. */
export interface PastEvent<T = any> {
  offset: number;
  /** The message's event name, may be empty. */
  event: string;
  /** The public id of the client that published it; empty: a backend or a plugin. */
  from: string;
  /** The message. */
  data: T;
  /** Whom it was for, as in publish; null: everybody. */
  target: object | null;
}

/** What a topic keeps of its events. */
export interface Past<T = any> {
  /** Whether the topic's rule keeps a history; false: all else is empty. */
  kept: boolean;
  /** Of the newest event that was ever kept. */
  head: Position;
  /** What to give as since to go on behind these events. */
  next: Position;
  /** From since to the last of these events nothing is missing; false: it is no longer kept, and these are the newest instead. */
  whole: boolean;
  /** The topic keeps events after these. */
  more: boolean;
  /** The oldest first. */
  events: PastEvent<T>[];
}

/** What a topic keeps, for whomever it was: `history("chat.lobby", { limit: 50, since: past.next })`. What this event publishes is not there yet. */
export function history<T = any>(topic: string, { limit = 100, since }: HistoryOptions = {}): Past<T> {
  const flat = driplet$history(topic, limit, since && String(since.epoch), since ? since.offset : 0);
  if (typeof flat === "number") {
    if (flat !== NOT_FOUND) failed(flat, "history", topic);
    const nowhere = { epoch: "", offset: 0 };
    return { kept: false, head: nowhere, next: nowhere, whole: false, more: false, events: [] };
  }
  const epoch = flat[0], head = { epoch, offset: flat[1] }, whole = flat[2] === 1, events: PastEvent<T>[] = [];
  for (let i = 4; i < flat.length; i += 5) events.push({ offset: flat[i], event: flat[i + 1], from: flat[i + 2], data: flat[i + 3], target: flat[i + 4] });
  const next = events.length > 0 ? { epoch, offset: events[events.length - 1]!.offset } : since && whole ? since : head;
  return { kept: true, head, next, whole, more: flat[3] === 1, events };
}
