// The build for <script src>: window.DripletClient, as of old, and all of it as window.Driplet.
import { DripletClient, DripletError } from "./index.ts";

const page = globalThis as { Driplet?: unknown };
// Loaded twice, the first stays: it has the page's connections.
if (!page.Driplet) Object.assign(page, { DripletClient, Driplet: { DripletClient, DripletError } });
