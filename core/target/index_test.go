package target

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
)

// naive is the model: every member, asked in turn.
type naive map[int]*core.Claims

func (m naive) admitted(r *Rule) []int {
	var out []int
	for k, c := range m {
		if r.Admits(c) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func TestIndexAgreesWithAScan(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			var x Index[int]
			model := naive{}
			for step := range 1500 {
				k := rnd.IntN(300)
				switch {
				case rnd.IntN(3) > 0 && step%500 < 400: // a crowd comes, then mostly leaves
					c := randomClaims(t, rnd)
					x.Add(k, c)
					model[k] = c
				default:
					x.Remove(k)
					delete(model, k)
				}
				if step%5 == 0 {
					checkProposal(t, &x, model, rnd)
				}
			}
			for k := range model {
				x.Remove(k)
			}
			if x.Len() != 0 || len(x.postings) != 0 || len(x.numbers) != 0 {
				t.Errorf("an empty index keeps %d postings of %d members", len(x.postings), len(x.numbers))
			}
		})
	}
}

func checkProposal(t *testing.T, x *Index[int], model naive, rnd *rand.Rand) {
	t.Helper()
	text := randomTarget(rnd)
	r, limit := rule(t, text), rnd.IntN(200)
	if rnd.IntN(2) == 0 {
		limit = math.MaxInt - 1
	}
	keys, ok := x.Propose(r, limit)
	if !ok {
		if limit > 1<<20 && r != nil && len(r.include)+len(r.all) > 0 {
			t.Fatalf("%s: no proposal without a limit", text)
		}
		return
	}
	if len(keys) > limit {
		t.Fatalf("%s: %d proposed, the limit is %d", text, len(keys), limit)
	}
	var got []int
	seen := map[int]bool{}
	for _, k := range keys {
		if seen[k] {
			t.Fatalf("%s: %d is proposed twice", text, k)
		}
		if seen[k] = true; model[k] == nil {
			t.Fatalf("%s: %d is proposed and is no member", text, k)
		}
		if r.Admits(model[k]) {
			got = append(got, k)
		}
	}
	slices.Sort(got)
	if want := model.admitted(r); !slices.Equal(got, want) {
		t.Fatalf("%s: %v, want %v", text, got, want)
	}
}

var (
	somePaths  = []string{"a", "b", "c.d", "e"}
	someValues = []string{`1`, `1.0`, `"1"`, `2`, `"x"`, `""`, `true`, `"true"`, `null`, `3`}
)

func pick(rnd *rand.Rand, from []string) string { return from[rnd.IntN(len(from))] }

func randomValue(rnd *rand.Rand) string {
	switch rnd.IntN(4) {
	case 0:
		return "[]"
	case 1:
		var items []string
		for range 1 + rnd.IntN(4) {
			items = append(items, pick(rnd, someValues))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return pick(rnd, someValues)
}

func randomObject(rnd *rand.Rand, n int) string {
	var members []string
	for _, p := range rnd.Perm(len(somePaths))[:n] {
		members = append(members, fmt.Sprintf("%q:%s", somePaths[p], randomValue(rnd)))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func randomClaims(t *testing.T, rnd *rand.Rand) *core.Claims {
	if rnd.IntN(20) == 0 {
		return nil
	}
	object := randomObject(rnd, rnd.IntN(len(somePaths)+1))
	if rnd.IntN(3) == 0 { // an object, its members, and a list with gaps
		object = strings.TrimSuffix(object, "}") + `,"c":{"d":2,"e":{}},"f":{"0":1,"4":"x"}}`
		object = strings.Replace(object, "{,", "{", 1)
	}
	return claims(t, object)
}

func randomTarget(rnd *rand.Rand) string {
	var sections []string
	for _, name := range []string{"include", "exclude", "all"} {
		if rnd.IntN(2) == 0 {
			sections = append(sections, fmt.Sprintf("%q:%s", name, randomObject(rnd, rnd.IntN(3))))
		}
	}
	return "{" + strings.Join(sections, ",") + "}"
}

func TestProposeChoosesTheCheapest(t *testing.T) {
	var x Index[int]
	for i := range 1000 {
		x.Add(i, claims(t, fmt.Sprintf(`{"uid":%d,"role":"member","teams":["t%d","t%d"],"none":[]}`, i, i%10, i%7+3)))
	}
	for target, want := range map[string]int{
		`{"include":{"uid":7}}`:                                     1,
		`{"include":{"uid":[1,2,2,3,"x"]}}`:                         3,
		`{"include":{"uid":1001}}`:                                  0,
		`{"all":{"role":"member","uid":7}}`:                         1,
		`{"all":{"role":"member"},"include":{"uid":[7,8]}}`:         2,
		`{"all":{"uid":7},"include":{"role":"member"}}`:             1,
		`{"all":{"role":"nobody"},"include":{"role":"member"}}`:     0,
		`{"include":{"uid":7},"exclude":{"role":"member"}}`:         1, // the rule decides
		`{"include":{"role":"nobody","uid":7}}`:                     1,
		`{"include":{"none":[],"uid":7},"all":{"role":"member"}}`:   -1,
		`{"include":{"role":"member"}}`:                             -1,
		`{"exclude":{"uid":7}}`:                                     -1,
		`{"include":{}}`:                                            -1,
		`null`:                                                      -1,
		`{"include":{"teams":"t0"}}`:                                100,
		`{"include":{"teams":["t0","t1","t2","t3","t4"]},"all":{}}`: -1,
	} {
		keys, ok := x.Propose(rule(t, target), 300)
		if got := len(keys); ok != (want >= 0) || ok && got != want {
			t.Errorf("%s: %d, %v, want %d", target, got, ok, want)
		}
	}
	if keys, ok := x.Propose(rule(t, `{"include":{"role":"member"}}`), 1000); !ok || len(keys) != 1000 {
		t.Errorf("just the limit: %d, %v", len(keys), ok)
	}
	if keys, ok := x.Propose(rule(t, `{"include":{"uid":1001}}`), 0); !ok || len(keys) != 0 {
		t.Errorf("nobody, with limit 0: %v, %v", keys, ok)
	}
}

func TestIndexChangesClaims(t *testing.T) {
	var x Index[string]
	x.Add("a", claims(t, `{"role":["x","x"]}`))
	x.Add("b", claims(t, `{"role":"x"}`))
	x.Add("a", claims(t, `{"role":"y"}`))
	x.Remove("unknown")
	for role, want := range map[string][]string{"x": {"b"}, "y": {"a"}} {
		if got, ok := x.Propose(rule(t, `{"include":{"role":"`+role+`"}}`), 9); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", role, got, want)
		}
	}
	x.Add("a", nil)
	x.Add("c", claims(t, `{}`))
	if x.Len() != 1 {
		t.Errorf("%d members have claims, want 1", x.Len())
	}
}

func TestIndexForgetsCrowds(t *testing.T) {
	var x Index[int]
	for i := range 5000 {
		x.Add(i, claims(t, `{"role":"member"}`))
	}
	for i := range 4900 {
		x.Remove(i)
	}
	p := pair{"role", core.StringValue("member")}
	if c := x.postings[p].many; len(c.members) != 100 || c.peak >= 1000 {
		t.Errorf("%d members, peak %d: looking at them costs what the crowd did", len(c.members), c.peak)
	}
	for i := 4900; i < 5000; i++ {
		x.Remove(i)
	}
	if x.Len() != 0 || x.slots != nil {
		t.Error("an empty index keeps its memory")
	}
}

func TestIndexStampsWrap(t *testing.T) {
	var x Index[int]
	x.Add(1, claims(t, `{"role":"x"}`))
	r := rule(t, `{"include":{"role":"x"}}`)
	x.Propose(r, 9)
	x.stamp = math.MaxUint32
	x.slots[0].stamp = 1
	if keys, ok := x.Propose(r, 9); !ok || len(keys) != 1 {
		t.Errorf("%v, %v", keys, ok)
	}
}

func TestProposeAllocatesNothing(t *testing.T) {
	var x Index[int]
	for i := range 100 {
		x.Add(i, claims(t, fmt.Sprintf(`{"uid":%d,"role":"r%d"}`, i, i%4)))
	}
	r := rule(t, `{"include":{"uid":5,"role":["r1","r2"]}}`)
	if n := testing.AllocsPerRun(100, func() { x.Propose(r, 100) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// crowdOf fills an index as a site would: everybody signed in, 1,000 teams of
// which each member is in one, five roles, a name of one's own.
func crowdOf(tb testing.TB, n int) (*Index[*core.Claims], []*core.Claims) {
	x, all := &Index[*core.Claims]{}, make([]*core.Claims, n)
	for i := range all {
		all[i] = claims(tb, fmt.Sprintf(`{"uid":%d,"role":"r%d","team":%d,"member":true}`, i, i%5, i%1000))
	}
	for _, c := range all {
		x.Add(c, c)
	}
	return x, all
}

func BenchmarkPropose(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		x, _ := crowdOf(b, n)
		for name, target := range map[string]string{
			"one":       `{"include":{"uid":77}}`,
			"three":     `{"include":{"uid":[77,78,79]}}`,
			"all":       `{"all":{"member":true,"role":"r2","uid":77}}`,
			"scan":      `{"include":{"member":true}}`,
			"hundredth": `{"include":{"team":[1,2,3,4,5,6,7,8,9,10]}}`,
		} {
			if name == "hundredth" && n > 100_000 {
				continue // 10,000 members: over the limit
			}
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				r, found := rule(b, target), 0
				b.ReportAllocs()
				for b.Loop() {
					keys, _ := x.Propose(r, n/64+64)
					found = len(keys)
				}
				b.ReportMetric(float64(found), "members")
			})
		}
	}
}

func BenchmarkIndexAddRemove(b *testing.B) {
	x, all := crowdOf(b, 100_000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c := all[i%len(all)]
		x.Remove(c)
		x.Add(c, c)
		i++
	}
}

// BenchmarkIndexMemory reports what the index itself takes for a member.
func BenchmarkIndexMemory(b *testing.B) {
	for _, n := range []int{1_000, 5_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, all := crowdOf(b, n)
			for b.Loop() {
				before := heap()
				x := &Index[*core.Claims]{}
				for _, c := range all {
					x.Add(c, c)
				}
				b.ReportMetric(float64(heap()-before)/float64(n), "B/member")
				runtime.KeepAlive(x)
			}
			runtime.KeepAlive(all)
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
