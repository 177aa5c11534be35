const texts = {
  connecting: "Connecting…",
  connected: "Connected",
  waiting: "Connection lost, trying again…",
  offline: "No network, waiting for it…",
  refused: "Not logged in",
  closed: "Disconnected",
};

/** Shows in an element, as it changes, whether the client is connected. */
export function showConnection(client, place) {
  let before = false;
  const show = (state) => {
    place.dataset.state = state;
    place.textContent = before && state === "connecting" ? "Connecting again…" : texts[state];
    before ||= state === "connected";
  };
  client.on("state", show);
  show(client.state);
}
