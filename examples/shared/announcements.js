import { element } from "./element.js";

const shownMs = 12_000;
const most = 4;

/**
 * Shows announcements in a corner of the page. One is a text, or
 * `{text, to?}` with the role that it is for. tell hears each as well.
 */
export function showAnnouncements(client, topic, tell = () => undefined) {
  const corner = element("div", { class: "announcements", role: "status" });
  document.body.append(corner);
  client.subscribe(topic, ({ message }) => {
    const announcement = read(message);
    corner.append(note(announcement));
    while (corner.children.length > most) corner.firstChild.remove();
    tell(announcement);
  });
}

function read(message) {
  if (typeof message === "string") return { text: message, to: "" };
  if (typeof message?.text === "string") return { text: message.text, to: typeof message.to === "string" ? message.to : "" };
  return { text: JSON.stringify(message), to: "" };
}

function note({ text, to }) {
  const made = element(
    "div",
    { class: "announcement" },
    element(
      "div",
      {},
      element("strong", { text: to ? `For the role ${to}` : "Announcement" }),
      element("p", { text, dir: "auto" }),
    ),
    element("button", { type: "button", class: "quiet", "aria-label": "Close this announcement", text: "×", onclick: () => made.remove() }),
  );
  let timer = setTimeout(() => made.remove(), shownMs);
  made.addEventListener("pointerenter", () => clearTimeout(timer));
  made.addEventListener("pointerleave", () => (timer = setTimeout(() => made.remove(), shownMs)));
  return made;
}
