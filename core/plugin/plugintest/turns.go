package plugintest

import (
	"math"
	"slices"
	"time"
)

// Contestant is one way to do a piece of work.
type Contestant struct {
	Name string
	Run  func() // once
}

// Turns times contestants one after the other, again and again, so that all of
// them meet the same machine. The zero value is ready.
type Turns struct {
	sizes  []int
	rounds [][]float64 // nanoseconds a run, by contestant
}

// turnLength is how long a contestant runs before it is the next one's turn:
// long against a look at the clock, short against what else the machine does.
const turnLength = 2 * time.Millisecond

// Round gives each contestant one turn; always the same ones in the same order.
func (t *Turns) Round(all []Contestant) {
	if t.sizes == nil {
		t.sizes, t.rounds = make([]int, len(all)), make([][]float64, len(all))
		for i, c := range all {
			t.sizes[i] = calibrate(c.Run)
		}
	}
	for i, c := range all {
		start := time.Now()
		for range t.sizes[i] {
			c.Run()
		}
		t.rounds[i] = append(t.rounds[i], float64(time.Since(start))/float64(t.sizes[i]))
	}
}

// calibrate finds how many runs make a turn: by the fastest of several tries,
// for one that the machine interrupts would make turns of a single run, which
// meets nothing but cold caches.
func calibrate(run func()) int {
	for n := 1; ; n *= 2 {
		took := time.Duration(math.MaxInt64)
		for range 5 {
			start := time.Now()
			for range n {
				run()
			}
			took = min(took, time.Since(start))
		}
		if took > turnLength/2 {
			return max(1, int(float64(n)*float64(turnLength)/float64(took)))
		}
	}
}

// Fastest is the nanoseconds that a run of contestant i takes in its fastest
// tenth of turns: what is left of it where the machine has other work.
func (t *Turns) Fastest(i int) float64 {
	all := slices.Sorted(slices.Values(t.rounds[i]))
	return all[len(all)/10]
}

// Median is the nanoseconds that a run of contestant i takes.
func (t *Turns) Median(i int) float64 { return median(slices.Clone(t.rounds[i])) }

// Ratio is how many times as long contestant i takes as k: the median over the
// rounds, so that a slow moment of the machine counts for both.
func (t *Turns) Ratio(i, k int) float64 {
	ratios := make([]float64, len(t.rounds[i]))
	for n := range ratios {
		ratios[n] = t.rounds[i][n] / t.rounds[k][n]
	}
	return median(ratios)
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
