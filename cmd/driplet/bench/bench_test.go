package bench

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var whole, a, b histogram
	var all []int64
	for i := range 20_000 {
		ns := int64(1) << r.IntN(40)
		ns += r.Int64N(ns)
		all = append(all, ns)
		whole.add(ns)
		[]*histogram{&a, &b}[i%2].add(ns)
	}
	a.merge(&b)
	if a != whole {
		t.Error("two halves are not the whole")
	}
	slices.Sort(all)
	for _, p := range []float64{0, .01, .5, .9, .99, .999, 1} {
		exact := all[min(int(p*float64(len(all))), len(all)-1)]
		if got := int64(whole.quantile(p)); got < exact || float64(got) > float64(exact)*(1+1.0/subBuckets)+1 {
			t.Errorf("quantile %g is %d, exactly %d", p, got, exact)
		}
	}
	var none, extreme histogram
	if none.quantile(.5) != 0 || len(none.bars()) != 0 {
		t.Error("nothing has a quantile")
	}
	for _, ns := range []int64{-5, 0, 31, 32, 1<<62 + 12345, 1<<63 - 1} {
		extreme.add(ns)
	}
	if extreme.max != 1<<63-1 || extreme.quantile(1) != 1<<63-1 || extreme.quantile(0) != 0 {
		t.Errorf("max %d", extreme.max)
	}
	for i := range extreme.counts[:len(extreme.counts)-1] {
		if bucketOf(bucketEnd(i)) != i || bucketOf(bucketEnd(i)+1) != i+1 {
			t.Fatalf("bucket %d ends at %d, which is of bucket %d", i, bucketEnd(i), bucketOf(bucketEnd(i)))
		}
	}
	var total uint64
	for _, bar := range whole.bars() {
		total += bar.Count
	}
	if total != whole.total {
		t.Errorf("the bars hold %d of %d", total, whole.total)
	}
}

func TestMark(t *testing.T) {
	for _, size := range []int{minSize, minSize + 1, 200, 10_000} {
		for _, m := range []mark{{}, {stream: 255, seq: 1 << 40, at: int64(24 * time.Hour), to: -1}, {stream: 3, seq: 7, at: 1, to: 999_999}} {
			text := appendMark(nil, "ABCDEFGH", m, size)
			if len(text) != size || !json.Valid(text) {
				t.Fatalf("%d bytes, want %d: %s", len(text), size, text)
			}
			hint := 0
			for _, topic := range []string{"a", "a", "longer"} { // the hint may be right or wrong
				frame := []byte(`{"type":"message","topic":"` + topic + `","message":` + string(text) + `,"offset":5}`)
				if got, ok := readMark(frame, "ABCDEFGH", &hint); !ok || got != m {
					t.Errorf("%+v became %+v", m, got)
				}
				if _, ok := readMark(frame, "ABCDEFGX", &hint); ok {
					t.Error("another run's mark was read")
				}
			}
		}
	}
}

func FuzzReadMark(f *testing.F) {
	f.Add(appendMark(nil, "ABCDEFGH", mark{seq: 1}, 100), 0)
	f.Add([]byte(`{"type":"message","message":{"bench":"ABCDEFGH`), 28)
	f.Fuzz(func(t *testing.T, frame []byte, hint int) {
		if hint < 0 || hint > len(frame) {
			hint = 0
		}
		readMark(frame, "ABCDEFGH", &hint)
	})
}

func testRun() *run {
	p := Plan{Connections: 2, Topics: 1, Publishers: 2, Window: 1, Size: 200, Progress: &strings.Builder{}}
	return &run{plan: p, id: "ABCDEFGH", began: time.Now(), ledger: newLedger(1), shards: make([]shard, 1), closed: map[uint16]int{}}
}

func TestSubscriberCounts(t *testing.T) {
	r := testRun()
	s := &subscriber{run: r, shard: &r.shards[0], index: 5, last: make([]int64, 2)}
	hear := func(m mark) {
		if !s.Frame(append(append([]byte(`{"type":"message","topic":"t","message":`), appendMark(nil, r.id, m, 200)...), '}')) {
			t.Error("a message was not taken")
		}
	}
	for _, m := range []mark{
		{0, 1, 0, -1}, {0, 2, 0, -1}, {1, 1, 0, -1},
		{0, 2, 0, -1},                // again
		{0, 5, 0, -1}, {0, 4, 0, -1}, // 3 is missing, 4 comes late
		{0, 4, 0, -1}, // and again
		{9, 1, 0, -1}, // of no publisher
		{1, 9, 0, 5},  // to this one: gaps are others'
		{1, 3, 0, 6},  // to another
	} {
		hear(m)
	}
	s.Frame([]byte(`{"type":"message","topic":"t","message":{"bench":"someone else's"}}`))
	if s.Frame([]byte(`{"type":"reply","id":1,"topic":"t"}`)) {
		t.Error("the answer to a subscribe is not the tap's")
	}
	s.Flush(1000)
	s.Flush(50) // a batch without messages
	got := r.total()
	if got.arrived != 6 || got.duplicates != 2 || got.disordered != 1 || got.misdirected != 1 || got.bytes != 1000 || got.latency.total != 6 {
		t.Errorf("arrived %d, duplicates %d, disordered %d, misdirected %d, bytes %d", got.arrived, got.duplicates, got.disordered, got.misdirected, got.bytes)
	}
	if r.ledger.arrived.Load() != 6 || s.had != 6 || len(s.missed) != 1 {
		t.Errorf("the ledger has %d, missed %v", r.ledger.arrived.Load(), s.missed)
	}
}

func TestFrameCostsNoAllocation(t *testing.T) {
	r := testRun()
	s := &subscriber{run: r, shard: &r.shards[0], last: make([]int64, 1)}
	frame := append(append([]byte(`{"type":"message","topic":"t","message":`), appendMark(nil, r.id, mark{seq: 1, to: -1}, 200)...), '}')
	if n := testing.AllocsPerRun(100, func() {
		s.last[0] = 0
		s.Frame(frame)
		s.Flush(300)
	}); n != 0 {
		t.Errorf("%g allocations a message", n)
	}
}

func TestLedger(t *testing.T) {
	ctx, l := context.Background(), newLedger(2)
	for range 3 {
		l.join(0)
	}
	l.join(1)
	l.post(0, true)
	l.post(1, true)
	l.post(1, false)
	if due, _, missing := l.missing(); due != 5 || missing != 5 {
		t.Errorf("due %d, missing %d", due, missing)
	}
	l.unpost(1, false)
	l.unpost(1, true)
	l.leave(0, 0, true) // without having heard its one
	due, gone, missing := l.missing()
	if due != 2 || gone != 1 || missing != 2 {
		t.Errorf("due %d, gone %d, missing %d", due, gone, missing)
	}
	// A publisher waits for room until enough has come.
	passed := make(chan error, 1)
	go func() { passed <- l.room(ctx, 1, 2) }()
	l.arrive(1)
	select {
	case err := <-passed:
		t.Fatalf("there was room too early: %v", err)
	default:
	}
	l.arrive(1)
	if err := <-passed; err != nil {
		t.Error(err)
	}
	if err := l.drain(ctx); err != nil {
		t.Error(err)
	}
	l.post(0, true)
	ended, cancel := context.WithCancel(ctx)
	go func() { passed <- l.drain(ended) }()
	cancel()
	if err := <-passed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := l.drain(ctx); !errors.Is(err, errStalled) {
		t.Error(err)
	}
}

func TestHint(t *testing.T) {
	p := &Plan{Endpoint: "shop"}
	for text, want := range map[string]string{
		"your address has its 200 connections (Limits.ConnectionsPerAddress): close one": "DRIPLET_ENDPOINTS_SHOP_LIMITS_CONNECTIONSPERADDRESS",
		"the process has its memory (Global.MemoryBudget)":                               "raise MemoryBudget in [Global]",
		"socket: too many open files":                                                    "ulimit -n",
		"connect: cannot assign requested address":                                       "no free port",
	} {
		if got := hint(p, text); !strings.Contains(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := hint(p, "you may not subscribe"); got != "" {
		t.Error(got)
	}
}

func TestTable(t *testing.T) {
	res := newResult(&Plan{WebSocket: "ws://h/ws/default", Connections: 1000, Topics: 2, Publishers: 1, Size: 200, Rate: 20, Duration: time.Second})
	res.Connect.Opened, res.Connect.PerSecond = 200, 1234567
	res.Connect.Refusal, res.Connect.Hint = "your address has its 200 connections", "\nTo go on, raise it."
	res.Sent = Sent{Count: 2, Seconds: 1, PerSecond: 2}
	res.Deliveries = Deliveries{Due: 400, Arrived: 399, Lost: 1, Bytes: 3 << 20, Seconds: 1}
	res.Latency = Latency{Count: 399, P50: .25, P90: 12.34, P99: 432.1, P999: 20_000, Max: 20_000}
	res.Histogram = []Bar{{1, 398}, {2, 0}, {5, 1}}
	res.Closed["4003"], res.Errors["rate_limited"] = 2, 1500
	res.Texts, res.Hints, res.Interrupted = []string{"slow down"}, []string{"raise that"}, true
	var b strings.Builder
	if err := res.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"connections          200 of 1,000, 1,234,567/s", "2 topics, 1 publisher", "p50 0.25 ms   p90 12.3 ms   p99 432 ms   p99.9 20.0 s",
		"deliveries           399 of 400", "lost                 1\n", "4003: 2", "rate_limited: 1,500", "3 MiB", strings.Repeat("#", barWidth) + " 398\n",
		"Interrupted", "No more connections: your address has its 200 connections\nTo go on, raise it.\n", "The server said: slow down\nraise that\n",
		"The rate was out of reach: 20 messages",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("missing %q in\n%s", want, b.String())
		}
	}
	if res.OK() {
		t.Error("with a loss it is not OK")
	}
}

func TestCheck(t *testing.T) {
	good := Plan{Connections: 10, Topics: 1, Publishers: 1, Window: 1, Size: 200}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Plan){
		"-connections 0":   func(p *Plan) { p.Connections = 0 },
		"-topics 11":       func(p *Plan) { p.Topics = 11 },
		"-publishers 1000": func(p *Plan) { p.Publishers = 1000 },
		"-rate -1":         func(p *Plan) { p.Rate = -1 },
		"-window -1":       func(p *Plan) { p.Window = -1 },
		"choose -rate or":  func(p *Plan) { p.Rate = 1 },
		"-duration -1s":    func(p *Plan) { p.Duration = -time.Second },
		"-size 20":         func(p *Plan) { p.Size = 20 },
		"-targeted is for": func(p *Plan) { p.Targeted, p.Event = true, "e" },
	} {
		p := good
		change(&p)
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestDescriptors(t *testing.T) {
	if have := raiseDescriptors(10, 10); have != 10 {
		t.Errorf("no room for 10 connections: %d", have)
	}
	const tooMany = 1 << 40 // more than any system allows
	if have := raiseDescriptors(tooMany, 10); have <= 0 || have > tooMany {
		t.Errorf("room for %d", have)
	}
}
