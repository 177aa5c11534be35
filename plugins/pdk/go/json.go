//go:build wasip1

package driplet

import (
	"math"
	"slices"
	"strconv"
)

// Object is a JSON object: an answer, or what is published. Values are strings,
// numbers, bools, nil, Objects, Lists, Values (JSON text as it is), Fields, and
// what has the method MarshalJSON. The keys are written in order.
type Object map[string]any

// List is a JSON list.
type List []any

// jsonError is why something cannot be written as JSON.
type jsonError string

// Error makes a jsonError an error.
func (e jsonError) Error() string { return "driplet: " + string(e) }

// value writes v without encoding/json, which would triple a plugin's time for
// an event and add a third to its size. What cannot be written sets w.err.
func (w *writer) value(v any) {
	switch v := v.(type) {
	case string:
		w.text(v)
	case int:
		w.integer(int64(v))
	case int64:
		w.integer(v)
	case Object:
		w.object(v)
	case *Fields:
		w.fields(v)
	case Verdict:
		w.verdict(v)
	case interface{ MarshalJSON() ([]byte, error) }:
		kept := *w // it may call the host, and so write
		*w = writer{}
		b, err := v.MarshalJSON()
		*w = kept
		w.b = append(w.b, b...)
		if err != nil {
			w.err = err
		}
	default:
		w.other(v)
	}
}

func (w *writer) float(n float64, bits int) {
	if math.IsInf(n, 0) || math.IsNaN(n) {
		w.fail("JSON has no number " + strconv.FormatFloat(n, 'g', -1, 64))
		return
	}
	form := byte('f')
	if size := math.Abs(n); size != 0 && (size < 1e-6 || size >= 1e21) {
		form = 'e' // as JavaScript does
	}
	w.b = strconv.AppendFloat(w.b, n, form, -1, bits)
}

func (w *writer) json(v Value) {
	if len(v) == 0 {
		w.raw("null")
		return
	}
	w.b = append(w.b, v...)
}

func (w *writer) fields(f *Fields) {
	b, err := f.closed()
	w.b = append(w.b, b...)
	if err != nil {
		w.err = err
	}
}

func (w *writer) list(l List) {
	w.byte('[')
	for i := range l {
		if i > 0 {
			w.byte(',')
		}
		w.value(l[i])
	}
	w.byte(']')
}

func (w *writer) texts(l []string) {
	w.byte('[')
	for i := range l {
		if i > 0 {
			w.byte(',')
		}
		w.text(l[i])
	}
	w.byte(']')
}

func (w *writer) fail(why string) { w.err = jsonError(why) }

type member struct {
	key   string
	value any
}

func (w *writer) object(o Object) {
	var few [8]member
	var order [8]uint8 // places in few: moving them costs less than moving members
	if len(o) > len(few) {
		w.large(o)
		return
	}
	n := 0
	for k, v := range o {
		m := &few[n&7]
		m.key, m.value = k, v
		i := n
		for ; i > 0 && before(k, few[order[(i-1)&7]&7].key); i-- {
			order[i&7] = order[(i-1)&7]
		}
		order[i&7] = uint8(n)
		n++
	}
	if n == 0 {
		w.raw("{}")
		return
	}
	mark := byte('{')
	for _, at := range order[:n] {
		m := &few[at&7]
		w.key(mark, m.key)
		w.value(m.value)
		mark = ','
	}
	w.byte('}')
}

// before is a < b, without a call where the first bytes tell.
func before(a, b string) bool {
	if len(a) > 0 && len(b) > 0 && a[0] != b[0] {
		return a[0] < b[0]
	}
	return a < b
}

func (w *writer) large(o Object) {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	mark := byte('{')
	for _, k := range keys {
		w.key(mark, k)
		w.value(o[k])
		mark = ','
	}
	w.byte('}')
}
