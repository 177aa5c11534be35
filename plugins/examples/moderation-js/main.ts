// A plugin that lets through what is said on a topic, hides words that the
// configuration lists, and mutes who uses them too often.

import { config, fail, kv, metric, on, publish } from "driplet";

// Publishes data.text on data.topic, when its sender is subscribed there.
on("moderation.say", (e) => {
  const topic = e.string("topic", 200), said = e.string("text", 2000), strikes = `strikes/${e.user}`;
  if (!topic.startsWith("talk.") || !e.subscribed(topic)) fail("moderation.not_member", `subscribe to ${topic} first`);
  if (kv.get(strikes) >= config.strikes) fail("moderation.muted", "you used words that are not wanted here too often: wait ten minutes");
  const { text, hidden } = mask(said);
  if (hidden > 0) {
    kv.incr(strikes, hidden, { ttl: "10m" });
    metric("hidden", hidden);
  }
  publish(topic, { from: e.user, text, at: e.time }, { event: "moderation.said" });
  return { hidden };
});

// Tells what say would make of data.text.
on("moderation.check", (e) => mask(e.string("text", 2000)));

const words = new Set<string>(config.words.map((w: string) => w.toLowerCase()));

// Writes stars over the words that the configuration lists.
function mask(text: string): { text: string; hidden: number } {
  let hidden = 0;
  const masked = text.replace(/[\p{L}\p{N}]+/gu, (word) => {
    if (!words.has(word.toLowerCase())) return word;
    hidden++;
    return "*".repeat([...word].length);
  });
  return { text: masked, hidden };
}
