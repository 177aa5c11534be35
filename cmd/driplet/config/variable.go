package config

import (
	"slices"
	"sort"
	"strings"
)

// step is one part of a key's path: field is nil for names that users choose.
type step struct {
	name  string
	field *field
}

// known is the names that users chose in the file, the longest first: "shop"
// must not take what is meant for "shop_eu".
type known struct{ endpoints, plugins []string }

func namesOf(root *table) known {
	var k known
	each(root, "Endpoints", func(endpoint *entry) {
		k.endpoints = append(k.endpoints, endpoint.name)
		t, ok := endpoint.value.(*table)
		if !ok {
			return
		}
		each(t, "PluginConfig", func(plugin *entry) { k.plugins = append(k.plugins, plugin.name) })
		if e := t.find("Plugins"); e != nil {
			if names, ok := normaliseTexts(e.value); ok {
				k.plugins = append(k.plugins, names.([]string)...)
			}
		}
	})
	for _, names := range [][]string{k.endpoints, k.plugins} {
		sort.SliceStable(names, func(i, j int) bool { return len(names[i]) > len(names[j]) })
	}
	return k
}

func each(t *table, name string, do func(*entry)) {
	if e := t.find(name); e != nil {
		if sub, ok := e.value.(*table); ok {
			for _, e := range sub.entries {
				do(e)
			}
		}
	}
}

// variable is a name as it stands in an environment variable.
func variable(name string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
}

// match finds the key that rest, in the form of variable, is about.
func (s schema) match(rest string, k known) ([]step, bool) {
	for _, f := range s {
		for _, name := range []string{f.name, f.alias} {
			if name == "" {
				continue
			}
			if rest == variable(name) {
				return []step{{f.name, f}}, true
			}
			if below, found := strings.CutPrefix(rest, variable(name)+"_"); found {
				if sub, ok := f.matchBelow(below, k); ok {
					return append([]step{{f.name, f}}, sub...), true
				}
			}
		}
	}
	return nil, false
}

func (f *field) matchBelow(rest string, k known) ([]step, bool) {
	switch f.shape {
	case shapeSection, shapeSections:
		return f.fields.match(rest, k)
	case shapeNamed:
		return matchName(rest, k.endpoints, func(below string) ([]step, bool) { return f.fields.match(below, k) })
	case shapeFree:
		return matchName(rest, k.plugins, func(below string) ([]step, bool) {
			return []step{{name: strings.ToLower(below)}}, below != ""
		})
	}
	return nil, false
}

// matchName tries the known names, then every way to cut a name off.
func matchName(rest string, names []string, below func(string) ([]step, bool)) ([]step, bool) {
	names = slices.Clone(names)
	for i, c := range rest {
		if c == '_' && i > 0 {
			names = append(names, strings.ToLower(rest[:i]))
		}
	}
	for _, name := range names {
		if after, found := strings.CutPrefix(rest, variable(name)+"_"); found {
			if sub, ok := below(after); ok {
				return append([]step{{name: name}}, sub...), true
			}
		}
	}
	return nil, false
}

// keys lists what can be set from outside: what an unknown name may have been
// meant to be.
func (s schema) keys(prefix string, k known) []string {
	var out []string
	for _, f := range s {
		name := join(prefix, f.name)
		switch f.shape {
		case shapeSection:
			out = append(out, f.fields.keys(name, k)...)
		case shapeNamed:
			for _, e := range append([]string{"default"}, k.endpoints...) {
				out = append(out, f.fields.keys(join(name, e), k)...)
			}
		case shapeSections, shapeFree:
		default:
			out = append(out, name)
		}
	}
	return out
}
