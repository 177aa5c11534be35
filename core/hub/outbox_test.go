package hub

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/driplet/driplet/core"
)

// reader takes the bytes of its connection, compressed or not, as a socket
// does, and remembers what it was told.
type reader struct {
	deflate bool
	busy    atomic.Bool
	lines   []string
}

func (r *reader) Write(b *Batch) {
	if r.busy.Swap(true) {
		panic("two writes to one session at once")
	}
	defer r.busy.Store(false)
	whole := b.WebSocket()
	if r.deflate {
		whole = b.Deflated()
	}
	for _, f := range b.Frames {
		r.lines = append(r.lines, string(f.Payload()))
		bytes := f.WebSocket()
		if r.deflate {
			bytes = f.Deflated()
		}
		if !strings.HasPrefix(string(whole), string(bytes)) {
			panic("a batch's bytes are not those of its frames")
		}
		whole = whole[len(bytes):]
	}
}

func (*reader) Close(core.CloseReason) {}

// However many processors write, each of thousands hears what is its, in order
// and once.
func TestManyAreWrittenToAtOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	h, stop := running(t)
	const n, messages = 4*penShare + 7, 30
	readers := make([]*reader, n)
	for i := range readers {
		readers[i] = &reader{deflate: i%3 == 0}
		s := NewSession(core.SessionID(fmt.Sprint(i)), "e", claims(t, fmt.Sprintf(`{"odd":%t}`, i%2 == 1)), readers[i], plain{1})
		h.Join(s, nil)
		live(h, s, "t")
	}
	odd := aim(t, `{"include":{"odd":true}}`)
	long := strings.Repeat("long enough to be compressed ", 20)
	for i := range messages {
		ev := event("t", fmt.Sprint(i, " ", long), nil)
		if i%5 == 0 {
			ev = event("t", fmt.Sprint(i, " ", long), odd)
		}
		h.Deliver(ev)
		if i%4 == 0 {
			h.Settle()
		}
	}
	h.Settle()
	stop()
	for i, r := range readers {
		at := 0
		for m := range messages {
			if m%5 == 0 && i%2 == 0 {
				continue
			}
			if at >= len(r.lines) || !strings.HasPrefix(r.lines[at], fmt.Sprintf("t:%d ", m)) {
				t.Fatalf("session %d: message %d is missing at %d of %d", i, m, at, len(r.lines))
			}
			at++
		}
		if at != len(r.lines) {
			t.Fatalf("session %d heard %d messages, want %d", i, len(r.lines), at)
		}
	}
}
