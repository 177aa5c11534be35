// The console of 'driplet plugin run': whatever is typed here goes to the plugin.
import { DripletClient } from "/sdk/driplet.mjs";

const by = (id) => document.getElementById(id);
const login = by("login").elements;

function print(kind, text) {
  const line = document.createElement("li");
  line.className = kind;
  line.textContent = text;
  by("log").prepend(line);
}

async function token() {
  const query = new URLSearchParams({ uid: login.uid.value, claims: login.claims.value || "{}" });
  const answer = await (await fetch("/run/token?" + query, { method: "POST" })).json();
  if (answer.status !== "success") {
    print("refused", answer.message);
    return null;
  }
  return answer.token;
}

const socket = location.origin.replace(/^http/, "ws") + "/ws/default";
const client = DripletClient.getInstance(socket, token);
const topics = new Map();

client.on("state", (state) => {
  by("state").textContent = state === "connected" ? "connected as " + (client.user ?? "nobody in particular") : state;
});
client.on("error", (error) => print("refused", `${error.code}: ${error.message}`));

function submitted(form, act) {
  by(form).addEventListener("submit", async (submit) => {
    submit.preventDefault();
    try {
      await act(submit.target.elements);
    } catch (error) {
      print("refused", (error.code ? error.code + ": " : "") + error.message);
    }
  });
}

submitted("login", () => client.relogin());

submitted("subscribe", async ({ topic }) => {
  const name = topic.value;
  topics.get(name)?.unsubscribe();
  const held = client.subscribe(name, ({ event, message }) => print("message", `${name}  ${event ?? "message"}  ${JSON.stringify(message)}`));
  topics.set(name, held);
  held.on("unsubscribed", ({ reason }) => print("refused", `unsubscribed from ${name}${reason ? ": " + reason : ""}`));
  await held.ready;
  print("answer", `subscribed to ${name}`);
});

submitted("call", async ({ event, data }) => {
  const value = data.value.trim() === "" ? undefined : JSON.parse(data.value);
  print("sent", `${event.value}  ${data.value}`);
  const answer = await client.call(event.value, value);
  print("answer", `${event.value}  ${JSON.stringify(answer)}`);
});
