/** On a small screen the lists at the sides are drawers, one open at most. */
export class Drawers {
  #veil;
  #buttons;

  constructor(veil) {
    this.#veil = veil;
    this.#buttons = [...document.querySelectorAll("[data-opens]")];
    for (const button of this.#buttons) {
      button.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") !== "true";
        this.close();
        if (open) this.#set(button, true);
      });
    }
    veil.addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  close() {
    for (const button of this.#buttons) {
      if (button.getAttribute("aria-expanded") !== "true") continue;
      const hadFocus = document.getElementById(button.dataset.opens).contains(document.activeElement);
      this.#set(button, false);
      if (hadFocus) button.focus();
    }
  }

  #set(button, open) {
    const drawer = document.getElementById(button.dataset.opens);
    button.setAttribute("aria-expanded", String(open));
    drawer.classList.toggle("open", open);
    this.#veil.hidden = !open;
    if (open) drawer.querySelector("a, button, input")?.focus();
  }
}
