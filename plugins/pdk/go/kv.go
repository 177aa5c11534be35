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
var KV Store

// Store is what KV is.
type Store struct{}

// Pair is a key with its value.
type Pair struct {
	Key   string
	Value []byte
}

// Get returns the value at key, of its own memory; ok is false if there is none.
func (Store) Get(key string) (value []byte, ok bool, err error) {
	b, errno := read(func(out []byte) int32 {
		return hostKVGet(textAt(key), size(key), bytesAt(out), size(out))
	})
	if Errno(errno) == ErrNotFound {
		return nil, false, nil
	}
	if err := check(errno, "KV.Get", key); err != nil {
		return nil, false, err
	}
	return own(b), true, nil
}

// Set sets key when the handler ends; Get and Scan of this event see it at once.
func (Store) Set(key string, value any, ttl ...time.Duration) error {
	b, err := stored(&out, value)
	if err != nil {
		return err
	}
	return check(hostKVSet(textAt(key), size(key), bytesAt(b), size(b), lifetime(ttl)), "KV.Set", key)
}

// Delete deletes key when the handler ends.
func (Store) Delete(key string) error {
	return check(hostKVDelete(textAt(key), size(key)), "KV.Delete", key)
}

// CAS sets key to next (nil: deletes it) if it holds old (nil, or what Get gave
// for an absent key: if it is absent): at once, atomically, also if the handler
// fails later.
func (Store) CAS(key string, old, next any, ttl ...time.Duration) (swapped bool, err error) {
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
func (Store) Incr(key string, delta int64, ttl ...time.Duration) (int64, error) {
	var sum int64
	errno := hostKVIncr(textAt(key), size(key), delta, lifetime(ttl), unsafe.Pointer(&sum))
	return sum, check(errno, "KV.Incr", key)
}

// Scan lists up to limit (1,000) pairs whose keys begin with prefix, in key order.
func (Store) Scan(prefix string, limit int) ([]Pair, error) { return scan(prefix, limit, 0) }

// ScanBack is Scan backwards, from the last key.
func (Store) ScanBack(prefix string, limit int) ([]Pair, error) { return scan(prefix, limit, 1) }

// ScanAfter is Scan of what lies behind the key after: give the last key that
// came, until nothing comes. There need be no such key any more; "" is from the
// start.
func (Store) ScanAfter(prefix, after string, limit int) ([]Pair, error) {
	return scanAfter(prefix, after, limit, 0)
}

// ScanBackAfter is ScanBack of what lies before the key after.
func (Store) ScanBackAfter(prefix, after string, limit int) ([]Pair, error) {
	return scanAfter(prefix, after, limit, 1)
}

// All goes through all pairs whose keys begin with prefix, in key order, a
// thousand at a time: for p, err := range KV.All("item/"). An error is the last
// that comes. What is set or deleted meanwhile is seen from the next thousand on.
func (Store) All(prefix string) func(yield func(Pair, error) bool) { return all(prefix, 0) }

// AllBack is All backwards, from the last key.
func (Store) AllBack(prefix string) func(yield func(Pair, error) bool) { return all(prefix, 1) }

func all(prefix string, reverse uint32) func(yield func(Pair, error) bool) {
	return func(yield func(Pair, error) bool) {
		for after := ""; ; {
			page, err := scanAfter(prefix, after, 1000, reverse)
			if err != nil {
				yield(Pair{}, err)
				return
			}
			if len(page) == 0 {
				return
			}
			for _, p := range page {
				if !yield(p, nil) {
					return
				}
				after = p.Key
			}
		}
	}
}

func scan(prefix string, limit int, reverse uint32) ([]Pair, error) {
	b, errno := read(func(out []byte) int32 {
		return hostKVScan(textAt(prefix), size(prefix), int32(limit), reverse, bytesAt(out), size(out))
	})
	return pairsOf(b, check(errno, "KV.Scan", prefix))
}

func scanAfter(prefix, after string, limit int, reverse uint32) ([]Pair, error) {
	b, errno := read(func(out []byte) int32 {
		return hostKVScanAfter(textAt(prefix), size(prefix), textAt(after), size(after), int32(limit), reverse, bytesAt(out), size(out))
	})
	return pairsOf(b, check(errno, "KV.ScanAfter", prefix))
}

// pairsOf are those of an envelope, of its own memory.
func pairsOf(b []byte, err error) ([]Pair, error) {
	if err != nil {
		return nil, err
	}
	p := unsafe.Pointer(unsafe.SliceData(own(b)))
	pairs := make([]Pair, binary.LittleEndian.Uint16(b[2:])/2)
	next := unsafe.Add(p, 4)
	for i := range pairs {
		key := field(next)
		next = behind(next)
		pairs[i] = Pair{Key: unsafe.String(unsafe.SliceData(key), len(key)), Value: field(next)}
		next = behind(next)
	}
	return pairs, nil
}

// stored is the bytes that are kept of a value, valid until w is used again.
func stored(w *writer, value any) ([]byte, error) {
	switch v := value.(type) {
	case []byte:
		return v, nil
	case string:
		return unsafe.Slice(unsafe.StringData(v), len(v)), nil
	case *Fields:
		return v.closed()
	}
	return w.encode(value)
}

func orAbsent(value any) ([]byte, uint32, error) {
	if b, ok := value.([]byte); value == nil || ok && b == nil {
		return nil, ^uint32(0), nil
	}
	b, err := stored(new(writer), value)
	return b, uint32(len(b)), err
}

func lifetime(ttl []time.Duration) int64 {
	if len(ttl) == 0 {
		return 0
	}
	return milliseconds(ttl[0])
}

// milliseconds rounds away from 0, which means something else.
func milliseconds(d time.Duration) int64 {
	n := d.Milliseconds()
	switch rest := d % time.Millisecond; {
	case rest > 0:
		return n + 1
	case rest < 0:
		return n - 1
	}
	return n
}
