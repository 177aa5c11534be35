// Everything that a plugin's author uses; see the README beside this folder.

export { on, onConnect, onDisconnect, onSubscribe, onUnsubscribe, onPublish, onTimer, onHttp, Handler } from "./handlers";
export { Event } from "./event";
export { Value } from "./value";
export { JSONObject, JSONList, object, list, answer, encode, quote } from "./json";
export { Reply, Refusal, fail, json } from "./reply";
export { Verdict, pass, drop, replace, retarget, both } from "./verdict";
export { publish, PublishOptions, subscribe, unsubscribe, subscribed, disconnect, user, session, presence, admit, defer, reply } from "./topics";
export { history, HistoryOptions, Past, PastEvent, Position } from "./history";
export { kv, Pair, SECOND, MINUTE, HOUR, DAY } from "./kv";
export { http, Request, timer, log, metric, now, random } from "./host";
export { config } from "./config";
export { clean } from "./text";
