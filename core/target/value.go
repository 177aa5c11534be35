package target

import (
	"slices"
	"strconv"

	"github.com/driplet/driplet/core"
)

// value reads what a rule wants: a scalar, a list of scalars, or an object
// with integer keys, which is a list in key order.
func (p *parser) value() (core.Values, error) {
	switch p.peek() {
	case '[':
		return p.list()
	case '{':
		return p.listOfObject()
	}
	v, err := p.scalar()
	if err != nil {
		return core.Values{}, err
	}
	return core.Values{Values: []core.Value{v}}, nil
}

func (p *parser) list() (core.Values, error) {
	list := core.Values{List: true}
	for p.enter('['); p.more(']'); {
		v, err := p.scalar()
		if err != nil {
			return list, err
		}
		list.Values = append(list.Values, v)
	}
	return list, nil
}

// listOfObject reads {"0":"a","3":"c"}, what PHP makes of a list with gaps.
func (p *parser) listOfObject() (core.Values, error) {
	type item struct {
		key   int
		value core.Value
	}
	var items []item
	for p.enter('{'); p.more('}'); {
		key := p.key()
		n, err := strconv.Atoi(key)
		if err != nil || n < 0 || strconv.Itoa(n) != key {
			return core.Values{}, core.Errorf(core.CodeBadRequest, "a value must be a scalar or a list of scalars, not an object: for a claim within an object write its path with dots")
		}
		v, err := p.scalar()
		if err != nil {
			return core.Values{}, err
		}
		items = append(items, item{n, v})
	}
	if len(items) == 0 {
		return core.Values{}, core.Errorf(core.CodeBadRequest, "a value must be a scalar or a list of scalars, not {}")
	}
	slices.SortFunc(items, func(a, b item) int { return a.key - b.key })
	list := core.Values{List: true, Values: make([]core.Value, len(items))}
	for i, it := range items {
		if i > 0 && items[i-1].key == it.key {
			return core.Values{}, core.Errorf(core.CodeBadRequest, "the list's key %d stands twice", it.key)
		}
		list.Values[i] = it.value
	}
	return list, nil
}

func (p *parser) scalar() (core.Value, error) {
	c := p.peek()
	if c == '[' || c == '{' {
		return "", core.Errorf(core.CodeBadRequest, "a list may hold scalars only, not %s", core.JSONKind(p.src[p.at:]))
	}
	if p.values++; p.values > maxValues {
		return "", core.Errorf(core.CodeBadRequest, "target has more than %d values: give those users a claim in common", maxValues)
	}
	raw := p.literal()
	switch c {
	case '"':
		return core.StringValue(text(raw)), nil
	case 't':
		return core.ValueTrue, nil
	case 'f':
		return core.ValueFalse, nil
	case 'n':
		return core.ValueNull, nil
	}
	return core.NumberValue(string(raw))
}
