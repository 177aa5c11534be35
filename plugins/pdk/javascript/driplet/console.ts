// console, for code that was written for elsewhere: it goes to the server's log.

import { log } from "./host";

(globalThis as any).console = { debug: log.debug, log: log.info, info: log.info, warn: log.warn, error: log.error, trace: log.debug };
