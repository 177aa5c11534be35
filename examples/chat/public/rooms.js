import { element } from "../shared/element.js";

const always = ["lobby", "random", "help"];
const refreshMs = 10_000;

/** The list of rooms: those that this page is in, and those that others are in. */
export class RoomList {
  #client;
  #list;
  #found = new Map();
  #drawn = "";

  constructor(client, list) {
    this.#client = client;
    this.#list = list;
  }

  /** Asks for the rooms that there are, now and from time to time. */
  watch(changed) {
    const ask = async () => {
      if (!this.#client.isConnected() || document.hidden) return;
      try {
        const { rooms } = await this.#client.call("chat.rooms", {});
        this.#found = new Map(rooms.map(({ room, members }) => [room, members]));
        changed();
      } catch {
        // The list is a convenience: the next round brings it.
      }
    };
    this.#client.on("state", (state) => state === "connected" && ask());
    setInterval(ask, refreshMs);
    ask();
  }

  show(joined, current) {
    const names = [...new Set([...always, ...joined.keys(), ...this.#found.keys()])];
    const rows = names.map((name) => {
      const room = joined.get(name);
      return { name, joined: room !== undefined, unread: room?.unread ?? 0, here: room ? room.count : (this.#found.get(name) ?? 0) };
    });
    // A link that is replaced while it is pressed hears no click: the list is drawn anew only where it differs.
    const drawn = JSON.stringify([rows, current]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    // Replacing a link that has the focus would throw a keyboard user out of the list.
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.room : null;
    this.#list.replaceChildren(
      ...rows.map(({ name, joined, unread, here }) =>
        element(
          "li",
          {},
          element(
            "a",
            { href: `#${name}`, "data-room": name, "aria-current": name === current ? "page" : null, class: joined ? "joined" : null },
            element("span", { class: "name", text: name }),
            unread > 0
              ? element("span", { class: "badge", text: String(Math.min(unread, 99)), "aria-label": `${unread} unread` })
              : here > 0
                ? element("span", { class: "here", text: String(here), "aria-label": `${here} here` })
                : null,
          ),
        ),
      ),
    );
    if (focused) this.#list.querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus();
  }
}
