//go:build wasip1

package driplet

import "unsafe"

// Texts of events and results of the host are laid one behind the other into
// pages, so that most cost no allocation. A page lives while one of them does.
const (
	pageSize = 4096
	pageRest = 512 // with less than that left the next page is begun
)

var page struct {
	b    []byte
	used int
}

// turn begins a page with room for at least size bytes.
func turn(size int) { page.b, page.used = make([]byte, max(size, pageSize)), 0 }

// keep is b as a text of its own memory: where it is, if the host has written it
// there behind a byte for its type.
func keep(b []byte) string {
	n := len(b)
	if n == 0 {
		return ""
	}
	to := unsafe.Add(bytesAt(page.b), page.used)
	if bytesAt(b) == unsafe.Add(to, 1) {
		page.used += 1 + n
		return unsafe.String(unsafe.SliceData(b), n)
	}
	if len(page.b)-page.used < n+wordSize {
		turn(n + wordSize)
		to = bytesAt(page.b)
	}
	if n < wordSize {
		*(*uint64)(to) = word(bytesAt(b))
	} else {
		copy(view(to, uintptr(n)), b)
	}
	page.used += n
	return unsafe.String((*byte)(to), n)
}
