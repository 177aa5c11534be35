//go:build wasip1

package driplet

import "unsafe"

// shown is what the event at hand says of the members of its data (ABI.md, 3,
// index): they are found without a call of the host.
var shown struct {
	envelope unsafe.Pointer
	data     uintptr // where data begins in the envelope
	size     int     // of data; -1: nothing is said
	first    uintptr // where the first member begins in the envelope
	count    uint32
}

// shownMember is one of them; key and value are where these begin in the envelope.
type shownMember struct {
	key, value, length uint32
	keyLength          uint16
	kind               byte
	_                  byte
}

// shows begins an event: data and index are fields of its envelope at p; index
// nil: there is none.
func shows(p, data, index unsafe.Pointer) {
	shown.size = -1
	if index == nil || size32(index) == 0 {
		return
	}
	if shown.envelope != p { // a pointer costs more than to look
		shown.envelope = p
	}
	shown.data, shown.size = uintptr(data)+4-uintptr(p), int(size32(data))
	shown.first, shown.count = uintptr(index)+8-uintptr(p), *(*uint32)(unsafe.Add(index, 4))
}

// shown tells whether v is the data of the event at hand, of which something is said.
func (v Value) shown() bool {
	return uintptr(bytesAt(v))-uintptr(shown.envelope) == shown.data && len(v) == shown.size
}

// Memory is read eight bytes at a time, also where a text is shorter, unless
// they reach into a page of memory that may not be there.
const (
	wordSize   = 8
	memoryPage = 64 << 10
)

// word is the eight bytes at p; of those in a further page of memory, zeros.
func word(p unsafe.Pointer) uint64 {
	if uintptr(p)%memoryPage <= memoryPage-wordSize {
		return *(*uint64)(p)
	}
	return edge(p)
}

//go:noinline
func edge(p unsafe.Pointer) (x uint64) {
	for i := range memoryPage - int(uintptr(p)%memoryPage) {
		x |= uint64(*(*byte)(unsafe.Add(p, i))) << (8 * i)
	}
	return x
}

// below has all bits of the first n bytes of a word, less than 8.
func below(n int) uint64 { return 1<<(uint(n)*8%64) - 1 }

// same tells whether n bytes are the same, without the calls of ==.
func same(a, b unsafe.Pointer, n int) bool {
	if n < wordSize {
		return n == 0 || (word(a)^word(b))&below(n) == 0
	}
	for i := 0; i < n-wordSize; i += wordSize {
		if *(*uint64)(unsafe.Add(a, i)) != *(*uint64)(unsafe.Add(b, i)) {
			return false
		}
	}
	n -= wordSize
	return *(*uint64)(unsafe.Add(a, n)) == *(*uint64)(unsafe.Add(b, n))
}
