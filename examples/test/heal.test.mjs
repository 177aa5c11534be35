// A lost connection heals, whatever it was that broke.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { after, before, test } from "node:test";
import { close, enterChat, flawless, inRoom, launch, message, reads, say } from "./browser.mjs";
import { Demo } from "./programs.mjs";

let demo;
let browser;

before(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
});
after(async () => {
  await browser.close();
  await demo.stop();
});

/** What Chromium writes of a connection that a test broke. */
const broken = /net::ERR_[A-Z_]+|WebSocket connection to/;

const lost = (page) => page.locator('#connection:not([data-state="connected"])').waitFor();

/** A network between a browser and the demo, which can be cut. */
class Network {
  #server;
  #sockets = new Set();
  #whole = true;

  static async to(demo) {
    const network = new Network();
    network.#server = createServer((near) => {
      if (!network.#whole) return near.destroy();
      const far = connect(demo.port, "127.0.0.1");
      for (const [one, other] of [[near, far], [far, near]]) {
        network.#sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          network.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    }).listen(0, "127.0.0.1");
    await once(network.#server, "listening");
    return network;
  }

  get url() {
    return `http://localhost:${this.#server.address().port}`;
  }

  cut() {
    this.#whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() {
    this.#whole = true;
  }

  close() {
    this.cut();
    this.#server.close();
  }
}

test("a network that was away: what was missed is there again", async () => {
  const network = await Network.to(demo);
  const ada = await enterChat(browser, network, "Ada", "member");
  const ben = await enterChat(browser, demo, "Ben", "member");
  await say(ada, "before");
  await message(ben, "before").waitFor();
  network.cut();
  await lost(ada);
  await ben.locator(".notice", { hasText: "Ada left" }).waitFor();
  await say(ben, "missed");
  network.mend();
  await message(ada, "missed").waitFor();
  await inRoom(ada);
  await ben.locator(".notice", { hasText: "Ada came in" }).last().waitFor();
  await say(ada, "after");
  await message(ben, "after").waitFor();
  assert.deepEqual(await ada.locator(".bubble").allTextContents(), ["before", "missed", "after"]);
  await close(ada, ben);
  network.close();
  flawless([ada, ben], broken);
});

test("a server that was killed, and is another one when it comes back", async () => {
  const ada = await enterChat(browser, demo, "Ada", "member", { room: "restart" });
  const ben = await enterChat(browser, demo, "Ben", "member", { room: "restart" });
  await say(ada, "of the old server");
  await demo.end("SIGKILL");
  await Promise.all([lost(ada), lost(ben)]);
  await demo.run(); // with other secrets: the old tokens are refused
  await Promise.all([inRoom(ada), inRoom(ben)]);
  await Promise.all([reads(ada, "#count", "2"), reads(ben, "#count", "2")]);
  await say(ada, "of the new one");
  await message(ben, "of the new one").waitFor();
  await say(ben, "and back");
  await message(ada, "and back").waitFor();
  await close(ada, ben);
  flawless([ada, ben], broken);
});
