package config

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mask stands for every secret that is shown.
const mask = "********"

// WriteTOML shows the whole configuration as TOML: every key with its value
// and, as a comment, where that was set. Secrets are masked; the id of a
// credential tells whether two of them are the same.
func (c *Config) WriteTOML(w io.Writer) error {
	s := &shower{}
	s.section(c.tree)
	_, err := io.WriteString(w, strings.TrimPrefix(s.String(), "\n"))
	return err
}

type shower struct{ strings.Builder }

func (s *shower) header(open, path, end string, from origin) {
	s.WriteString("\n" + open + path + end)
	if from.kind != fromDefault {
		s.WriteString(" # " + from.String())
	}
	s.WriteByte('\n')
}

func (s *shower) section(r *resolved) {
	for _, f := range r.schema {
		if set := r.values[f.name]; set != nil {
			s.setting(set)
		} else if f.isValue() && !f.later {
			s.absent(f)
		}
	}
	for _, f := range r.schema {
		if sub := r.sections[f.name]; sub != nil {
			s.header("[", sub.path, "]", sub.from)
			s.section(sub)
		}
		for _, sub := range r.lists[f.name] {
			open, end := "[", "]"
			if f.shape == shapeSections {
				open, end = "[[", "]]"
			}
			s.header(open, sub.path, end, sub.from)
			s.section(sub)
		}
		for _, e := range r.free[f.name] {
			s.free(r.key(f.name), e)
		}
	}
}

func (s *shower) setting(set *setting) {
	value, note := literal(set.written), set.from.String()
	if secret, ok := set.written.(string); ok && set.field.secret && secret != "" {
		value = literal(mask)
		note += ", id " + credentialID(secret)
	}
	if set.field.unset != "" && set.from.kind == fromDefault {
		note += ", " + set.field.unset
	}
	if set.field.name == "URL" {
		value = literal(withoutPassword(set.written.(string)))
	}
	fmt.Fprintf(s, "%-40s # %s\n", set.field.name+" = "+value, note)
}

// absent shows a key that has no value, as a comment: it can be set.
func (s *shower) absent(f *field) {
	note := "not set"
	if f.unset != "" {
		note += ": " + f.unset
	}
	fmt.Fprintf(s, "%-40s # %s\n", "# "+f.name+" =", note)
}

func withoutPassword(s string) string {
	if u, err := url.Parse(s); err == nil {
		return u.Redacted()
	}
	return s
}

// free shows a plugin's own section. Whether a key of it holds a secret can
// only be guessed from its name.
func (s *shower) free(parent string, e *entry) {
	path := parent + "." + quoteKey(e.name)
	s.header("[", path, "]", e.from)
	var tables []*entry
	for _, e := range e.value.(*table).entries {
		if _, ok := e.value.(*table); ok {
			tables = append(tables, e)
			continue
		}
		fmt.Fprintf(s, "%-40s # %s\n", pair(e.name, plain(e.value)), e.from)
	}
	for _, e := range tables {
		s.free(path, e)
	}
}

// pair is a plugin's key with its value.
func pair(name string, v any) string {
	if looksSecret(name) {
		v = mask
	}
	return quoteKey(name) + " = " + literal(v)
}

func looksSecret(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"secret", "password", "passwd", "token", "key", "credential"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// literal writes a value in TOML (1.0, also 1.1).
func literal(v any) string {
	switch v := v.(type) {
	case string:
		return quote(v)
	case []string:
		items := make([]any, len(v))
		for i, s := range v {
			items[i] = s
		}
		return literal(items)
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = literal(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any: // inside a list of a plugin's section
		parts := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, pair(name, v[name]))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case float64:
		// Infinity and NaN, which only a plugin's section can hold, in TOML's
		// spelling.
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(v, 'f', -1, 64), "+"))
	}
	return fmt.Sprint(v)
}

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func quoteKey(name string) string {
	if bareKey.MatchString(name) {
		return name
	}
	return quote(name)
}
