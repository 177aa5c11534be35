import { DripletClient } from "/sdk/driplet.mjs";
import { showAnnouncements } from "/demo/shared/announcements.js";
import { showConnection } from "/demo/shared/connection.js";
import { settings } from "/demo/shared/settings.js";
import { countViews } from "/demo/shared/views.js";

for (const button of document.querySelectorAll("[data-copies]")) {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    } catch {
      // Not allowed to: then it is selected, and the keyboard copies it.
      getSelection().selectAllChildren(source);
    }
  });
}

const config = await settings("/demo/config.json");
const client = DripletClient.getInstance(config.websocket, config.token);
showConnection(client, document.getElementById("connection"));
showAnnouncements(client, config.news);
countViews(client);
