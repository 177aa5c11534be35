type Listener = (value: never) => void;

/** Listeners by name. One that throws is reported and disturbs nobody else. */
export class Emitter {
  readonly #listeners = new Map<string, Set<{ fn: Listener }>>();

  /** Returns the function that takes fn off again; the same fn may be added twice. */
  on(type: string, fn: Listener): () => void {
    const entry = { fn };
    let all = this.#listeners.get(type);
    if (!all) this.#listeners.set(type, (all = new Set()));
    all.add(entry);
    return () => void all.delete(entry);
  }

  /** Whether anybody listens, after telling them. */
  emit(type: string, value: unknown): boolean {
    const all = this.#listeners.get(type);
    // A copy: who subscribes while being told is not told of the same again.
    const told = [...(all ?? [])];
    for (const entry of told) {
      if (!all?.has(entry)) continue; // taken off by one before it
      try {
        (entry.fn as (value: unknown) => void)(value);
      } catch (thrown) {
        report(thrown);
      }
    }
    return told.length > 0;
  }

  clear(): void {
    for (const all of this.#listeners.values()) all.clear();
  }
}

/** Shows a page's own fault where its author looks: window.onerror, else the console. */
function report(thrown: unknown): void {
  const g: { reportError?: (e: unknown) => void } = globalThis;
  if (g.reportError) g.reportError(thrown);
  else console.error(thrown);
}
