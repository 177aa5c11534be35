/** What the surroundings can tell a client. */
export interface Environment {
  /** The page is seen again, or the network is back: worth a look at once. */
  wake(): void;
  /** The network may be gone. */
  doubt(): void;
  /** The page is left; it may be kept frozen and come back. */
  leave(): void;
}

/** Not every runtime has these. */
const surroundings: { navigator?: { onLine?: boolean }; location?: { href: string } } = globalThis;

/** Whether there is a page: only there does anything connect of itself. */
export function hasWindow(): boolean {
  return typeof document !== "undefined"; // React Native has a window, and no page
}

/** Listens until the returned function is called; where there is no window, to nothing. */
export function watch(environment: Environment): () => void {
  if (!hasWindow()) return () => undefined;
  const stop = new AbortController();
  const { signal } = stop;
  const wake = () => environment.wake();
  window.addEventListener("online", wake, { signal });
  window.addEventListener("offline", () => environment.doubt(), { signal });
  // A page with an open socket is never kept for the way back: close it in time.
  window.addEventListener("pagehide", () => environment.leave(), { signal });
  window.addEventListener("pageshow", (event) => event.persisted && wake(), { signal });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake(), { signal });
  return () => stop.abort();
}

/** The browser is sure that there is no network. It may still reach its own machine. */
export function isOffline(): boolean {
  return surroundings.navigator?.onLine === false;
}

/** The endpoint as a WebSocket URL: a path is one of the page's own host, http becomes ws. */
export function socketURL(endpoint: string): URL {
  const url = new URL(endpoint, surroundings.location?.href);
  url.protocol = url.protocol.replace(/^http/, "ws");
  return url;
}
