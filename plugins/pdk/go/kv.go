//go:build wasip1

package driplet

import (
	"encoding/binary"
	"time"
	"unsafe"
)

// KV is the plugin's store on this endpoint: all that outlives an event. Keys
// are 1 to 512 bytes. A value is given as []byte or string, or as anything that
// can be an answer, which is kept as JSON. Without a lifetime it stays for ever.
var KV store

type store struct{}

// Pair is a key with its value.
type Pair struct {
	Key   string
	Value []byte
}

// Get returns the value at key, of its own memory; ok is false if there is none.
func (store) Get(key string) (value []byte, ok bool, err error) {
	b, errno := read(func(out []byte) int32 {
		return hostKVGet(textAt(key), size(key), bytesAt(out), size(out))
	})
	if Errno(errno) == ErrNotFound {
		return nil, false, nil
	}
	if err := check(errno, "KV.Get", key); err != nil {
		return nil, false, err
	}
	return append([]byte{}, b...), true, nil
}

// Set sets key when the handler ends; Get and Scan of this event see it at once.
func (store) Set(key string, value any, ttl ...time.Duration) error {
	var b []byte
	var err error
	switch v := value.(type) {
	case []byte:
		b = v
	case string:
		return check(hostKVSet(textAt(key), size(key), textAt(v), size(v), lifetime(ttl)), "KV.Set", key)
	default:
		if b, err = appendJSON(outbox[:0], value); err != nil {
			return err
		}
		outbox = b
	}
	return check(hostKVSet(textAt(key), size(key), bytesAt(b), size(b), lifetime(ttl)), "KV.Set", key)
}

// Delete deletes key when the handler ends.
func (store) Delete(key string) error {
	return check(hostKVDelete(textAt(key), size(key)), "KV.Delete", key)
}

// CAS sets key to next (nil: deletes it) if it holds old (nil: if it is
// absent): at once, atomically, also if the handler fails later.
func (store) CAS(key string, old, next any, ttl ...time.Duration) (swapped bool, err error) {
	o, oldLen, err := orAbsent(old)
	if err != nil {
		return false, err
	}
	n, nextLen, err := orAbsent(next)
	if err != nil {
		return false, err
	}
	r := hostKVCAS(textAt(key), size(key), bytesAt(o), oldLen, bytesAt(n), nextLen, lifetime(ttl))
	return r == 1, check(r, "KV.CAS", key)
}

// Incr adds delta to the whole number at key (absent: 0) and returns the sum:
// at once, atomically, also if the handler fails later. A lifetime applies to a
// key that it creates.
func (store) Incr(key string, delta int64, ttl ...time.Duration) (int64, error) {
	var sum int64
	errno := hostKVIncr(textAt(key), size(key), delta, lifetime(ttl), unsafe.Pointer(&sum))
	return sum, check(errno, "KV.Incr", key)
}

// Scan lists up to limit (1,000) pairs whose keys begin with prefix, in key order.
func (store) Scan(prefix string, limit int) ([]Pair, error) { return scan(prefix, limit, 0) }

// ScanBack is Scan backwards, from the last key.
func (store) ScanBack(prefix string, limit int) ([]Pair, error) { return scan(prefix, limit, 1) }

func scan(prefix string, limit int, reverse uint32) ([]Pair, error) {
	b, errno := read(func(out []byte) int32 {
		return hostKVScan(textAt(prefix), size(prefix), int32(limit), reverse, bytesAt(out), size(out))
	})
	if err := check(errno, "KV.Scan", prefix); err != nil {
		return nil, err
	}
	fields := make([][]byte, binary.LittleEndian.Uint16(b[2:]))
	readEnvelope(append([]byte(nil), b...), fields)
	pairs := make([]Pair, 0, len(fields)/2)
	for i := 0; i+1 < len(fields); i += 2 {
		pairs = append(pairs, Pair{Key: string(fields[i]), Value: fields[i+1]})
	}
	return pairs, nil
}

func stored(value any) ([]byte, error) {
	switch v := value.(type) {
	case []byte:
		return v, nil
	case string:
		return []byte(v), nil
	}
	return appendJSON(nil, value)
}

func orAbsent(value any) ([]byte, uint32, error) {
	if value == nil {
		return nil, ^uint32(0), nil
	}
	b, err := stored(value)
	return b, uint32(len(b)), err
}

func lifetime(ttl []time.Duration) int64 {
	if len(ttl) == 0 {
		return 0
	}
	return ttl[0].Milliseconds()
}
