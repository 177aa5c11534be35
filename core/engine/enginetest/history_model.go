package enginetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// historyModel is one topic's history as plainly as it can be written.
type historyModel struct {
	epoch string
	head  uint64
	keep  core.History
	kept  []modelEvent
}

type modelEvent struct {
	offset uint64
	name   string
	at     time.Time
}

func (m *historyModel) trim(now time.Time) {
	for len(m.kept) > 0 && (len(m.kept) > m.keep.Size || m.keep.Age > 0 && now.Sub(m.kept[0].at) >= m.keep.Age) {
		m.kept = m.kept[1:]
	}
}

func (m *historyModel) append(ev *core.Event, now time.Time) {
	m.trim(now)
	m.head++
	m.keep = ev.Keep
	m.kept = append(m.kept, modelEvent{m.head, ev.Name, now})
	m.trim(now)
}

func (m *historyModel) read(since *core.Position, limit int, now time.Time) string {
	m.trim(now)
	past := core.Past{Head: core.Position{Offset: m.head}, Whole: true}
	from := m.kept[max(0, len(m.kept)-limit):]
	if since != nil {
		first := m.head + 1
		if len(m.kept) > 0 {
			first = m.kept[0].offset
		}
		if past.Whole = since.Epoch == m.epoch && since.Offset <= m.head && since.Offset+1 >= first; past.Whole {
			from = m.kept[int(since.Offset+1-first):]
			if past.More = len(from) > limit; past.More {
				from = from[:limit]
			}
		}
	}
	for _, k := range from {
		past.Events = append(past.Events, &core.Event{Name: k.name})
	}
	return show(past)
}

// testHistoryModel runs random calls on an engine and on slices, and compares.
func testHistoryModel(t *testing.T, f fixture) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 2))
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	keeps := []core.History{{}, {Size: 1}, {Size: 3, Age: 2 * time.Second}, {Size: 9}, {Size: 9, Age: 3 * time.Second}, {Size: 40, Age: 20 * time.Second}, {Size: 200}}
	models := map[string]*historyModel{}
	for _, topic := range []string{"a", "b", "ab"} {
		models[topic] = &historyModel{epoch: f.read(t, topic, nil, 0).Head.Epoch}
	}
	pick := func() string { return []string{"a", "b", "ab"}[r.IntN(3)] }
	sticky := map[string]core.History{}
	for step := range 3000 {
		now := f.clock.Now()
		switch r.IntN(8) {
		case 0, 1, 2:
			batch := make([]*core.Event, 1+r.IntN(4)*r.IntN(3))
			if r.IntN(10) == 0 {
				sticky[pick()] = keeps[r.IntN(len(keeps))]
			}
			for i := range batch {
				topic := pick()
				keep := sticky[topic]
				if r.IntN(3) == 0 {
					keep.Sync = core.SyncAlways
				}
				batch[i] = kept(topic, fmt.Sprint(step, ".", i), keep)
			}
			_, err := f.Append(background, batch, engine.AppendOptions{})
			ok(t, err)
			for _, ev := range batch {
				m, want := models[ev.Key.Topic], core.Position{}
				if ev.Keep.Size > 0 {
					m.append(ev, now)
					want = core.Position{Epoch: m.epoch, Offset: m.head}
				}
				if ev.Pos != want {
					t.Fatalf("step %d: placed at %v, want %v", step, ev.Pos, want)
				}
			}
		case 3:
			f.clock.Step(time.Duration(r.IntN(1500)) * time.Millisecond)
		default:
			topic, limit := pick(), r.IntN(30)
			m := models[topic]
			var since *core.Position
			if r.IntN(4) > 0 {
				back := uint64(r.IntN(20))
				since = &core.Position{Epoch: m.epoch, Offset: max(m.head+2, back) - back}
			}
			if r.IntN(20) == 0 && since != nil {
				since.Epoch = "another"
			}
			if got, want := show(f.read(t, topic, since, limit)), m.read(since, limit, now); got != want {
				t.Fatalf("step %d: %s since %v, limit %d, keep %v:\n%s, want\n%s", step, topic, since, limit, m.keep, got, want)
			}
		}
	}
}
