import { asUser } from "../shared/settings.js";
import { element } from "../shared/element.js";

/** A tab is a person: another tab may be another one, and a reload is the same. */
const kept = "driplet-chat-user";

/**
 * Settings with a user: the one who is logged in, or, where nobody asks for a
 * login (the demo), whoever the visitor says.
 */
export async function login(settings, dialog) {
  if (settings.user) return settings;
  const form = dialog.querySelector("form");
  form.role.replaceChildren(...settings.roles.map((role) => element("option", { text: role })));
  const known = remembered();
  if (known && settings.roles.includes(known.role)) return asUser(settings, known);
  const name = await new Promise((resolve) => {
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    form.addEventListener("submit", (event) => {
      if (form.elements.name.value.trim() === "") event.preventDefault();
      else resolve(form.elements.name.value.trim());
    });
    dialog.showModal();
  });
  const user = { uid: randomId(), name, role: form.role.value };
  sessionStorage.setItem(kept, JSON.stringify(user));
  return asUser(settings, user);
}

export function forget() {
  sessionStorage.removeItem(kept);
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(kept));
  } catch {
    return null;
  }
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("");
}
