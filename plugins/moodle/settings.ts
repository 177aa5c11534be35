// The configuration of an endpoint, read once an instance.

import { config, log } from "../pdk/assemblyscript/driplet";

export const url = config.string("url", "");
export const key = config.string("key", "");
export const timeout = <i32>max<i64>(1, min<i64>(config.integer("timeout", 5000), 30000));
export const anonymous = config.bool("anonymous", false);
export const signed = config.bool("signed", false);

/** Whether Moodle can be asked at all. */
export function isSet(): bool { return url.length > 0 && key.length > 0; }

/** Tells the operator what to set; other plugins go on. */
export function warnIfUnset(): void {
  if (isSet()) return;
  const missing = url.length > 0 ? "key (the X-Moodle-Key of Moodle's settings)" : key.length > 0 ? "url (Moodle's webhook)" : "url (Moodle's webhook) and key (the X-Moodle-Key of Moodle's settings)";
  log.error("set " + missing + " in the section PluginConfig.moodle of this endpoint: until then its events are refused as moodle.not_configured");
}
