import { element } from "../shared/element.js";
import { avatar } from "./people.js";

/** Messages of one person within this time stand together. */
const togetherMs = 5 * 60_000;
/** How close to the end somebody is who wants to follow. */
const nearPixels = 80;
/** What a page shows of a room that is open for days. */
const most = 600;

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

/** The list of a room's messages. actions.remove(id) is what its buttons do. */
export class MessageList {
  #list;
  #scroll;
  #newest;
  #actions;
  #last = null;

  constructor({ list, scroll, newest }, actions) {
    this.#list = list;
    this.#scroll = scroll;
    this.#newest = newest;
    this.#actions = actions;
    newest.addEventListener("click", () => this.toEnd());
    scroll.addEventListener("scroll", () => this.atEnd && (newest.hidden = true));
    // A keyboard that opens, or a taller composer, must not hide the end.
    let near = true;
    scroll.addEventListener("scroll", () => (near = this.atEnd));
    new ResizeObserver(() => near && this.toEnd()).observe(scroll);
  }

  /** Shows the room from the start. */
  show(room, keepPlace = false) {
    const place = this.#scroll.scrollTop;
    this.#list.replaceChildren();
    this.#last = null;
    this.#scroll.setAttribute("aria-busy", "true"); // a whole room is not read aloud
    for (const entry of room.entries) this.#append(room, entry);
    this.#scroll.removeAttribute("aria-busy");
    if (keepPlace) this.#scroll.scrollTop = place;
    else this.toEnd();
  }

  /** Shows what came now. */
  add(room, entry) {
    const follow = this.atEnd || (entry.kind === "message" && entry.from === room.you?.id);
    this.#append(room, entry);
    while (this.#list.children.length > most) this.#list.firstChild.remove();
    if (follow) this.toEnd();
    else if (entry.kind === "message") this.#newest.hidden = false;
  }

  toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#newest.hidden = true;
  }

  /** Whether the newest message is in sight. */
  get atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroll;
    return scrollTop + clientHeight >= scrollHeight - nearPixels;
  }

  #append(room, entry) {
    const last = this.#last;
    this.#last = entry;
    const date = day.format(entry.at);
    if (!last || day.format(last.at) !== date) this.#list.append(element("li", { class: "day" }, element("span", { text: date })));
    if (entry.kind !== "message") {
      this.#list.append(element("li", { class: entry.kind }, element("span", { text: entry.text, dir: "auto" })));
      return;
    }
    const fresh = entry.id === room.firstUnread;
    if (fresh) this.#list.append(element("li", { class: "unread" }, element("span", { text: "New" })));
    const together = !fresh && last?.kind === "message" && last.from === entry.from && entry.at - last.at < togetherMs;
    this.#list.append(this.#message(room, entry, together));
  }

  #message(room, { id, from, name, guest, text, at }, together) {
    const mine = from === room.you?.id;
    const deletable = mine || room.moderator;
    return element(
      "li",
      { class: `message${mine ? " mine" : ""}${together ? " together" : ""}`, "data-id": id },
      together || mine ? null : avatar(from, name),
      together
        ? null
        : element(
            "div",
            { class: "head" },
            element("strong", { text: mine ? "You" : name, dir: "auto" }),
            guest ? element("span", { class: "guest", text: "guest" }) : null,
            element("time", { datetime: new Date(at).toISOString(), text: time.format(at) }),
          ),
      element(
        "div",
        { class: "body" },
        element("p", { class: "bubble", text, dir: "auto", title: time.format(at) }),
        deletable
          ? element("button", { type: "button", class: "quiet delete", "aria-label": `Delete the message “${text.slice(0, 40)}”`, title: "Delete", text: "×", onclick: () => this.#actions.remove(id) })
          : null,
      ),
    );
  }
}
