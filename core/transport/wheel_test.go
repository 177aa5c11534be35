package transport

import (
	"math/rand/v2"
	"testing"
)

// Every connection is visited once, at its second or at the first turn after.
func TestWheelVisitsOnce(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		var w wheel
		due := map[*conn]int64{}
		add := func(at int64) {
			c := &conn{}
			w.add(c, at)
			due[c] = min(max(at, w.now+1), w.now+wheelSlots-1)
		}
		for now := int64(1); now < 500; now += 1 + r.Int64N(3)*r.Int64N(40) {
			for range r.IntN(5) {
				add(now + r.Int64N(wheelSlots-2) - 3)
			}
			w.turn(now, func(c *conn, at int64) int64 {
				if at != now || due[c] > now {
					t.Fatalf("visited at %d, due at %d", now, due[c])
				}
				delete(due, c)
				if r.IntN(2) == 0 {
					return 0
				}
				due[c] = now + 1 + r.Int64N(40)
				return due[c]
			})
			for _, at := range due {
				if at <= now {
					t.Fatalf("not visited at %d, due at %d", now, at)
				}
			}
		}
	}
}

// A connection that is added again is visited at the later word alone.
func TestWheelAddsAnew(t *testing.T) {
	var w wheel
	c := &conn{}
	w.add(c, 30)
	w.add(c, 5)
	var visits []int64
	for now := int64(1); now <= 64; now++ {
		w.turn(now, func(_ *conn, at int64) int64 {
			visits = append(visits, at)
			if at == 5 {
				return 40
			}
			return 0
		})
	}
	if len(visits) != 2 || visits[0] != 5 || visits[1] != 40 {
		t.Errorf("visited at %v", visits)
	}
}

// After the process has stood still nobody is to blame for the silence.
func TestWheelWakes(t *testing.T) {
	var w wheel
	w.turn(1, nil)
	w.turn(2, nil)
	if w.woke != 0 {
		t.Errorf("woke at %d", w.woke)
	}
	w.turn(200, nil)
	if w.woke != 200 {
		t.Errorf("woke at %d", w.woke)
	}
}
