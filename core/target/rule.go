package target

import (
	"slices"

	"github.com/driplet/driplet/core"
)

// Rule is a compiled target. It is immutable and safe for many goroutines. The
// nil *Rule admits everybody.
type Rule struct {
	include, exclude, all []condition
}

// condition is a core.Condition whose list of values is sorted when it is long,
// so that ten thousand of them cost a member one search.
type condition struct {
	path   string
	want   core.Values
	sorted bool
}

// sortFrom is where a binary search becomes cheaper than comparing in turn.
const sortFrom = 16

// Compile makes the rule of a target; of nil, the nil *Rule.
func Compile(t *core.Target) *Rule {
	if t == nil {
		return nil
	}
	return &Rule{include: compile(t.Include), exclude: compile(t.Exclude), all: compile(t.All)}
}

func compile(conditions []core.Condition) []condition {
	if len(conditions) == 0 {
		return nil
	}
	out := make([]condition, len(conditions))
	for i, c := range conditions {
		out[i] = condition{path: c.Path, want: c.Want}
		if len(c.Want.Values) >= sortFrom {
			sorted := slices.Clone(c.Want.Values) // the target is not ours to change
			slices.Sort(sorted)
			out[i].want.Values, out[i].sorted = slices.Compact(sorted), true
		}
	}
	return out
}

// Admits reports whether a connection with these claims hears the message: no
// if any rule of exclude matches, or one of all does not; yes if include has no
// rules, otherwise if one of them matches. A path that the claims do not have
// matches nothing, also not null.
//
// Who has nothing to be judged by is never admitted, whatever the rule says:
// neither a connection without a token (nil), nor one whose token has no custom
// claims. Under exclude alone the latter might be read as "not excluded". It is
// withheld, because such a token says nothing of whether its owner is the one to
// be kept out, and a message shown to the wrong person cannot be taken back.
func (r *Rule) Admits(c *core.Claims) bool {
	if r == nil {
		return true
	}
	if c == nil || len(c.Attributes) == 0 {
		return false
	}
	for i := range r.exclude {
		if r.exclude[i].matches(c.Attributes) {
			return false
		}
	}
	for i := range r.all {
		if !r.all[i].matches(c.Attributes) {
			return false
		}
	}
	for i := range r.include {
		if r.include[i].matches(c.Attributes) {
			return true
		}
	}
	return len(r.include) == 0
}

func (c *condition) matches(a core.Attributes) bool {
	has, ok := a.Lookup(c.path)
	if !ok {
		return false
	}
	if !c.sorted {
		return c.want.Match(has)
	}
	for _, v := range has.Values {
		if _, found := slices.BinarySearch(c.want.Values, v); found {
			return true
		}
	}
	return false
}
