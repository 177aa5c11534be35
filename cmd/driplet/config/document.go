package config

import (
	"bytes"
	"errors"
	"sort"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// document reads TOML into a table in which every value knows its line.
type document struct {
	name     string
	data     []byte
	newlines []int // offsets
	root     *table
	problems *problems
}

// byteOrderMark begins what some editors save as UTF-8. It says nothing.
var byteOrderMark = []byte("\ufeff")

// readDocument parses data; what is wrong with it goes to p. The library's
// decoder judges the text as a whole first (TOML forbids a key or a table
// twice), then its parser gives the positions.
func readDocument(name string, data []byte, p *problems) *document {
	data = bytes.TrimPrefix(data, byteOrderMark)
	d := &document{name: name, data: data, root: &table{from: origin{kind: fromFile, name: name}}, problems: p}
	for i, c := range data {
		if c == '\n' {
			d.newlines = append(d.newlines, i)
		}
	}
	var whole map[string]any
	if err := toml.Unmarshal(data, &whole); err != nil {
		d.syntax(err)
		return d
	}
	parser := unstable.Parser{}
	parser.Reset(data)
	current := d.root
	for parser.NextExpression() {
		switch node := parser.Expression(); node.Kind {
		case unstable.Table:
			current = d.header(node)
		case unstable.ArrayTable:
			current = d.arrayHeader(node)
		case unstable.KeyValue:
			d.keyValue(current, node, false)
		}
	}
	if err := parser.Error(); err != nil {
		d.syntax(err)
	}
	return d
}

func (d *document) syntax(err error) {
	line := 1
	var at *toml.DecodeError
	if errors.As(err, &at) {
		line, _ = at.Position()
	}
	// Only the sentence: the library's long text repeats lines, and secrets.
	text := strings.TrimPrefix(err.Error(), "toml: ")
	d.problems.errorf(d.at(line), "not valid TOML: %s", text)
}

func (d *document) at(line int) origin { return origin{kind: fromFile, name: d.name, line: line} }

func (d *document) lineOf(offset uint32) int {
	return sort.SearchInts(d.newlines, int(offset)) + 1
}

// walk goes down a dotted key but for its last part.
func (d *document) walk(t *table, it unstable.Iterator) (parent *table, last *unstable.Node) {
	for it.Next() {
		if last != nil && t != nil {
			line := d.at(d.lineOf(last.Raw.Offset))
			next := t.descend(string(last.Data), line)
			if next == nil {
				d.problems.errorf(line, "%s is a value in one place and a section in another", last.Data)
			}
			t = next
		}
		last = it.Node()
	}
	return t, last
}

func (d *document) header(node *unstable.Node) *table {
	parent, last := d.walk(d.root, node.Key())
	from := d.at(d.lineOf(last.Raw.Offset))
	if parent == nil {
		return &table{from: from}
	}
	t := parent.descend(string(last.Data), from)
	if t == nil {
		d.problems.errorf(from, "%s is a value in one place and a section in another", last.Data)
		return &table{from: from}
	}
	if t.from.line == 0 {
		t.from = from
	}
	return t
}

func (d *document) arrayHeader(node *unstable.Node) *table {
	parent, last := d.walk(d.root, node.Key())
	from := d.at(d.lineOf(last.Raw.Offset))
	t := &table{from: from}
	if parent == nil {
		return t
	}
	item := &entry{from: from, value: t}
	e := parent.find(string(last.Data))
	if e == nil {
		parent.entries = append(parent.entries, &entry{name: string(last.Data), from: from, value: list{item}})
		return t
	}
	items, ok := e.value.(list)
	if !ok {
		d.problems.errorf(from, "%s is a list of tables here and something else on line %d", last.Data, e.from.line)
		return t
	}
	e.value = append(items, item)
	return t
}

func (d *document) keyValue(t *table, node *unstable.Node, inline bool) {
	key := node.Key()
	key.Next()
	first := key.Node().Raw.Offset
	parent, last := d.walk(t, node.Key())
	from := d.at(d.lineOf(last.Raw.Offset))
	if parent == nil {
		return
	}
	if old := parent.find(string(last.Data)); old != nil {
		d.problems.errorf(from, "%s is already set on line %d (letter case makes no difference)", last.Data, old.from.line)
		return
	}
	value := node.Value()
	e := &entry{name: string(last.Data), from: from, value: d.value(value, from)}
	e.source = keyValue{
		key: int(first), lastPart: int(last.Raw.Offset),
		value: int(value.Raw.Offset), end: int(value.Raw.Offset + value.Raw.Length), inline: inline,
	}
	parent.entries = append(parent.entries, e)
}

// value converts a node. The decoder has accepted it before, so conversions
// fail for nothing but a date.
func (d *document) value(node *unstable.Node, from origin) any {
	switch node.Kind {
	case unstable.String:
		return string(node.Data)
	case unstable.Bool:
		return string(node.Data) == "true"
	case unstable.Integer:
		n, _ := strconv.ParseInt(string(node.Data), 0, 64)
		return n
	case unstable.Float:
		f, _ := strconv.ParseFloat(string(bytes.ReplaceAll(node.Data, []byte("_"), nil)), 64)
		return f
	case unstable.Array:
		items := list{}
		for it := node.Children(); it.Next(); {
			at := from
			if raw := it.Node().Raw; raw.Length > 0 {
				at = d.at(d.lineOf(raw.Offset))
			}
			items = append(items, &entry{from: at, value: d.value(it.Node(), at)})
		}
		return items
	case unstable.InlineTable:
		t := &table{from: from}
		for it := node.Children(); it.Next(); {
			d.keyValue(t, it.Node(), true)
		}
		return t
	}
	return date(node.Data)
}
