import { asDripletError, DripletError } from "./error.ts";
import type { TokenSource } from "./types.ts";

/** A token with less than this left is not worth a handshake. */
const marginSeconds = 10;

/** Keeps the current token, and asks the source for another when it is used up or refused. */
export class Tokens {
  readonly #source: TokenSource;
  readonly #timeout: number;
  #token: string | null = null;
  #asked = 0;
  #abort: AbortController | null = null;

  constructor(source: TokenSource, timeout: number) {
    this.#source = source;
    this.#timeout = timeout;
  }

  /**
   * The kept token if it is still good, else a new one; null is logged out.
   * A new one is used whatever its exp says: this clock may be the wrong one.
   * Throws a DripletError when the source fails; it may be asked again.
   */
  async get(fresh = false): Promise<string | null> {
    if (!fresh && this.#token !== null && secondsLeft(this.#token) > marginSeconds) return this.#token;
    this.drop();
    const asked = this.#asked;
    const token = await this.#ask();
    // Dropped meanwhile: the token may be another user's.
    if (asked === this.#asked) this.#token = token;
    return token;
  }

  /** Forgets the token: it was refused, has expired, or belongs to another user. */
  drop(): void {
    this.#asked++;
    this.#token = null;
  }

  /** Nobody waits for a token any more: get throws at once, and nothing is left behind. */
  stop(): void {
    this.#abort?.abort();
  }

  async #ask(): Promise<string | null> {
    const abort = (this.#abort = new AbortController());
    const { signal } = abort;
    const timer = setTimeout(() => abort.abort(new DripletError("timeout", `no token within ${this.#timeout} ms`, true)), this.#timeout);
    const source = this.#source;
    try {
      const asked = typeof source === "string" ? fetchToken(source, signal) : source();
      const stopped = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      // An empty token is no token: whoever forgot to check for a login means null.
      return (await Promise.race([asked, stopped])) || null;
    } catch (thrown) {
      throw asDripletError(thrown);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function fetchToken(url: string, signal: AbortSignal): Promise<string | null> {
  const response = await fetch(url, {
    credentials: "same-origin",
    cache: "no-store",
    headers: { Accept: "application/json" },
    signal,
  });
  // 403 is what many frameworks answer to visitors without a login.
  if (response.status === 401 || response.status === 403) return null;
  const failed = (how: number | string) => new DripletError("unavailable", `the token endpoint ${url} answered ${how}`, true);
  if (!response.ok) throw failed(response.status);
  const answer = (await response.json().catch(() => {
    throw failed("no JSON"); // a login page, perhaps
  })) as { token?: unknown } | null;
  const token = answer?.token;
  return typeof token === "string" ? token : null;
}

/** By the token's exp (RFC 7519, 4.1.4) and this clock; Infinity where it names none. */
export function secondsLeft(token: string): number {
  try {
    const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const exp = (JSON.parse(atob(payload)) as { exp?: unknown } | null)?.exp;
    if (typeof exp === "number") return exp - Date.now() / 1000;
  } catch {
    // Not a JWT that we can read: whether it is good is the server's to say.
  }
  return Infinity;
}
