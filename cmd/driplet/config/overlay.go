package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Prefix begins the name of every environment variable that sets a key.
const Prefix = "DRIPLET_"

// foreignVariables belong to the PHP SDK and to 'driplet plugin build', which
// may share the environment.
var foreignVariables = []string{"DRIPLET_URL", "DRIPLET_API_SECRET", "DRIPLET_JWT_SECRET", "DRIPLET_QUICKJS"}

// Override sets one key from the command line.
type Override struct {
	Flag  string // as it is shown, "-port"
	Key   string // "Global.Port"
	Value string // a list is separated by commas
}

// overlayEnvironment lays DRIPLET_* over the file's table.
func overlayEnvironment(root *table, s schema, env []string, p *problems) {
	env = slices.Clone(env)
	slices.Sort(env) // the same environment gives the same errors
	k := namesOf(root)
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		rest, found := strings.CutPrefix(name, Prefix)
		if !found || slices.Contains(foreignVariables, name) || isServiceLink(rest, value) {
			continue
		}
		from := origin{kind: fromEnvironment, name: name}
		path, ok := s.match(variable(rest), k)
		if !ok {
			p.errorf(from, "unknown variable: %s", hint(name, s.keys("", k), func(key string) string { return Prefix + variable(key) }))
			continue
		}
		put(root, path, from, value, p)
	}
}

// overlayFlags lays the command line over file and environment.
func overlayFlags(root *table, s schema, overrides []Override, p *problems) {
	k := namesOf(root)
	for _, o := range overrides {
		from := origin{kind: fromFlag, name: o.Flag}
		path, ok := s.match(variable(o.Key), k)
		if !ok {
			p.errorf(from, "unknown key %s: %s", o.Key, hint(o.Key, s.keys("", k), func(key string) string { return key }))
			continue
		}
		put(root, path, from, o.Value, p)
	}
}

// hint names the key that was probably meant.
func hint(name string, keys []string, spell func(string) string) string {
	for i, key := range keys {
		if strings.HasSuffix(variable(key), "_"+variable(strings.TrimPrefix(name, Prefix))) {
			return "did you mean " + spell(key) + "?" // the section is missing
		}
		keys[i] = spell(key)
	}
	if near := Nearest(name, keys); near != "" {
		return "did you mean " + near + "?"
	}
	return "it sets no key of the configuration; 'driplet config check' shows them"
}

// isServiceLink recognises the variables that Kubernetes sets in
// containers beside a service named driplet: nobody wrote them.
func isServiceLink(rest, value string) bool {
	if rest == "PORT" {
		return strings.Contains(value, "://")
	}
	return serviceLink.MatchString(rest)
}

var serviceLink = regexp.MustCompile(`^(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP)(_(ADDR|PORT|PROTO))?)$`)

// put sets one key by its path.
func put(root *table, path []step, from origin, value string, p *problems) {
	t, key := root, ""
	for i, st := range path {
		key = join(key, st.name)
		last := i == len(path)-1
		switch {
		case st.field != nil && st.field.shape == shapeSections:
			p.errorf(from, "%s is a list of sections: set it in the file", key)
			return
		case last && st.field == nil:
			t.set(st.name, from, freeValue(value))
		case last && st.field.shape > shapeSections, last && st.field.shape == shapeSection:
			p.errorf(from, "%s is a section: set one of its keys", key)
		case last:
			name := st.name
			if t.find(name) == nil && st.field.alias != "" && t.find(st.field.alias) != nil {
				name = st.field.alias
			}
			t.set(name, from, outside(value))
		default:
			if t = t.descend(st.name, from); t == nil {
				return // the file has a value where a section belongs, and is told so
			}
		}
	}
}

// freeValue reads a value whose type nobody here knows: a number or a truth
// value if it looks like one in TOML, else text.
func freeValue(s string) any {
	var v map[string]any
	if err := toml.Unmarshal([]byte("v = "+s), &v); err == nil && len(v) == 1 {
		switch v := v["v"].(type) {
		case bool, int64, float64:
			return v
		}
	}
	return s
}
