package target

import (
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/driplet/driplet/core"
)

// maxCachedBytes is the longest target that is kept compiled: a backend that
// repeats one repeats "role editors", not five thousand names. With it a full
// Cache of 1,000 stays under 20 MiB.
const maxCachedBytes = 1 << 10

// Cache keeps compiled rules by their text. It is bounded, may forget any of
// them, and is safe for many goroutines.
type Cache struct {
	rules *lru.Cache[string, *Rule]
}

// NewCache makes a cache of up to size rules; less than one stands for one.
func NewCache(size int) *Cache {
	rules, err := lru.New[string, *Rule](max(size, 1))
	if err != nil {
		panic("target: " + err.Error()) // only for a size below one
	}
	return &Cache{rules: rules}
}

// Rule is the compiled target; of nil, the nil *Rule. A target is known by its
// Raw text, as Parse made it; one without text is compiled each time.
func (c *Cache) Rule(t *core.Target) *Rule {
	if t == nil || len(t.Raw) == 0 || len(t.Raw) > maxCachedBytes {
		return Compile(t)
	}
	text := string(t.Raw)
	if r, ok := c.rules.Get(text); ok {
		return r
	}
	r := Compile(t)
	c.rules.Add(text, r)
	return r
}
