/**
 * What went wrong, under a code of the shared list (`forbidden`, `timeout`,
 * `unavailable`, …) or a plugin's own (`chat.banned`). The SDK itself raises
 * `unavailable` (no connection), `timeout`, `too_large`, `bad_request` and
 * `unauthorized` (no token, or refused).
 */
export class DripletError extends Error {
  override readonly name = "DripletError";
  readonly code: string;
  /** The same request may succeed later. */
  readonly retry: boolean;
  /** A plugin's own details; `{ topic }` where a subscription was refused or ended. */
  readonly data?: unknown;

  constructor(code: string, message: string, retry = false, data?: unknown) {
    super(message);
    this.code = code;
    this.retry = retry;
    if (data !== undefined) this.data = data;
  }
}

/**
 * Any thrown value as a DripletError; strangers become `unavailable`, to be tried again.
 * @internal
 */
export function asDripletError(thrown: unknown): DripletError {
  if (thrown instanceof DripletError) return thrown;
  return new DripletError("unavailable", thrown instanceof Error ? thrown.message : String(thrown), true);
}
