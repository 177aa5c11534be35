import { utf8, text, envelope, at, scratch, SCRATCH_BYTES, must, NOT_FOUND } from "./bytes";
import { host_history } from "./imports";
import { Value, nothing } from "./value";

/** A place among a topic's events: offsets grow, and count anew in each epoch. */
export class Position {
  constructor(public epoch: string = "", public offset: i64 = 0) {}
}

/** What to read of a history; every field may be left out. */
export class HistoryOptions {
  /** Events at most, up to 1,000; 0: none, only where the topic stands. */
  limit: i32 = 100;
  /** Only what came after, the oldest first to come; null: the newest. */
  since: Position | null = null;
}

/** An event that a topic keeps. */
export class PastEvent {
  offset: i64 = 0;
  /** The message's event name, may be empty. */
  event: string = "";
  /** The public id of the client that published it; empty: a backend or a plugin. */
  from: string = "";
  /** The message. */
  data: Value = nothing();
  /** Whom it was for, as in publish; empty: everybody. */
  target: Value = nothing();
}

/** What a topic keeps of its events. */
export class Past {
  /** Whether the topic's rule keeps a history; false: all else is empty. */
  kept: bool = false;
  /** Of the newest event that was ever kept. */
  head: Position = new Position();
  /** What to give as since to go on behind these events. */
  next: Position = new Position();
  /** From since to the last of these events nothing is missing; false: it is no longer kept, and these are the newest instead. */
  whole: bool = false;
  /** The topic keeps events after these. */
  more: bool = false;
  /** The oldest first. */
  events: PastEvent[] = [];
}

/** What a topic keeps, for whomever it was: `history("chat.lobby", { limit: 50, since: past.next })`. What this event publishes is not there yet. */
export function history(topic: string, options: HistoryOptions = {}): Past {
  const t = utf8(topic), since = options.since;
  let from = new ArrayBuffer(0);
  if (since) {
    const offset = new ArrayBuffer(8);
    store<i64>(at(offset), since.offset);
    from = envelope([utf8(since.epoch), offset]);
  }
  let out = scratch, cap = SCRATCH_BYTES;
  while (true) {
    const n = host_history(at(t), t.byteLength, options.limit, at(from), from.byteLength, out, cap);
    if (n == NOT_FOUND) return new Past();
    must(n, "history", topic);
    if (n > cap) {
      out = at(new ArrayBuffer(n)); // nothing is collected while a handler runs
      cap = n;
      continue;
    }
    const hold = new ArrayBuffer(n);
    memory.copy(at(hold), out, n);
    return read(hold, since);
  }
}

function read(hold: ArrayBuffer, since: Position | null): Past {
  const past = new Past();
  let p = at(hold) + 4, n = load<u32>(p);
  const epoch = text(p + 4, n);
  p += 4 + n;
  past.kept = true;
  past.head = new Position(epoch, load<i64>(p, 4));
  past.whole = load<u8>(p, 16) != 0;
  past.more = load<u8>(p, 21) != 0;
  past.next = since && past.whole ? since : past.head;
  p += 26; // into the events
  const count = <i32>load<u16>(p, 2);
  p += 4;
  for (let i = 0; i < count; i++) {
    const e = new PastEvent(), end = p + 4 + load<u32>(p);
    p += 8; // into the event
    e.offset = load<i64>(p, 4);
    p += 12;
    n = load<u32>(p);
    e.event = text(p + 4, n);
    p += 4 + n;
    n = load<u32>(p);
    e.from = text(p + 4, n);
    p += 4 + n;
    n = load<u32>(p);
    e.data = new Value(p + 4, n, hold);
    p += 4 + n;
    e.target = new Value(p + 4, load<u32>(p), hold);
    past.events.push(e);
    past.next = new Position(epoch, e.offset);
    p = end;
  }
  return past;
}
