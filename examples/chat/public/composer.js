/** The field to write in. Enter sends, Shift and Enter begin a new line. */
export class Composer {
  #form;
  #text;
  #drafts = new Map();
  #room = null;

  constructor(form, { send, type }) {
    this.#form = form;
    this.#text = form.querySelector("textarea");
    this.#text.addEventListener("input", () => {
      this.#grow();
      if (this.#text.value.trim() !== "") type();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const room = this.#room;
      const text = this.#text.value.trim();
      if (text === "" || this.#text.disabled) return;
      this.#put("");
      // What could not be sent comes back into the field it was written in.
      if (await send(room, text)) return;
      if (room !== this.#room) this.#drafts.set(room, text);
      else if (this.#text.value === "") this.#put(text);
    });
  }

  /** Turns to a room; each keeps what was begun in it. */
  turnTo(room) {
    if (this.#room === room) return;
    if (this.#room) this.#drafts.set(this.#room, this.#text.value);
    this.#room = room;
    this.#put(this.#drafts.get(room) ?? "");
  }

  allow(allowed, maxLength) {
    this.#text.maxLength = maxLength;
    for (const field of this.#form.elements) field.disabled = !allowed;
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  #put(text) {
    this.#text.value = text;
    this.#grow();
  }

  #grow() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`;
  }
}
