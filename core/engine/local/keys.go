package local

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
)

// The store's keys begin with a letter that says whose they are:
//
//	k <namespace> <key>            -> expiry, value       a plugin's pair
//	x <namespace> <expiry> <key>   -> its size            the same, by the end of its lifetime
//	n …                                                   spent nonces, see nonces_remember.go
//	s <credential>                                        how far it has come, see stamps.go
//
// A namespace is written with its length before it, so none is the beginning
// of another. An expiry is unix nanoseconds, big endian; a pair without one
// has noExpiry and no x.
const (
	pairPrefix   = 'k'
	expiryPrefix = 'x'
	noncePrefix  = 'n'
)

const expiryBytes = 8

const noExpiry int64 = 0

// keys are the prefixes of one namespace.
type keys struct{ pair, expiry []byte }

func keysOf(namespace string) keys {
	n := binary.AppendUvarint(nil, uint64(len(namespace)))
	n = append(n, namespace...)
	return keys{
		pair:   append([]byte{pairPrefix}, n...),
		expiry: append([]byte{expiryPrefix}, n...),
	}
}

// namespaceOf reads the namespace of a key that begins with one letter.
func namespaceOf(key []byte) (namespace string, ok bool) {
	if len(key) < 2 {
		return "", false
	}
	size, n := binary.Uvarint(key[1:])
	if n <= 0 || uint64(len(key)-1-n) < size {
		return "", false
	}
	return string(key[1+n : 1+n+int(size)]), true
}

func (k keys) ofPair(key string) []byte {
	b := make([]byte, 0, len(k.pair)+len(key))
	return append(append(b, k.pair...), key...)
}

func (k keys) ofExpiry(expiry int64, key string) []byte {
	b := make([]byte, 0, len(k.expiry)+expiryBytes+len(key))
	b = append(b, k.expiry...)
	b = binary.BigEndian.AppendUint64(b, uint64(expiry))
	return append(b, key...)
}

// after is the first key behind all that begin with prefix, which begins with
// a letter of the store.
func after(prefix []byte) []byte {
	end, _ := afterString(string(prefix))
	return []byte(end)
}

// afterString is the same for any prefix: behind some there is nothing.
func afterString(prefix string) (end string, ok bool) {
	trimmed := strings.TrimRight(prefix, "\xff")
	if trimmed == "" {
		return "", false
	}
	n := len(trimmed) - 1
	return trimmed[:n] + string([]byte{trimmed[n] + 1}), true
}

// pair is a stored value as it lies in the database.
type pair struct {
	expiry int64
	value  []byte
}

func (p pair) over(now int64) bool { return p.expiry != noExpiry && p.expiry <= now }

func parsePair(stored []byte) pair {
	return pair{expiry: int64(binary.BigEndian.Uint64(stored)), value: stored[expiryBytes:]}
}

func (p pair) appendTo(dst []byte) []byte {
	dst = slices.Grow(dst, expiryBytes+len(p.value))
	return append(binary.BigEndian.AppendUint64(dst, uint64(p.expiry)), p.value...)
}

// expiryAfter is the end of a lifetime that begins now.
func expiryAfter(now int64, ttl time.Duration) int64 {
	if ttl == 0 {
		return noExpiry
	}
	if int64(ttl) > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + int64(ttl)
}

// sizeOf is what a pair takes of the quota.
func sizeOf(key string, value []byte) int64 { return int64(len(key) + len(value)) }

// last leaves of several writes to a key the last, which is what is left when
// all are made in order.
func last(writes []core.Write) []core.Write {
	if len(writes) < 2 {
		return writes
	}
	final := make(map[string]int, len(writes))
	for i, w := range writes {
		final[w.Key] = i
	}
	if len(final) == len(writes) {
		return writes
	}
	kept := make([]core.Write, 0, len(final))
	for i, w := range writes {
		if final[w.Key] == i {
			kept = append(kept, w)
		}
	}
	return kept
}
