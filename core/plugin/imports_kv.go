package plugin

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/driplet/driplet/core"
)

// key is a span that names a value.
func (in *instance) key(ptr, length uint64) (string, error) {
	k, err := in.text(ptr, length, MaxKey)
	if err != nil || k == "" {
		return "", ErrnoBadArgument
	}
	return k, nil
}

// keyAgain is key for those that most handlers ask for again and again, as
// counters are: they are not copied each time.
func (in *instance) keyAgain(ptr, length uint64) (string, error) {
	b, err := in.span(ptr, length)
	if err != nil {
		return "", err
	}
	for _, k := range in.keys {
		if string(b) == k && k != "" {
			return k, nil
		}
	}
	k, err := in.key(ptr, length)
	if err == nil {
		in.keys[1], in.keys[0] = in.keys[0], k
	}
	return k, err
}

// lifetime reads a ttl in milliseconds.
func lifetime(ms uint64) (time.Duration, error) {
	if ms > uint64(time.Duration(1<<63-1)/time.Millisecond) {
		return 0, ErrnoBadArgument
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// storeErrno translates what a KV refuses with; the rest is logged.
func (in *instance) storeErrno(err error) error {
	switch {
	case errors.Is(err, core.ErrQuota):
		return ErrnoQuota
	case errors.Is(err, core.ErrNotInteger):
		return ErrnoConflict
	}
	in.b.logger().Error("the plugin's store failed", "error", err)
	return ErrnoUnavailable
}

// kvGet is kv_get(key, out).
func (in *instance) kvGet(s []uint64) (int64, error) {
	key, err := in.keyAgain(s[0], s[1])
	if err != nil {
		return 0, err
	}
	value, ok := in.fx.lookup(key)
	if !ok {
		if value, ok, err = in.b.kv.Get(context.Background(), key); err != nil {
			return 0, in.storeErrno(err)
		}
		if ok && value == nil {
			value = []byte{}
		}
		in.takes(len(value))
		in.read(Read{Op: "kv_get", Key: key, Found: ok, Value: value})
	}
	if !ok || value == nil {
		return 0, ErrnoNotFound
	}
	return in.out(s[2], s[3], value)
}

// lookup is pending for effects that may not exist yet.
func (x *effects) lookup(key string) ([]byte, bool) {
	if x == nil {
		return nil, false
	}
	return x.pending(key)
}

// kvSet is kv_set(key, value, ttl).
func (in *instance) kvSet(s []uint64) (int64, error) {
	if in.full(OpSet, s[3]) {
		return 0, ErrnoLimit
	}
	key, err := in.key(s[0], s[1])
	if err != nil {
		return 0, err
	}
	ttl, err := lifetime(s[4])
	if err != nil {
		return 0, err
	}
	value, err := in.span(s[2], s[3])
	if err != nil || len(value) > MaxValue {
		return 0, ErrnoBadArgument
	}
	e, err := in.effect(OpSet, len(key)+len(value))
	if err != nil {
		return 0, err
	}
	in.takes(len(value))
	e.Key, e.Data, e.TTL = key, in.fx.value(value), ttl
	return 0, nil
}

// kvDelete is kv_delete(key).
func (in *instance) kvDelete(s []uint64) (int64, error) {
	if in.full(OpDelete) {
		return 0, ErrnoLimit
	}
	key, err := in.key(s[0], s[1])
	if err != nil {
		return 0, err
	}
	e, err := in.effect(OpDelete, len(key))
	if err != nil {
		return 0, err
	}
	e.Key = key
	return 0, nil
}

// kvCAS is kv_cas(key, old, new, ttl); a length of -1 is "absent".
func (in *instance) kvCAS(s []uint64) (int64, error) {
	key, err := in.keyAgain(s[0], s[1])
	if err != nil {
		return 0, err
	}
	old, err := in.optional(s[2], s[3])
	if err != nil {
		return 0, err
	}
	value, err := in.optional(s[4], s[5])
	if err != nil {
		return 0, err
	}
	ttl, err := lifetime(s[6])
	if err != nil {
		return 0, err
	}
	if _, waits := in.fx.lookup(key); waits {
		return 0, ErrnoConflict
	}
	swapped, err := in.b.kv.CAS(context.Background(), key, old, value, ttl)
	if err != nil {
		return 0, in.storeErrno(err)
	}
	in.takes(storeBytes + len(value))
	in.read(Read{Op: "kv_cas", Key: key, Found: swapped, Value: old})
	if swapped {
		return 1, nil
	}
	return 0, nil
}

func (in *instance) optional(ptr, length uint64) ([]byte, error) {
	if int32(length) == -1 {
		return nil, nil
	}
	return in.bytes(ptr, length, MaxValue)
}

// kvIncr is kv_incr(key, delta, ttl, ptr). Where the sum cannot be written
// nothing is added.
func (in *instance) kvIncr(s []uint64) (int64, error) {
	key, err := in.keyAgain(s[0], s[1])
	if err != nil {
		return 0, err
	}
	ttl, err := lifetime(s[3])
	if err != nil {
		return 0, err
	}
	if err := in.outInt(s[4], 0); err != nil {
		return 0, err
	}
	if _, waits := in.fx.lookup(key); waits {
		return 0, ErrnoConflict
	}
	sum, err := in.b.kv.Incr(context.Background(), key, int64(s[2]), ttl)
	if err != nil {
		return 0, in.storeErrno(err)
	}
	in.takes(storeBytes)
	if in.noting() {
		in.read(Read{Op: "kv_incr", Key: key, Found: true, Value: strconv.AppendInt(nil, sum-int64(s[2]), 10)})
	}
	return 0, in.outInt(s[4], sum)
}

// kvScan is kv_scan(prefix, limit, reverse, out).
func (in *instance) kvScan(s []uint64) (int64, error) {
	return in.scan("kv_scan", s[:2], "", s[2:])
}

// kvScanAfter is kv_scan_after(prefix, after, limit, reverse, out).
func (in *instance) kvScanAfter(s []uint64) (int64, error) {
	after, err := in.text(s[2], s[3], MaxKey)
	if err != nil {
		return 0, err
	}
	return in.scan("kv_scan_after", s[:2], after, s[4:])
}

// scan lists pairs behind the key after ("": all) to the import op: span is its
// prefix, s its limit, reverse, out.
func (in *instance) scan(op string, span []uint64, after string, s []uint64) (int64, error) {
	prefix, err := in.text(span[0], span[1], MaxKey)
	if err != nil {
		return 0, err
	}
	limit := int(int32(s[0]))
	if limit < 1 || limit > MaxScan {
		return 0, ErrnoBadArgument
	}
	o := core.ScanOptions{Limit: limit, After: after, Bytes: MaxScanBytes, Reverse: uint32(s[1]) != 0}
	var pending []core.Pair
	if in.fx != nil {
		pending, o.Without = in.fx.pendingIn(prefix, &o)
	}
	o.Room = in.copyRoom()
	found, err := in.b.kv.Scan(context.Background(), prefix, o)
	if err != nil {
		return 0, in.storeErrno(err)
	}
	in.charge(len(found))
	in.listed = 0
	for _, p := range found {
		in.listed += len(p.Value)
	}
	in.takes(pairBytes*len(found) + max(0, in.listed-cap(o.Room)))
	if in.noting() {
		in.read(Read{Op: op, Key: prefix, After: after, Found: true, Value: bytes.Clone(in.pairs(found))})
	}
	if len(pending) > 0 {
		found = overlay(found, pending, o)
	}
	result := in.pairs(found[:min(limit, len(found))])
	in.lend(result)
	return in.out(s[2], s[3], result)
}

// pairBytes is what a pair takes that is found, beside its value.
const pairBytes = 64

// pairs writes key, value, key, value … as an envelope of at most MaxScanBytes,
// but of one pair at least.
func (in *instance) pairs(found []core.Pair) []byte {
	size, n := 4, 0
	for _, p := range found {
		size += 8 + len(p.Key) + len(p.Value)
		if n > 0 && size > MaxScanBytes {
			break
		}
		n++
	}
	out := AppendEnvelope(in.scratchFor(size))
	for _, p := range found[:n] {
		out = appendField(appendField(out, p.Key), p.Value)
	}
	out[2], out[3] = byte(2*n), byte(2*n>>8)
	return out
}
