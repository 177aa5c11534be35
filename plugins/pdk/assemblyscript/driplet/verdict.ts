// What a publish hook answers.

import { Reply } from "./reply";

const PASS: u8 = 0, DROP: u8 = 1, REPLACE: u8 = 2, RETARGET: u8 = 3, BOTH: u8 = 4;

/** What becomes of a message. Made by pass, drop, replace, retarget and both. */
export class Verdict extends Reply {
  constructor(kind: u8, message: Reply | null, target: string) {
    super();
    this.byte(kind);
    if (kind == BOTH) {
      const n = String.UTF8.byteLength(target);
      for (let shift = 0; shift < 32; shift += 8) this.byte(<u8>(n >> shift));
    }
    this.raw(target);
    if (message) this.reply(message);
  }
}

/** The message is placed as it is. */
export function pass(): Verdict { return new Verdict(PASS, null, ""); }

/** The message is not placed, and its publisher does not notice. To refuse it return fail(…). */
export function drop(): Verdict { return new Verdict(DROP, null, ""); }

/** Another message is placed instead. */
export function replace(data: Reply): Verdict { return new Verdict(REPLACE, data, ""); }

/** The message goes to others than its publisher said. target is JSON, `{"include":{"roles":"editor"}}`; `{}` is everybody. */
export function retarget(target: string): Verdict { return new Verdict(RETARGET, null, target); }

/** Another message is placed instead, for others. */
export function both(data: Reply, target: string): Verdict { return new Verdict(BOTH, data, target); }
