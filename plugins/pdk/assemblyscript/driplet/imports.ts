// The imports of the ABI driplet_v1, as core/plugin/ABI.md lists them. A module
// imports only what its code reaches: the compiler drops the rest.

// @ts-ignore: decorator
@external("driplet_v1", "publish")
export declare function host_publish(topic: usize, topicLen: i32, data: usize, dataLen: i32, target: usize, targetLen: i32, options: usize, optionsLen: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "reply")
export declare function host_reply(handle: i64, data: usize, len: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "defer")
export declare function host_defer(): i64;
// @ts-ignore: decorator
@external("driplet_v1", "subscribe")
export declare function host_subscribe(session: usize, sessionLen: i32, topic: usize, topicLen: i32, info: usize, infoLen: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "unsubscribe")
export declare function host_unsubscribe(who: usize, whoLen: i32, topic: usize, topicLen: i32, reason: usize, reasonLen: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "subscribed")
export declare function host_subscribed(session: usize, sessionLen: i32, topic: usize, topicLen: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "disconnect")
export declare function host_disconnect(who: usize, whoLen: i32, reason: usize, reasonLen: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "presence")
export declare function host_presence(topic: usize, topicLen: i32, limit: i32, out: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "history")
export declare function host_history(topic: usize, topicLen: i32, limit: i32, since: usize, sinceLen: i32, out: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "kv_get")
export declare function host_kv_get(key: usize, keyLen: i32, out: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "kv_set")
export declare function host_kv_set(key: usize, keyLen: i32, value: usize, valueLen: i32, ttl: i64): i32;
// @ts-ignore: decorator
@external("driplet_v1", "kv_delete")
export declare function host_kv_delete(key: usize, keyLen: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "kv_cas")
export declare function host_kv_cas(key: usize, keyLen: i32, old: usize, oldLen: i32, next: usize, nextLen: i32, ttl: i64): i32;
// @ts-ignore: decorator
@external("driplet_v1", "kv_incr")
export declare function host_kv_incr(key: usize, keyLen: i32, delta: i64, ttl: i64, sum: usize): i32;
// @ts-ignore: decorator
@external("driplet_v1", "kv_scan")
export declare function host_kv_scan(prefix: usize, prefixLen: i32, limit: i32, reverse: i32, out: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "kv_scan_after")
export declare function host_kv_scan_after(prefix: usize, prefixLen: i32, after: usize, afterLen: i32, limit: i32, reverse: i32, out: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "http_fetch")
export declare function host_http_fetch(request: usize, requestLen: i32, state: usize, stateLen: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "timer_set")
export declare function host_timer_set(name: usize, nameLen: i32, at: i64, state: usize, stateLen: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "log")
export declare function host_log(level: i32, text: usize, len: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "metric")
export declare function host_metric(name: usize, len: i32, value: i64): i32;
// @ts-ignore: decorator
@external("driplet_v1", "config_get")
export declare function host_config_get(path: usize, pathLen: i32, out: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "json_get")
export declare function host_json_get(json: usize, jsonLen: i32, path: usize, pathLen: i32, out: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("driplet_v1", "now")
export declare function host_now(): i64;
// @ts-ignore: decorator
@external("driplet_v1", "random")
export declare function host_random(buffer: usize, len: i32): i32;
