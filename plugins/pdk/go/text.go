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

// take keeps b, which the host wrote behind a byte for its type, as a text.
func take(b []byte) string {
	page.used += 1 + len(b)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// keep is b as a text of its own memory.
func keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(page.b)-page.used < len(b) {
		turn(len(b))
	}
	to := page.b[page.used:]
	page.used += copy(to, b)
	return unsafe.String(unsafe.SliceData(to), len(b))
}
