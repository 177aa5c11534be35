import { DripletClient } from "/sdk/driplet.mjs";
import { showAnnouncements } from "../shared/announcements.js";
import { showConnection } from "../shared/connection.js";
import { element } from "../shared/element.js";
import { settings } from "../shared/settings.js";
import { countViews } from "../shared/views.js";
import { drawBars } from "./chart.js";
import { showPages, showReferrers } from "./tables.js";
import { makeTraffic } from "./traffic.js";

const at = (id) => document.getElementById(id);
const figures = new Intl.NumberFormat();

const config = await settings();
const client = DripletClient.getInstance(config.websocket, config.token);

showConnection(client, at("connection"));
showAnnouncements(client, config.news);
countViews(client);
makeTraffic(client, config, { visit: at("visit"), add: at("add"), end: at("end"), strollers: at("strollers") });
for (const [label, href] of [["Announce", config.announce], ["Log out", config.logout]]) {
  if (href) at("links").append(element("a", { href, text: label }));
}

const live = client.subscribe("analytics.live");
live.on("event:analytics.snapshot", ({ message }) => show(message));
// After every reconnection the topic may be refused, or allowed again.
client.on("state", (state) => state === "connected" && open());
if (client.isConnected()) open();

async function open() {
  try {
    await live.ready;
    refuse("");
    show(await client.call("analytics.snapshot", {}));
  } catch (error) {
    // What may be tried again comes with the next snapshot, a second later.
    if (!error.retry) refuse(`This dashboard is not for you: ${error.message}.`);
  }
}
client.on("error", () => undefined); // shown where it belongs

function refuse(text) {
  at("refused").textContent = text;
  at("refused").hidden = text === "";
  at("dashboard").hidden = text !== "";
}

function show({ visitors, minute, total, pages, referrers, seconds, minutes }) {
  at("visitors").textContent = figures.format(visitors);
  at("minute").textContent = figures.format(minute);
  at("total").textContent = figures.format(total);
  drawBars({ svg: at("seconds"), bound: at("seconds-bound") }, seconds, (i) => `${seconds.length - 1 - i} s ago`);
  drawBars({ svg: at("minutes"), bound: at("minutes-bound") }, minutes, (i) => `${minutes.length - 1 - i} min ago`);
  showPages(at("pages"), pages);
  showReferrers(at("referrers"), referrers);
  document.title = `${visitors} now · Live analytics`;
}
