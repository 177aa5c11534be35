package cases

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// Update writes what came of a case's steps into its text: only of steps that
// differ, and only what their "expect" looks at; "<any>" stays where it fits.
// Everything else keeps its form.
func Update(src []byte, played []*Played) ([]byte, error) {
	at, err := expectSpans(src)
	if err != nil {
		return nil, err
	}
	var out []byte
	done := 0
	for i, p := range played {
		if len(p.Differences) == 0 {
			continue
		}
		if p.Trace == nil {
			return nil, fmt.Errorf("%s: %s", p, p.Differences[0])
		}
		if i >= len(at) || at[i].to == 0 {
			return nil, fmt.Errorf("%s has no \"expect\": add one with what the case shall look at", p)
		}
		out = append(out, src[done:at[i].from]...)
		out = append(out, p.expectation(at[i].members, indentAt(src, at[i].from))...)
		done = at[i].to
	}
	return append(out, src[done:]...), nil
}

// indentAt is the white space that begins the line of a place.
func indentAt(src []byte, at int) string {
	line := src[bytes.LastIndexByte(src[:at], '\n')+1 : at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// expectation is the step's "expect" as it would have to be. Members that do
// not differ keep their text.
func (p *Played) expectation(was map[string]string, indent string) string {
	x := &p.Step.Expect
	differs := map[string]bool{}
	for _, d := range p.Differences {
		differs[d.Path[:strings.IndexAny(d.Path+".", ".[")]] = true
	}
	var members []string
	put := func(key, value string) {
		if text, ok := was[key]; ok && !differs[key] {
			value = text
		}
		members = append(members, fmt.Sprintf("%q: %s", key, value))
	}
	keep := func(key string, want json.RawMessage, got any) {
		if want != nil {
			put(key, spaced(merged(plain(want), plain(encode(got)))))
		}
	}
	switch {
	case p.Trace.Failure != nil:
		put("failure", spaced(anything))
		return "{" + strings.Join(members, ", ") + "}"
	case p.Refusal != nil:
		got := refusalJSON(p.Refusal)
		var want map[string]any
		if x.Refusal != nil && json.Unmarshal(x.Refusal, &want) == nil && want["message"] == nil {
			delete(got, "message")
		}
		put("refusal", spaced(merged(plain(orNull(x.Refusal)), plain(encode(got)))))
	case x.Refusal != nil || x.Failure != "" || x.Answer != nil:
		put("answer", spaced(merged(plain(orNull(x.Answer)), plain(orNull(p.Answer)))))
	}
	if x.Deferred != nil {
		put("deferred", fmt.Sprint(p.Deferred))
	}
	if x.Effects != nil {
		put("effects", listed(merged(plain(x.Effects), plain(encode(effectsJSON(p.Trace.Effects)))), indent))
	}
	if x.KV != nil {
		put("kv", spaced(merged(plain(encode(x.KV)), plain(encode(p.kv)))))
	}
	keep("logs", x.Logs, append([]string{}, p.Trace.Logs...))
	if line := "{" + strings.Join(members, ", ") + "}"; len(line) < 100 && !strings.Contains(line, "\n") {
		return line
	}
	return "{\n" + indent + "  " + strings.Join(members, ",\n"+indent+"  ") + "\n" + indent + "}"
}

// merged is got, with "<any>" where want has it.
func merged(want, got any) any {
	if want == anything {
		return want
	}
	switch g := got.(type) {
	case map[string]any:
		w, _ := want.(map[string]any)
		out := make(map[string]any, len(g))
		for k, v := range g {
			out[k] = merged(w[k], v)
		}
		return out
	case []any:
		w, _ := want.([]any)
		out := make([]any, len(g))
		for i, v := range g {
			var other any
			if len(w) == len(g) {
				other = w[i]
			}
			out[i] = merged(other, v)
		}
		return out
	}
	return got
}

// listed is a list with an item a line, when it has any.
func listed(v any, indent string) string {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return spaced(v)
	}
	items := make([]string, len(list))
	for i := range list {
		items[i] = "\n" + indent + "    " + spaced(list[i])
	}
	return "[" + strings.Join(items, ",") + "\n" + indent + "  ]"
}

// spaced is JSON on one line with spaces, "op" before other keys.
func spaced(v any) string {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Slice(keys, func(i, j int) bool {
			if (keys[i] == "op") != (keys[j] == "op") {
				return keys[i] == "op"
			}
			return keys[i] < keys[j]
		})
		for i, k := range keys {
			keys[i] = string(encode(k)) + ": " + spaced(v[k])
		}
		return "{" + strings.Join(keys, ", ") + "}"
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = spaced(v[i])
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return string(encode(v))
}

// expectSpan is where a step's "expect" stands in a case's text; to is 0 where
// there is none.
type expectSpan struct {
	from, to int
	members  map[string]string // as they are written
}

func expectSpans(src []byte) (spans []expectSpan, err error) {
	w := walker{src: src, d: json.NewDecoder(bytes.NewReader(src))}
	members := map[string]string{}
	w.visit = func(path []string, from, to int) {
		inSteps := len(path) > 1 && path[0] == "steps"
		if inSteps {
			path = path[2:]
		}
		switch {
		case len(path) == 2 && path[0] == "expect":
			members[path[1]] = string(src[from:to])
		case len(path) == 1 && path[0] == "expect":
			spans = append(spans, expectSpan{from, to, members})
			members = map[string]string{}
		case len(path) == 0 && inSteps && len(spans) <= w.index:
			spans = append(spans, expectSpan{})
		}
	}
	return spans, w.value(nil)
}

// walker tells where the values of a JSON text stand.
type walker struct {
	src   []byte
	d     *json.Decoder
	visit func(path []string, from, to int)
	index int // of the item in the list at the top
}

func (w *walker) value(path []string) error {
	from := int(w.d.InputOffset())
	from += len(w.src[from:]) - len(bytes.TrimLeft(w.src[from:], " \t\r\n,:"))
	token, err := w.d.Token()
	if err != nil {
		return err
	}
	if delim, ok := token.(json.Delim); ok {
		for i := 0; w.d.More(); i++ {
			key := "*"
			if delim == '{' {
				name, err := w.d.Token()
				if err != nil {
					return err
				}
				key, _ = name.(string)
			} else if len(path) == 1 {
				w.index = i
			}
			if err := w.value(append(path[:len(path):len(path)], key)); err != nil {
				return err
			}
		}
		if _, err := w.d.Token(); err != nil {
			return err
		}
	}
	w.visit(path, from, int(w.d.InputOffset()))
	return nil
}
