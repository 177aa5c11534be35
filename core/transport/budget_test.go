package transport

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/driplet/driplet/core"
)

func TestConnectionsOfTheProcess(t *testing.T) {
	b := &budget{}
	b.init(Budget{Connections: 2})
	for range 2 {
		if err := b.admit(); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.admit(); core.AsError(err).Code != core.CodeUnavailable || !strings.Contains(err.Error(), "Global.Connections") {
		t.Errorf("a third connection: %v", err)
	}
	b.release()
	if err := b.admit(); err != nil {
		t.Error(err)
	}
}

// TestQueuesTogether: what waits for all slow clients is bounded as well.
func TestQueuesTogether(t *testing.T) {
	overBoth(t, 64<<20, func(t *testing.T, p *pipe) {
		p.out.budget.QueueBytes = 1 << 20
		for range 5000 {
			p.say("t", core.OverflowClose, "x", 8000)
		}
		if _, closed := p.all(t); !strings.Contains(closed, "too slowly") {
			t.Errorf("closed with %q", closed)
		}
		if n := p.out.budget.queued.Load(); n != 0 {
			t.Errorf("%d bytes are still counted as waiting", n)
		}
	})
}

// TestMemory reaches the budget: new connections are refused, then the one
// with the longest queue goes, and when that has helped all is as before.
func TestMemory(t *testing.T) {
	var used atomic.Int64
	b := &budget{}
	b.init(Budget{})
	b.Memory, b.used = 1000, used.Load
	long, short := connect(t, 64<<20, nil), connect(t, 64<<20, nil)
	long.out.budget, short.out.budget = b, b
	for i := range 5000 {
		long.say("t", core.OverflowClose, "x", 8000)
		if i < 3000 {
			short.say("t", core.OverflowClose, "x", 8000)
		}
	}
	if b.check() || b.admit() != nil {
		t.Fatal("full before its time")
	}
	used.Store(2000)
	if !b.check() {
		t.Fatal("not full")
	}
	if err := b.admit(); core.AsError(err).Code != core.CodeUnavailable || !core.AsError(err).Retry {
		t.Errorf("a new connection: %v", err)
	}
	b.check()
	if _, closed := long.all(t); !strings.Contains(closed, "too slowly") {
		t.Errorf("the slowest was closed with %q", closed)
	}
	used.Store(500)
	if b.check() || b.admit() != nil {
		t.Error("still full")
	}
	short.say("t", core.OverflowClose, "end", 0)
	if texts, closed := short.all(t); closed != "" || len(texts) != 3001 {
		t.Errorf("the other got %d messages, closed with %q", len(texts), closed)
	}
}

func TestConnectionsByFiles(t *testing.T) {
	for _, c := range []struct{ files, configured, want int }{
		{0, 0, 0}, {0, 7, 7}, {1, 0, 1}, {64, 100_000, 32}, {64, 20, 20}, {1024, 0, 768}, {1 << 20, 100_000, 100_000}, {4096, 100_000, 3584},
	} {
		b := &budget{}
		b.init(Budget{Connections: c.configured})
		if b.boundByFiles(c.files); b.Connections != c.want || (b.boundBy == "Global.Connections") != (c.want == c.configured) {
			t.Errorf("%d files, %d configured: %d by %s", c.files, c.configured, b.Connections, b.boundBy)
		}
	}
}
