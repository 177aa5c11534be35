import { element } from "../shared/element.js";

/** A person's initials, in a colour that stays theirs. */
export function avatar(id, name) {
  const made = element("span", { class: "avatar", "aria-hidden": "true", text: initials(name) });
  made.style.setProperty("--hue", String(hue(id)));
  return made;
}

function initials(name) {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "").join("").toUpperCase();
}

// FNV-1a, so that ids that differ in a letter differ in colour.
function hue(id) {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193) >>> 0;
  return hash % 360;
}

/** What a list shows: a button that is replaced while it is pressed hears no click. */
const shown = new WeakMap();

/** Lists who is in the room. putOut(person) is what a moderator's button does. */
export function showPeople(room, { list, count }, putOut) {
  count.textContent = String(room.count);
  const people = [...room.members.values()].sort((a, b) => a.name.localeCompare(b.name));
  const now = JSON.stringify([room.name, room.count, room.you?.id, room.moderator, people.map(({ id, name, guest }) => [id, name, guest])]);
  if (shown.get(list) === now) return;
  shown.set(list, now);
  list.replaceChildren(
    ...people.map((person) => {
      const mine = person.id === room.you?.id;
      return element(
        "li",
        {},
        avatar(person.id, person.name),
        element("span", { class: "name", text: person.name, dir: "auto" }),
        mine ? element("span", { class: "guest", text: "you" }) : person.guest ? element("span", { class: "guest", text: "guest" }) : null,
        room.moderator && !mine
          ? element("button", { type: "button", class: "quiet", text: "Put out", "aria-label": `Put ${person.name} out`, onclick: () => putOut(person) })
          : null,
      );
    }),
    ...(room.count > people.length ? [element("li", { class: "more", text: `and ${room.count - people.length} more` })] : []),
  );
}

/** Who is typing, in a line. */
export function typingText(room) {
  const names = [...room.typing.values()].map((person) => person.name);
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return "Several people are typing…";
}
