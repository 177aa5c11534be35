package plugin

import (
	"errors"
	"unicode/utf8"
)

// errDeadline stops a guest that is past its deadline.
var errDeadline = errors.New("it did not end within its deadline")

// clockBudget is how much cost passes between two looks at the clock: about
// 100 us of host calls.
const clockBudget = 1000

// charge takes cost from the budget; when it is used up the clock is looked
// at, so that a loop over host calls ends at the deadline, and lets others run.
func (in *instance) charge(cost int) {
	if in.budget -= cost; in.budget > 0 {
		return
	}
	in.budget = clockBudget
	in.look()
}

// span is the guest's memory that two parameters name. It is a view: valid
// until the guest runs again, and not to be kept.
func (in *instance) span(ptr, length uint64) ([]byte, error) {
	n := uint32(length)
	if n == 0 {
		return nil, nil
	}
	b, ok := in.mem.Read(uint32(ptr), n)
	if !ok {
		return nil, ErrnoBadArgument
	}
	in.charge(len(b) >> 10)
	return b, nil
}

// text is a span that must be UTF-8 and at most limit bytes long, copied.
func (in *instance) text(ptr, length uint64, limit int) (string, error) {
	b, err := in.span(ptr, length)
	if err != nil || len(b) > limit || !utf8.Valid(b) {
		return "", ErrnoBadArgument
	}
	in.takes(len(b))
	return string(b), nil
}

// bytes is a span of at most limit bytes, copied; never nil.
func (in *instance) bytes(ptr, length uint64, limit int) ([]byte, error) {
	b, err := in.span(ptr, length)
	if err != nil || len(b) > limit {
		return nil, ErrnoBadArgument
	}
	in.takes(len(b))
	return append([]byte{}, b...), nil
}

// json is a span that must be one JSON text of at most limit bytes, copied and
// compacted; nil when it is empty.
func (in *instance) json(ptr, length uint64, limit int) ([]byte, error) {
	b, err := in.span(ptr, length)
	if err != nil || len(b) > limit {
		return nil, ErrnoBadArgument
	}
	if len(b) == 0 {
		return nil, nil
	}
	in.charge(len(b) >> 6) // about 2 ns a byte
	in.takes(len(b))
	out, ok := copyJSON(b)
	if !ok {
		return nil, ErrnoBadArgument
	}
	return out, nil
}

// out writes a result to the guest's buffer if it fits, and returns its length.
func (in *instance) out(ptr, capacity uint64, result []byte) (int64, error) {
	in.charge(len(result) >> 10)
	if len(result) > 0 && uint64(len(result)) <= uint64(uint32(capacity)) && !in.mem.Write(uint32(ptr), result) {
		return 0, ErrnoBadArgument
	}
	return int64(len(result)), nil
}

// lend keeps the memory of a result for the next one.
func (in *instance) lend(result []byte) {
	if cap(result) != cap(in.scratch) {
		in.takes(2 * cap(result)) // it has grown in steps
	}
	in.scratch = result[:0]
}

// scratchFor is room for a result of n bytes, which lend gets.
func (in *instance) scratchFor(n int) []byte {
	if n > cap(in.scratch) && n > maxScratch {
		in.b.host.keepRoom(in.scratch) // not that of copies: they may be what is listed
		in.scratch = in.b.host.largeRoom(n)
	}
	return in.scratch[:0]
}

// copyRoom is room for the values of a scan, if they are as many as those of
// the last one.
func (in *instance) copyRoom() []byte {
	switch {
	case in.listed <= cap(in.copies):
	case in.listed <= maxScratch:
		in.copies = make([]byte, 0, maxScratch)
	default:
		in.b.host.keepRoom(in.copies)
		in.copies = in.b.host.largeRoom(largeBytes)
	}
	return in.copies[:0]
}

// yieldRoom leaves large rooms to others, when the event is over.
func (in *instance) yieldRoom() {
	in.scratch = in.b.host.keepRoom(in.scratch)
	in.copies = in.b.host.keepRoom(in.copies)
}

const (
	// maxScratch bounds what an instance keeps of its largest result beyond an event.
	maxScratch = 16 << 10
	// largeBytes is the room for what one call may list, its last item included.
	largeBytes = 1<<20 + 64<<10
)

// largeRoom is room for n bytes at least; what events list is large, and
// allocated for each of them would keep the collector busy.
func (h *Host) largeRoom(n int) []byte {
	if n > largeBytes {
		return make([]byte, 0, n)
	}
	if b, ok := h.rooms.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 0, largeBytes)
}

// keepRoom takes a large room back, and returns what the instance keeps.
func (h *Host) keepRoom(room []byte) []byte {
	if cap(room) <= maxScratch {
		return room
	}
	if cap(room) == largeBytes {
		large := room[:0]
		h.rooms.Put(&large)
	}
	return nil
}

func (in *instance) outInt(ptr uint64, v int64) error {
	if !in.mem.WriteUint64Le(uint32(ptr), uint64(v)) {
		return ErrnoBadArgument
	}
	return nil
}
