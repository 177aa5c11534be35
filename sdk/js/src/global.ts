// The build for <script src>: window.DripletClient, as of old, and all of it as window.Driplet.
import { DripletClient, DripletError } from "./index.ts";

Object.assign(globalThis, { DripletClient, Driplet: { DripletClient, DripletError } });
