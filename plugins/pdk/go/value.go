//go:build wasip1

package driplet

import (
	"strconv"
	"strings"
	"unsafe"
)

// Value is JSON text to look into: the host walks it, so that a plugin carries
// no parser. A path is keys joined by dots, in a list an index from 0:
// "user.name", "items.0.id"; the empty path is the whole.
type Value []byte

// Type bytes of a lookup.
const (
	isString = 's'
	isNumber = 'n'
	isTrue   = 't'
	isFalse  = 'f'
	isNull   = 'z'
)

// find returns the type and the bytes at path, valid until the next host call
// unless taken; type 0: there is nothing, or v is no JSON.
func (v Value) find(path string) (byte, []byte) {
	if n := len(path); v.shown() && n > 0 {
		at, from, mask := unsafe.Add(shown.envelope, shown.first), word(textAt(path)), ^uint64(0)
		if n < wordSize {
			mask = below(n)
		}
		for range shown.count {
			m := (*shownMember)(at)
			key := unsafe.Add(shown.envelope, m.key)
			if int(m.keyLength) == n && (*(*uint64)(key)^from)&mask == 0 && (n <= wordSize || same(key, textAt(path), n)) {
				return m.kind, view(unsafe.Add(shown.envelope, m.value), uintptr(m.length))
			}
			at = unsafe.Add(at, unsafe.Sizeof(shownMember{}))
		}
		if !strings.Contains(path, ".") {
			return 0, nil
		}
	}
	if len(v) == 0 {
		return 0, nil
	}
	for want := pageRest; ; {
		if len(page.b)-page.used < want {
			turn(want)
		}
		out := page.b[page.used:]
		n := int(hostJSONGet(bytesAt(v), size(v), textAt(path), size(path), bytesAt(out), size(out)))
		if n <= 0 {
			return 0, nil
		}
		if n <= len(out) {
			return out[0], out[1:n:n]
		}
		want = n
	}
}

// Has reports whether something other than null stands at path.
func (v Value) Has(path string) bool {
	t, _ := v.find(path)
	return t != 0 && t != isNull
}

// String returns the string at path; ok is false if there is none.
func (v Value) String(path string) (s string, ok bool) {
	t, b := v.find(path)
	return text(b, t == isString)
}

// Text returns the string or number at path as text: ids come as either.
func (v Value) Text(path string) (s string, ok bool) {
	t, b := v.find(path)
	return text(b, t == isString || t == isNumber)
}

func text(b []byte, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	return keep(b), true
}

// Int returns the whole number at path; ok is false if there is none.
func (v Value) Int(path string) (n int64, ok bool) {
	t, b := v.find(path)
	if t != isNumber {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}

// Float returns the number at path; ok is false if there is none.
func (v Value) Float(path string) (n float64, ok bool) {
	t, b := v.find(path)
	if t != isNumber {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(b), 64)
	return n, err == nil
}

// Bool returns the bool at path; ok is false if there is none.
func (v Value) Bool(path string) (b, ok bool) {
	t, _ := v.find(path)
	return t == isTrue, t == isTrue || t == isFalse
}

// Get returns the JSON text at path, nil if there is nothing.
func (v Value) Get(path string) Value {
	return tagged(v.find(path))
}

// Texts returns the texts of the list at path, or the one text that stands
// there; what is neither string nor number is left out.
func (v Value) Texts(path string) []string {
	if s, ok := v.Text(path); ok {
		return []string{s}
	}
	var out []string
	for _, item := range v.Items(path) {
		if s, ok := item.Text(""); ok {
			out = append(out, s)
		}
	}
	return out
}

// Items returns the items of the list at path, nil if there is none.
func (v Value) Items(path string) []Value {
	list := v.Get(path)
	if len(list) < 2 || list[0] != '[' {
		return nil
	}
	var items []Value
	depth, start, quoted, blank := 0, 1, false, true
	for i := 1; i < len(list); i++ {
		switch c := list[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case depth == 0 && (c == ',' || i == len(list)-1):
			if !blank {
				items = append(items, list[start:i:i])
			}
			start, blank = i+1, true
		default:
			blank = blank && c <= ' '
			quoted = c == '"'
			if c == '{' || c == '[' {
				depth++
			} else if c == '}' || c == ']' {
				depth--
			}
		}
	}
	return items
}

// tagged turns a type byte and what follows into JSON text.
func tagged(t byte, b []byte) Value {
	switch t {
	case 0:
		return nil
	case isString:
		var w writer
		w.text(string(b))
		return w.b
	case isTrue:
		return Value("true")
	case isFalse:
		return Value("false")
	case isNull:
		return Value("null")
	}
	s := keep(b)
	return unsafe.Slice(unsafe.StringData(s), len(s))
}
