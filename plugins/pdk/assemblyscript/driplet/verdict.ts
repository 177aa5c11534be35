// What a publish hook answers.

import { at, utf8 } from "./bytes";
import { Reply } from "./reply";

const PASS: u8 = 0, DROP: u8 = 1, REPLACE: u8 = 2, RETARGET: u8 = 3, BOTH: u8 = 4;

/** What becomes of a message. Made by pass, drop, replace, retarget and both. */
export class Verdict extends Reply {
  constructor(private kind: u8, private message: string, private target: string) { super(); }

  toString(): string { return this.message; }

  encode(): ArrayBuffer {
    const target = utf8(this.target), message = utf8(this.message), sized = this.kind == BOTH ? 4 : 0;
    const out = new ArrayBuffer(1 + sized + target.byteLength + message.byteLength);
    let p = at(out);
    store<u8>(p, this.kind);
    if (sized) store<u32>(p, target.byteLength, 1);
    p += 1 + sized;
    memory.copy(p, at(target), target.byteLength);
    memory.copy(p + target.byteLength, at(message), message.byteLength);
    return out;
  }
}

/** The message is placed as it is. */
export function pass(): Verdict { return new Verdict(PASS, "", ""); }

/** The message is not placed, and its publisher does not notice. To refuse it return fail(…). */
export function drop(): Verdict { return new Verdict(DROP, "", ""); }

/** Another message is placed instead. */
export function replace(data: Reply): Verdict { return new Verdict(REPLACE, data.toString(), ""); }

/** The message goes to others than its publisher said. target is JSON, `{"include":{"roles":"editor"}}`; `{}` is everybody. */
export function retarget(target: string): Verdict { return new Verdict(RETARGET, "", target); }

/** Another message is placed instead, for others. */
export function both(data: Reply, target: string): Verdict { return new Verdict(BOTH, data.toString(), target); }
