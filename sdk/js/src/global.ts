// The build for <script src>: window.DripletClient, as of old, and all of it as window.Driplet.
import * as Driplet from "./index.ts";

Object.assign(globalThis, { Driplet, DripletClient: Driplet.DripletClient });
