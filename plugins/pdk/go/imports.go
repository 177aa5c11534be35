//go:build wasip1

package driplet

import "unsafe"

// The imports of the ABI driplet_v1, as ABI.md lists them. A span is an
// address and a length; an out is an address and a capacity. None keeps what it
// is given, so that it may lie on the stack.

//go:noescape
//go:wasmimport driplet_v1 publish
func hostPublish(topic unsafe.Pointer, topicLen uint32, data unsafe.Pointer, dataLen uint32, target unsafe.Pointer, targetLen uint32, options unsafe.Pointer, optionsLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 reply
func hostReply(handle int64, data unsafe.Pointer, dataLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 defer
func hostDefer() int64

//go:noescape
//go:wasmimport driplet_v1 subscribe
func hostSubscribe(session unsafe.Pointer, sessionLen uint32, topic unsafe.Pointer, topicLen uint32, info unsafe.Pointer, infoLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 unsubscribe
func hostUnsubscribe(who unsafe.Pointer, whoLen uint32, topic unsafe.Pointer, topicLen uint32, reason unsafe.Pointer, reasonLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 subscribed
func hostSubscribed(session unsafe.Pointer, sessionLen uint32, topic unsafe.Pointer, topicLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 disconnect
func hostDisconnect(who unsafe.Pointer, whoLen uint32, reason unsafe.Pointer, reasonLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 presence
func hostPresence(topic unsafe.Pointer, topicLen uint32, limit int32, out unsafe.Pointer, outCap uint32) int32

//go:noescape
//go:wasmimport driplet_v1 history
func hostHistory(topic unsafe.Pointer, topicLen uint32, limit int32, since unsafe.Pointer, sinceLen uint32, out unsafe.Pointer, outCap uint32) int32

//go:noescape
//go:wasmimport driplet_v1 kv_get
func hostKVGet(key unsafe.Pointer, keyLen uint32, out unsafe.Pointer, outCap uint32) int32

//go:noescape
//go:wasmimport driplet_v1 kv_set
func hostKVSet(key unsafe.Pointer, keyLen uint32, value unsafe.Pointer, valueLen uint32, ttl int64) int32

//go:noescape
//go:wasmimport driplet_v1 kv_delete
func hostKVDelete(key unsafe.Pointer, keyLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 kv_cas
func hostKVCAS(key unsafe.Pointer, keyLen uint32, old unsafe.Pointer, oldLen uint32, next unsafe.Pointer, nextLen uint32, ttl int64) int32

//go:noescape
//go:wasmimport driplet_v1 kv_incr
func hostKVIncr(key unsafe.Pointer, keyLen uint32, delta int64, ttl int64, sum unsafe.Pointer) int32

//go:noescape
//go:wasmimport driplet_v1 kv_scan
func hostKVScan(prefix unsafe.Pointer, prefixLen uint32, limit int32, reverse uint32, out unsafe.Pointer, outCap uint32) int32

//go:noescape
//go:wasmimport driplet_v1 kv_scan_after
func hostKVScanAfter(prefix unsafe.Pointer, prefixLen uint32, after unsafe.Pointer, afterLen uint32, limit int32, reverse uint32, out unsafe.Pointer, outCap uint32) int32

//go:noescape
//go:wasmimport driplet_v1 http_fetch
func hostFetch(request unsafe.Pointer, requestLen uint32, state unsafe.Pointer, stateLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 timer_set
func hostTimerSet(name unsafe.Pointer, nameLen uint32, at int64, state unsafe.Pointer, stateLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 log
func hostLog(level int32, text unsafe.Pointer, textLen uint32) int32

//go:noescape
//go:wasmimport driplet_v1 metric
func hostMetric(name unsafe.Pointer, nameLen uint32, value int64) int32

//go:noescape
//go:wasmimport driplet_v1 config_get
func hostConfigGet(path unsafe.Pointer, pathLen uint32, out unsafe.Pointer, outCap uint32) int32

//go:noescape
//go:wasmimport driplet_v1 json_get
func hostJSONGet(json unsafe.Pointer, jsonLen uint32, path unsafe.Pointer, pathLen uint32, out unsafe.Pointer, outCap uint32) int32

//go:noescape
//go:wasmimport driplet_v1 now
func hostNow() int64

//go:noescape
//go:wasmimport driplet_v1 random
func hostRandom(buffer unsafe.Pointer, bufferLen uint32) int32
