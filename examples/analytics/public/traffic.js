import { DripletClient } from "/sdk/driplet.mjs";
import { element } from "../shared/element.js";

const pages = ["/", "/pricing", "/docs/start", "/blog/hello", "/contact"];
const referrers = ["https://search.example/", "https://news.example/today", "https://forum.example/t/42", ""];
const mostStrollers = 20;

const oneOf = (list) => list[Math.floor(Math.random() * list.length)];

/** Buttons that send page views: this page's own, and those of visitors with connections of their own. */
export function makeTraffic(client, config, { visit, add, end, strollers }) {
  const out = [];
  const show = () => {
    add.disabled = out.length >= mostStrollers;
    end.disabled = out.length === 0;
    strollers.textContent = out.length === 0 ? "" : out.length === 1 ? "1 stroller is about" : `${out.length} strollers are about`;
  };
  visit.replaceChildren(
    ...pages.map((page) =>
      element("button", {
        type: "button",
        class: "plain",
        text: `Visit ${page}`,
        onclick: () => client.send("analytics.view", { page, referrer: oneOf(referrers) }),
      }),
    ),
  );
  add.addEventListener("click", () => {
    out.push(new Stroller(config));
    show();
  });
  end.addEventListener("click", () => {
    out.pop().goHome();
    show();
  });
}

class Stroller {
  #client;
  #timer;

  constructor(config) {
    this.#client = DripletClient.getInstance(config.websocket, config.token, { shared: false });
    this.#client.send("analytics.view", { page: oneOf(pages), referrer: oneOf(referrers) });
    this.#stroll();
  }

  #stroll() {
    this.#timer = setTimeout(
      () => {
        if (this.#client.isConnected()) this.#client.send("analytics.view", { page: oneOf(pages) });
        this.#stroll();
      },
      1000 + 4000 * Math.random(),
    );
  }

  goHome() {
    clearTimeout(this.#timer);
    this.#client.disconnect();
  }
}
