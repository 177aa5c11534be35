// moodle: events go to Moodle's webhook, its answers to the callers. README.md
// is the protocol.

import { on, onHttp } from "../pdk/assemblyscript/driplet";
import { ask } from "./ask";
import { answered } from "./answer";
import { warnIfUnset } from "./settings";

warnIfUnset();
on("*", ask);
onHttp(answered);
