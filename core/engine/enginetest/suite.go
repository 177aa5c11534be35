// Package enginetest is one suite for every engine: what package engine says
// in prose, in code.
package enginetest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// Capacity is how many nonces, and as many idempotency records, the engine of
// an Open remembers at most: few enough to fill.
const Capacity = 900

// Open makes an empty engine that hands events to d, takes its time from
// clock and has room for Capacity nonces and records. Run closes it.
type Open func(t *testing.T, d engine.Deliverer, clock *Clock) engine.Engine

// Run holds an engine to its contract.
func Run(t *testing.T, open Open) {
	RunHistory(t, open)
	run(t, open, []testCase{
		{"append", testAppend},
		{"append/order", testOrder},
		{"append/topics do not wait", testTopicsApart},
		{"append/batches do not deadlock", testBatches},
		{"history/dedupe", testHistoryDedupe},
		{"dedupe", testDedupe},
		{"dedupe/in flight", testInFlight},
		{"dedupe/failures", testFailures},
		{"dedupe/window", testWindow},
		{"dedupe/full", testRecordsFull},
		{"filter", testFilter},
		{"filter/once", testFilterOnce},
		{"nonces", testNonces},
		{"nonces/one of many", testOneOfMany},
		{"nonces/window", testNonceWindow},
		{"nonces/clock stepped back", testClockBack},
		{"nonces/full", testNoncesFull},
		{"kv", testKV},
		{"kv/namespaces", testNamespaces},
		{"kv/cas", testCAS},
		{"kv/incr", testIncr},
		{"kv/scan", testScan},
		{"kv/scan after", testScanAfter},
		{"kv/scan options", testScanOptions},
		{"kv/lifetimes", testLifetimes},
		{"kv/quota", testQuota},
		{"kv/bounds", testBounds},
		{"kv/concurrent", testConcurrent},
		{"kv/model", testModel},
		{"done context", testDone},
		{"close twice", func(t *testing.T, f fixture) { ok(t, f.Close()) }},
	})
}

// RunHistory is the part of Run that is about what topics keep. It holds also
// for an engine that is closed and opened anew between any two calls.
func RunHistory(t *testing.T, open Open) {
	run(t, open, []testCase{
		{"history", testHistory},
		{"history/read", testRead},
		{"history/unknown", testUnknown},
		{"history/mixed", testMixed},
		{"history/keep", testKeep},
		{"history/filter", testHistoryFilter},
		{"history/model", testHistoryModel},
		{"history/concurrent", testHistoryConcurrent},
	})
}

type testCase struct {
	name string
	test func(*testing.T, fixture)
}

func run(t *testing.T, open Open, cases []testCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := fixture{clock: NewClock(), heard: new(listener)}
			f.Engine = open(t, f.heard, f.clock)
			t.Cleanup(func() { ok(t, f.Close()) })
			c.test(t, f)
		})
	}
}

type fixture struct {
	engine.Engine
	clock *Clock
	heard *listener
}

// Clock is a time that tests set. Safe for use from many goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock shows some moment between two whole seconds.
func NewClock() *Clock { return &Clock{now: time.Unix(1_900_000_000, 400_000_000)} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Step moves the clock, also backwards.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// listener is a Deliverer that keeps what it hears, when it is settled.
type listener struct {
	during func(*core.Event) // called first, while the lane is held
	mu     sync.Mutex
	waits  []*core.Event // delivered, and not settled yet
	events []*core.Event
}

func (l *listener) Settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events, l.waits = append(l.events, l.waits...), nil
}

func (l *listener) Deliver(ev *core.Event) {
	if l.during != nil {
		l.during(ev)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits = append(l.waits, ev)
}

// names lists what was heard on a topic, in order.
func (l *listener) names(topic string) (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ev := range l.events {
		if ev.Key.Topic == topic {
			names = append(names, ev.Name)
		}
	}
	return names
}

// lastOfAll is an event after which nothing earlier can come.
const lastOfAll = "last of all"

// patience ends a wait that a broken engine would never end.
const patience = 30 * time.Second

// heardOn is everything appended to a topic so far, as it was heard: an event
// more is appended, and awaited.
func (f fixture) heardOn(t *testing.T, topic string) []string {
	t.Helper()
	if slices.Contains(f.heard.names(topic), lastOfAll) {
		t.Fatalf("%s was closed before", topic)
	}
	_, err := f.Append(background, []*core.Event{event(topic, lastOfAll)}, engine.AppendOptions{})
	ok(t, err)
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if names := f.heard.names(topic); len(names) > 0 && names[len(names)-1] == lastOfAll {
			return names[:len(names)-1]
		}
		if time.Now().After(end) {
			t.Fatalf("on %s only %v was heard", topic, f.heard.names(topic))
		}
	}
}

func event(topic, name string) *core.Event {
	return &core.Event{Key: core.TopicKey{Endpoint: "e", Topic: topic}, Name: name, Data: []byte("1")}
}

var background = context.Background()

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// testDone: a call whose context is done does nothing.
func testDone(t *testing.T, f fixture) {
	done, cancel := context.WithCancel(background)
	cancel()
	kv := f.KV("n", 1000)
	_, appended := f.Append(done, []*core.Event{event("t", "x")}, engine.AppendOptions{})
	_, _, got := kv.Get(done, "k")
	_, swapped := kv.CAS(done, "k", nil, []byte("v"), 0)
	_, added := kv.Incr(done, "k", 1, 0)
	_, scanned := kv.Scan(done, "", core.ScanOptions{Limit: 1})
	_, read := f.Read(done, core.TopicKey{Endpoint: "e", Topic: "t"}, nil, 1)
	for call, err := range map[string]error{
		"Append": appended, "Read": read, "Get": got, "CAS": swapped, "Incr": added, "Scan": scanned,
		"Apply": kv.Apply(done, []core.Write{{Key: "k", Value: []byte("v")}}),
		"Once":  f.Once(done, "c", "n", f.clock.Now()),
	} {
		is(t, call, err, context.Canceled)
	}
	if _, found, _ := kv.Get(background, "k"); found || len(f.heardOn(t, "t")) > 0 {
		t.Fatal("a call with a done context did something")
	}
	ok(t, f.Once(background, "c", "n", f.clock.Now()))
}
