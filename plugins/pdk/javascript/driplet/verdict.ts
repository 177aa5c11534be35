// What a publish hook answers.

import { noJSON, stringify } from "./errors";

const PASS = 0, DROP = 1, REPLACE = 2, RETARGET = 3, BOTH = 4;

/** What becomes of a message. Made by pass, drop, replace, retarget and both. */
export class Verdict {
  private constructor(private kind: number, private text: string, private target: string) {}

  static of(kind: number, text: string, target = ""): Verdict { return new Verdict(kind, text, target); }

  /** Gives the verdict to the server. */
  answer(): void { driplet$answer(this.text, 1 + this.kind, this.target); }
}

/** The message is placed as it is; so it is when a handler returns nothing. */
export function pass(): Verdict { return Verdict.of(PASS, ""); }

/** The message is not placed, and its publisher does not notice. To refuse it: fail(…). */
export function drop(): Verdict { return Verdict.of(DROP, ""); }

/** Another message is placed instead. */
export function replace(data: unknown): Verdict { return Verdict.of(REPLACE, stringify(data) ?? noJSON(data, "replace")); }

/** The message goes to others than its publisher said: `retarget({ include: { roles: "editor" } })`; `{}` is everybody. */
export function retarget(target: object): Verdict { return Verdict.of(RETARGET, stringify(target) ?? noJSON(target, "retarget")); }

/** Another message is placed instead, for others. */
export function both(data: unknown, target: object): Verdict { return Verdict.of(BOTH, stringify(data) ?? noJSON(data, "both"), stringify(target) ?? noJSON(target, "both")); }
