// Everything that a plugin's author uses; see the README beside this folder.

export { on, onConnect, onDisconnect, onSubscribe, onUnsubscribe, onPublish, onTimer, onHttp, admit, type Handler } from "./handlers";
export { type Event } from "./event";
export { fail, refusal, Refusal } from "./errors";
export { pass, drop, replace, retarget, both, type Verdict } from "./verdict";
export { publish, type PublishOptions, subscribe, unsubscribe, subscribed, disconnect, user, session, presence, type Member, defer, reply } from "./topics";
export { history, type HistoryOptions, type Past, type PastEvent, type Position } from "./history";
export { kv, type Lifetime } from "./kv";
export { http, type Request, type Continuation, timer, log, metric, now, random, config } from "./host";
export { type Duration } from "./state";
