const beatMs = 30_000;

/** Tells the analytics plugin that this page is looked at, now and after every reconnection, until stopped. */
export function countViews(client, page = location.pathname) {
  let first = true;
  const view = () => {
    client.send("analytics.view", { page, referrer: first ? document.referrer : "" });
    first = false;
  };
  const off = client.on("state", (state) => state === "connected" && view());
  if (client.isConnected()) view();
  const timer = setInterval(() => client.isConnected() && client.send("analytics.beat", {}), beatMs);
  return () => {
    off();
    clearInterval(timer);
  };
}
