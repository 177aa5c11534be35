package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
)

// shape is how a value is written.
type shape uint8

const (
	shapeText shape = iota
	shapeInteger
	shapeNumber
	shapeBool
	shapeTexts
	shapeSize
	shapeDuration
	shapeSection  // [a.b]
	shapeSections // [[a.b]]
	shapeNamed    // [a.<name>], a section for each name
	shapeFree     // [a.b.<name>], whose keys are somebody else's
)

// field is one key of the schema.
type field struct {
	name     string
	shape    shape
	expect   string                 // completes "Global.Port must be …"
	parse    func(any) (any, error) // from the written to the used form; nil: as written
	def      any                    // as it would be written; nil: absent
	required bool                   // in a section that is there
	secret   bool                   // masked wherever it is shown
	alias    string                 // another name for it
	fields   schema                 // of a section
	optional bool                   // a section that counts as absent when it is not written
	later    bool                   // accepted, but not served by this version
	unset    string                 // what the default means beyond its value, or having none
}

// isValue tells a key that has a value from a section of such.
func (f *field) isValue() bool { return f.shape < shapeSection }

// schema is the keys of a section, in the order in which they are shown.
type schema []*field

func (s schema) find(name string) *field {
	for _, f := range s {
		if strings.EqualFold(f.name, name) || f.alias != "" && strings.EqualFold(f.alias, name) {
			return f
		}
	}
	return nil
}

func (s schema) names() []string {
	out := make([]string, len(s))
	for i, f := range s {
		out[i] = f.name
	}
	return out
}

// errShape says that expect tells enough.
var errShape = errors.New("not of the expected form")

// elementError is the fault of one element of a list.
type elementError struct {
	index int
	text  string
}

func (e *elementError) Error() string { return e.text }

func text(name, def string, check func(string) (any, error)) *field {
	f := &field{name: name, shape: shapeText, expect: "a text in quotes", def: def}
	if check != nil {
		f.parse = func(v any) (any, error) { return check(v.(string)) }
	}
	return f
}

// choice is one of several words, compared without regard to case.
func choice(name, def string, words ...string) *field {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	f := text(name, def, func(s string) (any, error) {
		if i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, s) }); i >= 0 {
			return words[i], nil
		}
		return nil, errShape
	})
	if f.expect = "one of " + strings.Join(quoted, ", "); len(words) == 2 {
		f.expect = quoted[0] + " or " + quoted[1]
	}
	if def == "" {
		f.def = nil
	}
	return f
}

func integer(name string, def any, low, high int64) *field {
	return &field{name: name, shape: shapeInteger, def: def,
		expect: fmt.Sprintf("a whole number from %d to %d", low, high),
		parse: func(v any) (any, error) {
			if n := v.(int64); n >= low && n <= high {
				return int(n), nil
			}
			return nil, errShape
		}}
}

// rate is events a second.
func rate(name string, def any) *field {
	return &field{name: name, shape: shapeNumber, def: def, expect: "a number above 0 and up to 1000000, in events a second",
		parse: func(v any) (any, error) {
			if n := v.(float64); n > 0 && n <= 1e6 {
				return n, nil
			}
			return nil, errShape
		}}
}

// boolean is false unless it is set.
func boolean(name string) *field {
	return &field{name: name, shape: shapeBool, expect: "true or false", def: false}
}

// texts is a list; check may replace an element by its normal form.
func texts(name string, def any, check func(string) (any, error)) *field {
	return &field{name: name, shape: shapeTexts, expect: `a list of texts such as ["a", "b"]`, def: def,
		parse: func(v any) (any, error) {
			out := make([]any, 0, len(v.([]string)))
			for i, s := range v.([]string) {
				var item any = s
				if check != nil {
					var err error
					if item, err = check(s); err != nil {
						return nil, &elementError{i, err.Error()}
					}
				}
				if slices.Contains(out, item) {
					return nil, &elementError{i, fmt.Sprintf("%q stands there twice", s)}
				}
				out = append(out, item)
			}
			return out, nil
		}}
}

func section(name string, fields ...*field) *field {
	return &field{name: name, shape: shapeSection, expect: "a section", fields: fields}
}

func sections(name string, fields ...*field) *field {
	return &field{name: name, shape: shapeSections, expect: "a list of sections, each under a double bracket", fields: fields}
}

// unsetMeans says in what the default differs from the same value, written.
func (f *field) unsetMeans(text string) *field { f.unset = text; return f }

func (f *field) must() *field          { f.required = true; f.def = nil; return f }
func (f *field) masked() *field        { f.secret = true; f.def = nil; return f }
func (f *field) whenPresent() *field   { f.optional = true; return f }
func (f *field) notYet() *field        { f.later = true; return f }
func (f *field) or(name string) *field { f.alias = name; return f }

// size is bytes, written as 65536 or "64 KiB".
func size(name string, def any, low, high int64) *field {
	return &field{name: name, shape: shapeSize, def: def,
		expect: fmt.Sprintf("a size from %s to %s, such as \"64 KiB\"", core.FormatSize(low), core.FormatSize(high)),
		parse: func(v any) (any, error) {
			n, ok := v.(int64)
			if s, isText := v.(string); isText {
				n, ok = core.ParseSize(s)
			}
			if !ok || n < low || n > high {
				return nil, errShape
			}
			return int(n), nil
		}}
}

// duration is written as "5s", "24h" or "7d".
func duration(name string, def any, low, high time.Duration) *field {
	return &field{name: name, shape: shapeDuration, def: def,
		expect: fmt.Sprintf("a duration from %s to %s, such as \"5s\", \"24h\" or \"7d\"", formatDuration(low), formatDuration(high)),
		parse: func(v any) (any, error) {
			d, ok := parseDuration(v.(string))
			if !ok || d < low || d > high {
				return nil, errShape
			}
			return d, nil
		}}
}

func parseDuration(s string) (time.Duration, bool) {
	if days, found := strings.CutSuffix(s, "d"); found {
		n, err := strconv.ParseInt(days, 10, 32)
		return time.Duration(n) * 24 * time.Hour, err == nil && n < 1e5
	}
	d, err := time.ParseDuration(s)
	return d, err == nil
}

func formatDuration(d time.Duration) string {
	if day := 24 * time.Hour; d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	return strings.TrimSuffix(s, "h0m") + map[bool]string{true: "h"}[strings.HasSuffix(s, "h0m")]
}
