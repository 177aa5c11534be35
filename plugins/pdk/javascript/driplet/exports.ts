// What the adapter calls. The build puts this file in front of the plugin's own.

import "./console";
import { explain } from "./explain";
import { Event } from "./event";
import { dispatch, message, settle } from "./handlers";

driplet$main(dispatch, explain, message, settle, Event.prototype, Object.prototype);
