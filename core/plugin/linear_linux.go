package plugin

import (
	"context"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// withLinearMemory has the memory of guests that are instantiated with ctx come
// from the kernel: as many addresses as it may grow to, of which only what is
// touched takes room. In Go's heap each growth would copy what is there, a few
// guests that fill theirs would have the collector run without end, and what a
// closed instance leaves would be cleaned by whoever allocates next.
func withLinearMemory(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(reserve))
}

// linear is one guest's memory; it never moves.
type linear struct{ all []byte }

func reserve(_, most uint64) experimental.LinearMemory {
	all, err := unix.Mmap(-1, 0, int(max(most, 1)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return &onHeap{} // out of addresses, or a kernel that counts them
	}
	return &linear{all}
}

// Reallocate gives the first size bytes; what was not used yet is zero.
func (l *linear) Reallocate(size uint64) []byte {
	if size > uint64(len(l.all)) {
		return nil
	}
	return l.all[:size:size]
}

// Free gives everything back. Nobody may hold a part of it any more.
func (l *linear) Free() {
	if l.all != nil {
		unix.Munmap(l.all)
		l.all = nil
	}
}

// onHeap is memory as wazero makes it by itself.
type onHeap struct{ all []byte }

// Reallocate copies what is there where it does not fit.
func (h *onHeap) Reallocate(size uint64) []byte {
	if more := int(size) - len(h.all); more > 0 {
		h.all = append(h.all, make([]byte, more)...)
	}
	return h.all[:size:size]
}

// Free leaves it to the collector.
func (h *onHeap) Free() { h.all = nil }
