package target

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/driplet/driplet/core"
)

func parsed(t testing.TB, text string) *core.Target {
	t.Helper()
	target, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func TestCache(t *testing.T) {
	c := NewCache(2)
	if c.Rule(nil) != nil {
		t.Error("no target has no rule")
	}
	first := c.Rule(parsed(t, `{"include":{"a":1}}`))
	if c.Rule(parsed(t, ` {"include": {"a":1}}`)) != first {
		t.Error("the same text, compacted, must give the same rule")
	}
	if c.Rule(parsed(t, `{"include":{"a":2}}`)) == first {
		t.Error("another text gives another rule")
	}
	for i := range 5 {
		c.Rule(parsed(t, fmt.Sprintf(`{"include":{"b":%d}}`, i)))
	}
	if c.rules.Len() != 2 {
		t.Errorf("%d rules are kept, want 2", c.rules.Len())
	}
	// Forgotten, it is compiled again.
	if r := c.Rule(parsed(t, `{"include":{"a":1}}`)); r == first || !r.Admits(claims(t, `{"a":1}`)) {
		t.Error("a forgotten rule must come back")
	}
}

func TestCacheLeavesOutTheLong(t *testing.T) {
	c := NewCache(0)
	long := parsed(t, `{"include":{"a":"`+strings.Repeat("x", maxCachedBytes)+`"}}`)
	if once, again := c.Rule(long), c.Rule(long); once == again || c.rules.Len() != 0 {
		t.Error("a long target is kept")
	}
	// Without its text a target is not known again, and must not be confused.
	bare := &core.Target{Include: []core.Condition{{Path: "a", Want: core.Values{Values: []core.Value{core.ValueTrue}}}}}
	if !c.Rule(bare).Admits(claims(t, `{"a":true}`)) || c.rules.Len() != 0 {
		t.Error("a target without text is kept")
	}
}

func TestCacheManyGoroutines(t *testing.T) {
	c := NewCache(3)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				r := c.Rule(parsed(t, fmt.Sprintf(`{"include":{"a":%d}}`, i%7)))
				if !r.Admits(claims(t, fmt.Sprintf(`{"a":%d}`, i%7))) {
					t.Error("the wrong rule")
				}
			}
		})
	}
	wg.Wait()
}
