/**
 * What the page's server tells it, as JSON at config.json beside the page:
 *
 * - `websocket`: the Driplet endpoint, such as ws://127.0.0.1:4719/ws/default
 * - `token`: where this page's server issues tokens
 * - `user`: who is logged in, `{name, role, uid?}`; null where the page shall
 *   ask for a name and a role, and add them to the token's URL (the demo)
 * - `roles`: what to choose from then
 * - `news`: the topic of announcements
 * - `views`: whether the endpoint counts page views
 * - `announce`, `logout`: addresses of those pages, where this user has them
 */
export async function settings(url = "config.json") {
  const response = await fetch(url, { credentials: "same-origin", cache: "no-store" });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const found = await response.json();
  return found.user?.uid ? asUser(found, found.user) : found;
}

/** The same settings for somebody whom the page itself has asked, as in the demo. */
export function asUser(found, { uid, name, role }) {
  return { ...found, user: { uid, name, role }, token: `${found.token}?${new URLSearchParams({ uid, name, role })}` };
}
