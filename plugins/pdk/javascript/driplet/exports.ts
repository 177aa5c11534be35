// What the adapter calls. The build puts this file in front of the plugin's own.

import "./console";
import { explain } from "./explain";
import { dispatch } from "./handlers";

driplet$main(dispatch, explain);
