import { DripletClient } from "/sdk/driplet.mjs";
import { showAnnouncements } from "../shared/announcements.js";
import { showConnection } from "../shared/connection.js";
import { element } from "../shared/element.js";
import { settings } from "../shared/settings.js";
import { countViews } from "../shared/views.js";
import { Composer } from "./composer.js";
import { Drawers } from "./drawers.js";
import { forget, login } from "./login.js";
import { MessageList } from "./messages.js";
import { showPeople, typingText } from "./people.js";
import { Room } from "./room.js";
import { RoomList } from "./rooms.js";

const first = "lobby";
const at = (id) => document.getElementById(id);
const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });

const config = await login(await settings(), at("login"));
const client = DripletClient.getInstance(config.websocket, config.token);
const rooms = new Map();
let current = null;
let comeBack;

at("chat").hidden = false;
at("my-name").textContent = config.user.name;
at("my-role").textContent = config.user.role;
for (const [label, href] of [["Announce", config.announce], ["Log out", config.logout]]) {
  if (href) at("my-links").append(element("a", { href, text: label }));
}
if (!config.logout) {
  const change = () => {
    forget();
    location.reload();
  };
  at("my-links").append(element("button", { type: "button", class: "quiet", text: "Change", "aria-label": "Change who you are", onclick: change }));
}

const drawers = new Drawers(at("veil"));
const list = new RoomList(client, at("room-list"));
const messages = new MessageList(
  { list: at("messages"), scroll: at("scroll"), newest: at("newest") },
  { remove: (id) => attempt(current.remove(id)).then(() => write()) },
);
const composer = new Composer(at("composer"), {
  send: (room, text) => attempt(rooms.get(room).send(text)),
  type: () => current.type(),
});

showConnection(client, at("connection"));
showAnnouncements(client, config.news, ({ text, to }) => current?.note(to ? `For the role ${to}: ${text}` : text, "news"));
if (config.views) countViews(client);
client.on("state", (state) => {
  if (state === "connected") for (const room of rooms.values()) room.enter();
  showRoom();
});
// Refusals show where they belong: at the room, the message, the connection.
client.on("error", (error) => error.code === "internal" && tell(error.message));
list.watch(() => showRooms());
addEventListener("hashchange", () => go());
document.addEventListener("visibilitychange", () => {
  current.look(!document.hidden);
  showRooms();
});
at("new-room").addEventListener("submit", (event) => {
  event.preventDefault();
  location.hash = at("new-room-name").value;
  event.target.reset();
});
at("leave").addEventListener("click", () => {
  current.leave();
  rooms.delete(current.name);
  location.hash = [...rooms.keys()].at(-1) ?? first;
});
at("out").querySelector("button").addEventListener("click", () => current.enter());
go();

/** Goes to the room that the address names; stays in the others. */
function go() {
  const name = location.hash.slice(1) || first;
  current?.look(false);
  if (!rooms.has(name)) rooms.set(name, new Room(client, name, changed));
  current = rooms.get(name);
  messages.show(current);
  current.look(!document.hidden);
  drawers.close();
  composer.turnTo(name);
  tell("");
  showRoom();
  write();
}

/** Puts the cursor into the field; on a phone that would open the keyboard. */
function write() {
  if (matchMedia("(hover: hover)").matches) composer.focus();
}

function changed(room, what, entry) {
  if (room === current) {
    if (what === "added") messages.add(room, entry);
    if (what === "state" || what === "removed") messages.show(room, what === "removed" || !messages.atEnd);
    if (what === "typing") at("typing").textContent = typingText(room);
    else showRoom();
  } else if (what !== "typing") {
    showRooms();
  }
}

function showRoom() {
  if (!current) return;
  at("room-name").textContent = current.name;
  at("typing").textContent = typingText(current);
  at("leave").hidden = rooms.size < 2;
  showPeople(current, { list: at("people-list"), count: at("count") }, putOut);
  showOut();
  composer.allow(current.you !== null && current.bannedUntil === null, current.maxText);
  showRooms();
}

function showRooms() {
  list.show(rooms, current.name);
  const unread = [...rooms.values()].reduce((sum, room) => sum + room.unread, 0);
  const elsewhere = unread - current.unread;
  at("elsewhere").textContent = String(elsewhere);
  at("elsewhere").hidden = elsewhere === 0;
  document.title = `${unread > 0 ? `(${unread}) ` : ""}#${current.name} · Driplet chat`;
}

/** The notice of somebody who was put out, or has no business in the room. */
function showOut() {
  const { bannedUntil, problem } = current;
  clearTimeout(comeBack);
  at("out").hidden = bannedUntil === null && problem === "";
  const until = new Date(bannedUntil ?? 0);
  const clock = until.toDateString() === new Date().toDateString() ? time : dateAndTime;
  at("out").querySelector("p").textContent =
    bannedUntil === null ? problem : `A moderator put you out of this room until ${clock.format(until)}.`;
  const left = (bannedUntil ?? 0) - Date.now();
  at("out").querySelector("button").disabled = left > 0;
  if (left > 0) comeBack = setTimeout(showOut, Math.min(left + 500, 2 ** 31 - 1));
}

function putOut(person) {
  const room = current;
  const dialog = at("kick");
  at("kick-title").textContent = `Put ${person.name} out of #${room.name}?`;
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue === "yes") attempt(room.kick(person.id, Number(dialog.querySelector("select").value)));
  };
  dialog.showModal();
}

/** Waits for an answer; a refusal is shown. */
async function attempt(promise) {
  try {
    await promise;
    tell("");
    return true;
  } catch (error) {
    tell(error.retry ? `That did not work (${error.message}). Try again.` : error.message);
    return false;
  }
}

function tell(text) {
  at("problem").textContent = text;
  at("problem").hidden = text === "";
}
