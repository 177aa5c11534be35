// People: what they are called, and what they may do.

import { Event, JSONObject, Value, clean, config, kv, object, DAY } from "../pdk/assemblyscript/driplet";

export const MAX_NAME = 64;
/** A user's id is part of keys, which hold 512 bytes. */
const MAX_USER_BYTES = 300;

export function isUser(id: string): bool { return id.length > 0 && String.UTF8.byteLength(id) <= MAX_USER_BYTES; }

/** A person as others see it. */
export class Person {
  constructor(public id: string, public name: string, public guest: bool) {}

  /** Adds name, and guest where it is so. */
  describe(o: JSONObject): JSONObject {
    o.set("name", this.name);
    return this.guest ? o.set("guest", true) : o;
  }

  toJSON(): JSONObject { return this.describe(object().set("id", this.id)); }
}

/** The name that the token vouches for; empty: none. */
export function claimedName(claims: Value): string { return clean(claims.text("name"), MAX_NAME); }

/** A name that its owner chose is good for a day, and never hides a token's. */
export function chooseName(e: Event, name: string): void {
  const chosen = clean(name, MAX_NAME);
  if (chosen.length > 0 && claimedName(e.claims).length == 0) kv.set("name/" + e.user, chosen, DAY);
}

export function sender(e: Event): Person { return person(e.user, claimedName(e.claims)); }

/** The person of this id; name is the token's, or empty. */
export function person(id: string, name: string): Person {
  if (name.length > 0) return new Person(id, name, false);
  const chosen = kv.get("name/" + id);
  return chosen ? new Person(id, chosen, true) : new Person(id, id, false);
}

export function isModerator(e: Event): bool {
  const roles = e.claims.texts("roles"), moderators = config.texts("moderators");
  for (let i = 0; i < roles.length; i++) {
    if (moderators.includes(roles[i])) return true;
  }
  return false;
}
