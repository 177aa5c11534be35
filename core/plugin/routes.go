package plugin

import (
	"cmp"
	"slices"
	"strings"

	"github.com/driplet/driplet/core"
)

// tenant is an endpoint with its plugins. Immutable but for who uses it; a
// change is a new one.
type tenant struct {
	bindings []*binding // by manifest order, then name
	events   []route    // the longest literal prefix first
	hooks    [KindHTTP + 1][]*binding
	use      use
}

// route sends events whose name matches to a plugin.
type route struct {
	prefix  string
	all     bool // every name that begins so
	pattern core.Pattern
	b       *binding
}

// newTenant routes events and hooks. Two plugins with patterns equally
// specific are refused: which of them got an event would be chance.
func newTenant(endpoint string, bindings []*binding) (*tenant, error) {
	t := &tenant{bindings: slices.Clone(bindings), use: newUse()}
	slices.SortFunc(t.bindings, func(a, b *binding) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), strings.Compare(a.Name, b.Name))
	})
	owners := map[string]route{}
	for _, b := range t.bindings {
		for _, p := range b.Events {
			r := route{prefix: p.LiteralPrefix(), pattern: p, b: b}
			r.all = p.String() == r.prefix+"*"
			if other, taken := owners[r.prefix]; taken && other.b != b {
				return nil, b.errorf("its event pattern %q and %q of %s %s are equally specific on endpoint %s: make one longer before its first *, or use one of the plugins there",
					p, other.pattern, other.b.Name, other.b.Version, endpoint)
			}
			owners[r.prefix] = r
			t.events = append(t.events, r)
		}
		for k, wanted := range b.Hooks {
			if wanted {
				t.hooks[k] = append(t.hooks[k], b)
			}
		}
	}
	slices.SortStableFunc(t.events, func(a, b route) int { return cmp.Compare(len(b.prefix), len(a.prefix)) })
	return t, nil
}

// handler finds the plugin that answers an event; nil is none.
func (t *tenant) handler(event string) *binding {
	for i := range t.events {
		if r := &t.events[i]; strings.HasPrefix(event, r.prefix) && (r.all || r.pattern.Covers(event)) {
			return r.b
		}
	}
	return nil
}

// server finds the plugin of that name if it takes requests from outside.
func (t *tenant) server(plugin string) *binding {
	for _, b := range t.hooks[KindHTTP] {
		if b.Name == plugin {
			return b
		}
	}
	return nil
}

// binding finds a plugin; nil: the endpoint has it not.
func (t *tenant) binding(plugin string) *binding {
	for _, b := range t.bindings {
		if b.Name == plugin {
			return b
		}
	}
	return nil
}

// hasTopic reports whether the plugin gets the hooks of a topic.
func (b *binding) hasTopic(topic string) bool {
	for _, p := range b.Topics {
		if p.Covers(topic) {
			return true
		}
	}
	return false
}

// wants reports whether a binding is asked at a hook for a topic ("" where the
// kind has none).
func (b *binding) wants(kind core.HookKind, topic string) bool {
	return !byTopic(kind) || b.hasTopic(topic)
}

// byTopic reports whether a hook is asked for some topics alone.
func byTopic(kind core.HookKind) bool {
	return kind == core.HookSubscribe || kind == core.HookUnsubscribe || kind == core.HookPublish
}
