package config

import (
	"errors"
	"fmt"
	"strings"
)

// resolved is a table that the schema has judged: what every key of the schema
// holds, set or default.
type resolved struct {
	path     string
	from     origin
	schema   schema
	values   map[string]*setting
	sections map[string]*resolved   // shapeSection; absent: an optional one that is not there
	lists    map[string][]*resolved // shapeSections and shapeNamed, in the order of the file
	free     map[string][]*entry    // shapeFree: a *table for each name
	name     string                 // of a named section, lower case
}

// setting is one value.
type setting struct {
	field   *field
	from    origin
	written any // string, int64, float64, bool, []string
	used    any // what parse made of it; nil after an error
}

// get is a setting's value in its used form, or T's zero when it is absent.
func get[T any](r *resolved, name string) T {
	var zero T
	s := r.values[name]
	if s == nil || s.used == nil {
		return zero
	}
	return s.used.(T)
}

// getList is get for lists, whose elements are parsed one by one.
func getList[T any](r *resolved, name string) []T {
	items := get[[]any](r, name)
	out := make([]T, 0, len(items))
	for _, item := range items {
		out = append(out, item.(T))
	}
	return out
}

// section is a section that is always there.
func (r *resolved) section(name string) *resolved { return r.sections[name] }

// origin is where a key was set; the section's own place when it was not.
func (r *resolved) origin(name string) origin {
	if s := r.values[name]; s != nil && s.from.kind != fromDefault {
		return s.from
	}
	return r.from
}

func (r *resolved) key(name string) string { return join(r.path, name) }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// resolve judges a table (nil: not there, all defaults) by a schema.
func resolve(t *table, s schema, path string, p *problems) *resolved {
	r := &resolved{
		path: path, schema: s, values: map[string]*setting{},
		sections: map[string]*resolved{}, lists: map[string][]*resolved{}, free: map[string][]*entry{},
	}
	if t == nil {
		t = &table{}
	}
	r.from = t.from
	seen := map[*field]*entry{}
	for _, e := range t.entries {
		f := s.find(e.name)
		if f == nil {
			r.unknown(e, p)
			continue
		}
		if first := seen[f]; first != nil {
			p.errorf(e.from, "%s is another name for %s, which is set as well", r.key(e.name), r.key(first.name))
			continue
		}
		seen[f] = e
		if f.later && e.value != false {
			p.warnf(e.from, "%s is accepted, but this version does not serve it yet", r.key(f.name))
		}
		r.take(f, e, p)
	}
	for _, f := range s {
		if seen[f] == nil {
			r.absent(f, p)
		}
	}
	return r
}

func (r *resolved) unknown(e *entry, p *problems) {
	hint := "known here: " + strings.Join(r.schema.names(), ", ")
	if near := Nearest(e.name, r.schema.names()); near != "" {
		hint = "did you mean " + r.key(near) + "?"
	}
	p.errorf(e.from, "unknown key %s: %s", r.key(e.name), hint)
}

func (r *resolved) absent(f *field, p *problems) {
	switch {
	case f.required:
		p.errorf(r.from, "%s is missing: it must be %s", r.key(f.name), f.expect)
	case f.shape == shapeSection && !f.optional:
		r.sections[f.name] = resolve(nil, f.fields, r.key(f.name), p)
	case f.def != nil:
		set := &setting{field: f, written: f.def, used: f.def}
		if f.parse != nil {
			set.used, _ = f.parse(f.def)
		}
		r.values[f.name] = set
	}
}

func (r *resolved) take(f *field, e *entry, p *problems) {
	path := r.key(f.name)
	switch f.shape {
	case shapeSection, shapeNamed, shapeFree:
		t, ok := e.value.(*table)
		if !ok {
			p.errorf(e.from, "%s must be %s, not %s", path, f.expect, describe(e.value))
			r.absent(f, p)
			return
		}
		switch f.shape {
		case shapeSection:
			r.sections[f.name] = resolve(t, f.fields, path, p)
		case shapeNamed:
			r.takeNamed(f, t, path, p)
		case shapeFree:
			r.takeFree(f, t, path, p)
		}
	case shapeSections:
		items, ok := e.value.(list)
		if !ok {
			p.errorf(e.from, "%s must be %s, not %s", path, f.expect, describe(e.value))
			return
		}
		for _, item := range items {
			t, ok := item.value.(*table)
			if !ok {
				p.errorf(item.from, "%s must be %s, not %s", path, f.expect, describe(item.value))
				continue
			}
			r.lists[f.name] = append(r.lists[f.name], resolve(t, f.fields, path, p))
		}
	default:
		r.takeValue(f, e, path, p)
	}
}

func (r *resolved) takeNamed(f *field, t *table, path string, p *problems) {
	for _, e := range t.entries {
		name := strings.ToLower(e.name)
		sub, ok := e.value.(*table)
		switch {
		case !endpointName.MatchString(name):
			p.errorf(e.from, "%s: a name has a-z, 0-9, - and _, begins with a letter or digit, and has at most 64 of them", join(path, e.name))
		case !ok:
			p.errorf(e.from, "%s must be a section, not %s", join(path, e.name), describe(e.value))
		default:
			if e.from.kind != fromFile {
				p.warnf(e.from, "this makes a new endpoint '%s', which the file does not have", name)
			}
			n := resolve(sub, f.fields, join(path, name), p)
			n.name = name
			r.lists[f.name] = append(r.lists[f.name], n)
		}
	}
}

func (r *resolved) takeFree(f *field, t *table, path string, p *problems) {
	for _, e := range t.entries {
		if _, ok := e.value.(*table); !ok {
			p.errorf(e.from, "%s must be a section, not %s", join(path, e.name), describe(e.value))
			continue
		}
		r.free[f.name] = append(r.free[f.name], e)
	}
}

func (r *resolved) takeValue(f *field, e *entry, path string, p *problems) {
	written, ok := f.shape.normalise(e.value)
	if !ok {
		p.errorf(e.from, "%s must be %s, not %s", path, f.expect, f.describe(e.value))
		return
	}
	set := &setting{field: f, from: e.from, written: written, used: written}
	if f.parse == nil {
		r.values[f.name] = set
		return
	}
	used, err := f.parse(written)
	var element *elementError
	switch {
	case err == nil:
		set.used = used
		r.values[f.name] = set
	case errors.Is(err, errShape):
		p.errorf(e.from, "%s must be %s, not %s", path, f.expect, f.describe(e.value))
	case errors.As(err, &element):
		at := e.from
		if items, ok := e.value.(list); ok {
			at = items[element.index].from
		}
		p.errorf(at, "%s: %s", path, element.text)
	default:
		p.errorf(e.from, "%s: %s", path, err)
	}
}

func (f *field) describe(v any) string {
	if _, isTable := v.(*table); f.secret && !isTable {
		return "what stands there" // never a secret in an error
	}
	return describe(v)
}

// describe shows a value in an error.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%.60q", v)
	case outside:
		return fmt.Sprintf("%.60q", string(v))
	case list:
		return "a list"
	case *table:
		return "a section"
	case date:
		return "the date " + string(v)
	}
	return fmt.Sprint(v)
}
