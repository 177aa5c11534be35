package config

import "strings"

// table is a TOML table before anybody asked what its keys mean. Names are
// compared without regard to case.
type table struct {
	from    origin
	entries []*entry
}

// entry is one key with its value.
type entry struct {
	name  string // as written
	from  origin
	value any // string, int64, float64, bool, date, list, *table, or outside
	// Where the key and the value stand in the file, for Rotate.
	source keyValue
}

// keyValue is byte offsets into the file.
type keyValue struct {
	key, lastPart, value, end int
	inline                    bool // inside { … }
}

// list is a TOML array; its entries have no names.
type list []*entry

// date is a TOML date or time as written; no key of ours takes one.
type date string

// outside is a value from the environment or a flag: text whose type is that
// of the key which it sets.
type outside string

func (t *table) find(name string) *entry {
	for _, e := range t.entries {
		if strings.EqualFold(e.name, name) {
			return e
		}
	}
	return nil
}

// set replaces or adds a value.
func (t *table) set(name string, from origin, value any) {
	if e := t.find(name); e != nil {
		e.from, e.value = from, value
		return
	}
	t.entries = append(t.entries, &entry{name: name, from: from, value: value})
}

// descend finds or makes the table below name; of a list of tables it is the
// last one, as TOML has it. It returns nil if something else stands there.
func (t *table) descend(name string, from origin) *table {
	e := t.find(name)
	if e == nil {
		e = &entry{name: name, from: from, value: &table{from: from}}
		t.entries = append(t.entries, e)
	}
	switch v := e.value.(type) {
	case *table:
		return v
	case list:
		if len(v) > 0 {
			last, _ := v[len(v)-1].value.(*table)
			return last
		}
	}
	return nil
}
