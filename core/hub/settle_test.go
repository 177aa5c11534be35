package hub

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

// parked waits until Run has nothing to do.
func parked(t *testing.T, h *Hub) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		h.box.mu.Lock()
		free := h.box.turn == turnFree && len(h.box.ops) == 0
		h.box.mu.Unlock()
		if free {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the drain does not come to rest")
		}
		time.Sleep(time.Millisecond)
	}
}

// Whoever brings little has done it when its call returns; what reaches many
// is Run's.
func TestLittleIsSettledByItsCaller(t *testing.T) {
	h, stop := running(t)
	s, got := join(t, h, "a", `{"uid":1}`)
	live(h, s, "t")
	for i := range 2 * fewWrite {
		o, _ := join(t, h, fmt.Sprint("b", i), fmt.Sprintf(`{"uid":%d}`, 2+i))
		live(h, o, "t")
	}
	parked(t, h)
	h.Deliver(event("t", "for one", aim(t, `{"include":{"uid":1}}`)))
	if strings.Contains(got.all(), "for one") {
		t.Error("an event went out before Settle")
	}
	h.Settle()
	if !strings.HasSuffix(got.all(), "for one") {
		t.Error("an event for one was left to Run")
	}
	parked(t, h)
	h.Deliver(event("t", "for all", nil))
	h.box.mu.Lock()
	ours := h.box.turn == turnFree
	h.box.mu.Unlock()
	if !ours {
		t.Error("Deliver called Run")
	}
	h.Settle()
	stop()
	if !strings.HasSuffix(got.all(), "for all") {
		t.Errorf("heard %q", got.all())
	}
}

// Whoever drains, every sender's words keep their order, and none is lost or
// said twice, also at the end.
func TestSettlingKeepsTheOrder(t *testing.T) {
	const senders, each = 8, 500
	h, stop := running(t)
	s, got := join(t, h, "a", "")
	live(h, s, "t")
	for i := range 3 * fewWrite {
		o, _ := join(t, h, fmt.Sprint("b", i), "")
		live(h, o, "crowd")
	}
	var all sync.WaitGroup
	for g := range senders {
		all.Go(func() {
			for i := range each {
				if i%50 == 49 {
					h.Deliver(event("crowd", "x", nil)) // Run's
				}
				h.Deliver(event("t", fmt.Sprintf("%d %d", g, i), nil))
				if i%3 > 0 || i == each-1 {
					h.Settle()
				}
			}
		})
	}
	all.Wait()
	stop()
	next := [senders]int{}
	for _, line := range got.lines {
		var g, i int
		if _, err := fmt.Sscanf(line, "t:%d %d", &g, &i); err != nil {
			t.Fatal(line, err)
		}
		if i != next[g] {
			t.Fatalf("sender %d: %d came when %d was due", g, i, next[g])
		}
		next[g]++
	}
	for g, n := range next {
		if n != each {
			t.Errorf("sender %d: %d of %d were heard", g, n, each)
		}
	}
}

// broken encodes nothing and ends its caller.
type broken struct{ plain }

func (broken) Append([]byte, core.Outgoing) []byte { panic("no word for it") }

// A fault in what a caller settles is its own: the others go on hearing.
func TestAFaultLeavesTheTurn(t *testing.T) {
	h, stop := running(t)
	s, got := join(t, h, "a", "")
	live(h, s, "t")
	mute := NewSession("mute", "e", nil, &heard{}, broken{})
	h.Join(mute, nil)
	parked(t, h)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the caller did not meet its fault")
			}
		}()
		h.Send(mute, core.Reply{ID: "1"})
	}()
	h.Deliver(event("t", "on", nil))
	h.Settle()
	stop()
	if got.all() != "t:on" {
		t.Errorf("heard %q", got.all())
	}
}
