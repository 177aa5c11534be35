import { element } from "../shared/element.js";

const always = ["lobby", "random", "help"];
const refreshMs = 10_000;

/** The list of rooms: those that this page is in, and those that others are in. */
export class RoomList {
  #client;
  #list;
  #found = new Map();

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
    // Replacing a link that has the focus would throw a keyboard user out of the list.
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.room : null;
    this.#list.replaceChildren(
      ...names.map((name) => {
        const room = joined.get(name);
        const here = room ? room.count : (this.#found.get(name) ?? 0);
        return element(
          "li",
          {},
          element(
            "a",
            { href: `#${name}`, "data-room": name, "aria-current": name === current ? "page" : null, class: room ? "joined" : null },
            element("span", { class: "name", text: name }),
            room?.unread
              ? element("span", { class: "badge", text: String(Math.min(room.unread, 99)), "aria-label": `${room.unread} unread` })
              : here > 0
                ? element("span", { class: "here", text: String(here), "aria-label": `${here} here` })
                : null,
          ),
        );
      }),
    );
    if (focused) this.#list.querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus();
  }
}
