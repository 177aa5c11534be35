/**
 * Decorrelated jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"):
 * each pause is drawn between min and three times the last one, so that the
 * clients of a restarted server neither come in waves nor ever give up.
 */
export class Backoff {
  readonly min: number;
  readonly max: number;
  readonly #random: () => number;
  #last: number;

  constructor(min: number, max: number, random: () => number = Math.random) {
    this.min = min;
    this.max = Math.max(min, max);
    this.#random = random;
    this.#last = min;
  }

  /** Milliseconds to wait. slow: the server asked for distance, so ten times the least pause at first. */
  next(slow = false): number {
    const low = slow ? 10 * this.min : this.min;
    const last = Math.max(this.#last, low);
    this.#last = Math.min(this.max, low + this.#random() * (last * 3 - low));
    return this.#last;
  }

  reset(): void {
    this.#last = this.min;
  }
}
