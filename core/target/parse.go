// Package target decides who hears a targeted message: Parse reads a target
// from JSON, a Rule decides for one connection's claims, an Index proposes
// connections without looking at all of them, and a Cache keeps compiled rules.
// The package does no I/O and starts nothing.
package target

import (
	"bytes"

	"github.com/driplet/driplet/core"
)

// maxRules bounds the rules of one target, of include, exclude and all
// together: where no index helps, each is tried against every subscriber.
const maxRules = 100

// maxValues bounds the values of one target, of all rules together. Ten
// thousand users is a mailing, which is better told by one claim; a body full of
// short numbers would hold 500,000, each looked up at every delivery.
const maxValues = 10_000

// Parse reads a target as it stands in a request. Absent (empty), null, {} and
// [] address everybody: the answer is nil. Otherwise raw is an object with the
// keys include, exclude and all, each an object of rules; a section that is {}
// or [] has no rules. So {"include":{}} is a target without rules, which is
// not the same as none: it reaches every connection that has claims.
//
// Whatever might be a mistake is refused, because a lost rule would widen the
// audience: unknown keys, a key or path that stands twice (of two values only
// one would count), null for a section, lists with members, objects within a
// value. The error is a *core.Error, bad_request or too_large, that names the
// place.
func Parse(raw []byte) (*core.Target, error) {
	if len(raw) > core.MaxBodyBytes {
		return nil, core.Errorf(core.CodeTooLarge, "target has %d bytes, the limit is %d", len(raw), core.MaxBodyBytes)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	if err := core.CheckJSON(raw); err != nil {
		return nil, inTarget("", "", err)
	}
	text, err := core.CompactJSON(make([]byte, 0, len(raw)), raw)
	if err != nil {
		return nil, inTarget("", "", err)
	}
	switch string(text) {
	case "null", "{}", "[]":
		return nil, nil
	}
	if text[0] != '{' {
		return nil, core.Errorf(core.CodeBadRequest, "target must be an object with include, exclude or all, not %s", core.JSONKind(text))
	}
	p := parser{cursor: cursor{src: text}, target: &core.Target{Raw: text}}
	if err := p.sections(); err != nil {
		return nil, err
	}
	return p.target, nil
}

type parser struct {
	cursor
	target        *core.Target
	rules, values int
}

func (p *parser) sections() error {
	var seen [3]bool
	for p.enter('{'); p.more('}'); {
		name := p.key()
		var i int
		var into *[]core.Condition
		switch name {
		case "include":
			i, into = 0, &p.target.Include
		case "exclude":
			i, into = 1, &p.target.Exclude
		case "all":
			i, into = 2, &p.target.All
		default:
			return core.Errorf(core.CodeBadRequest, "target has the unknown key %.60q: it takes include, exclude and all", name)
		}
		if seen[i] {
			return core.Errorf(core.CodeBadRequest, "target has %s twice", name)
		}
		seen[i] = true
		if err := p.section(name, into); err != nil {
			return err
		}
	}
	return nil
}

// section reads the rules of one key. PHP writes no rules as [].
func (p *parser) section(name string, into *[]core.Condition) error {
	if c := p.peek(); c != '{' {
		kind := core.JSONKind(p.src[p.at:])
		p.enter(c)
		if c == '[' && !p.more(']') {
			return nil
		}
		return core.Errorf(core.CodeBadRequest, "target.%s must be an object of rules, path: value, not %s", name, kind)
	}
	for p.enter('{'); p.more('}'); {
		path := p.key()
		if path == "" {
			return core.Errorf(core.CodeBadRequest, "target.%s has a rule without a path", name)
		}
		if p.rules++; p.rules > maxRules {
			return core.Errorf(core.CodeBadRequest, "target has more than %d rules", maxRules)
		}
		for _, c := range *into {
			if c.Path == path {
				return inTarget(name, path, core.Errorf(core.CodeBadRequest, "the path stands twice: give one list of values"))
			}
		}
		want, err := p.value()
		if err != nil {
			return inTarget(name, path, err)
		}
		*into = append(*into, core.Condition{Path: path, Want: want})
	}
	return nil
}

// inTarget says where in the target a fault lies.
func inTarget(section, path string, err error) error {
	e := core.AsError(err)
	switch {
	case section == "":
		return core.Errorf(e.Code, "target: %s", e.Message)
	case path == "":
		return core.Errorf(e.Code, "target.%s: %s", section, e.Message)
	}
	return core.Errorf(e.Code, "target.%s, path %.60q: %s", section, path, e.Message)
}
