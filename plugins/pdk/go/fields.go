//go:build wasip1

package driplet

import (
	"strconv"
	"strings"
)

// Fields is a JSON object that is written as it is made, in the order given: an
// answer, a message or part of one at a fraction of what an Object costs. Not to
// be used beyond the handler that made it.
type Fields struct{ w writer }

// Those of the event at hand, used again at the next one: so many at most.
var (
	made     []*Fields
	madeUsed int
	handling bool // an event: what init makes stays
)

const madeMost = 256

// moreFields makes one, and keeps it for the next events.
func moreFields() *Fields {
	f := &Fields{writer{b: make([]byte, 0, 256)}}
	if handling && madeUsed < madeMost {
		made = append(made, f)
		madeUsed++
	}
	return f
}

// With begins an object:
//
//	driplet.With("id", id).With("from", e.User)
//
// A value is as in an Object, but what has the method MarshalJSON: a value may
// then lie on the stack.
func With(key string, value any) *Fields {
	var f *Fields
	if madeUsed < len(made) {
		f = made[madeUsed]
		madeUsed++
		f.w.b, f.w.err = f.w.b[:0], nil
	} else {
		f = moreFields()
	}
	f.w.field('{', key, value)
	return f
}

// With adds a field. The same key twice is written twice, of which readers take
// the last.
func (f *Fields) With(key string, value any) *Fields {
	f.w.field(',', key, value)
	return f
}

// closed is the whole object, valid until the next field.
func (f *Fields) closed() ([]byte, error) { return append(f.w.b, '}'), f.w.err }

// field writes a field of an object and keeps nothing of value.
func (w *writer) field(mark byte, key string, value any) {
	w.key(mark, key)
	switch v := value.(type) {
	case string:
		w.text(v)
	case int:
		w.integer(int64(v))
	case int64:
		w.integer(v)
	default:
		w.other(v)
	}
}

func (w *writer) other(value any) {
	switch v := value.(type) {
	case nil:
		w.raw("null")
	case bool:
		w.raw(strconv.FormatBool(v))
	case int32:
		w.integer(int64(v))
	case int16:
		w.integer(int64(v))
	case int8:
		w.integer(int64(v))
	case uint8:
		w.integer(int64(v))
	case uint16:
		w.integer(int64(v))
	case uint32:
		w.integer(int64(v))
	case uint64:
		w.b = strconv.AppendUint(w.b, v, 10)
	case uint:
		w.b = strconv.AppendUint(w.b, uint64(v), 10)
	case float64:
		w.float(v, 64)
	case float32:
		w.float(float64(v), 32)
	case Value:
		w.json(v)
	case Object:
		w.object(v)
	case List:
		w.list(v)
	case []string:
		w.texts(v)
	case *Fields:
		w.fields(v)
	case interface{ MarshalJSON() ([]byte, error) }:
		w.fail("cannot write " + typeName(v) + " as a field: put it into an Object or a List")
	default:
		w.fail("cannot write " + typeName(v) + " as JSON: use Object, List, Value or Fields, or Value(b) of what json.Marshal makes of it")
	}
}

// typeName is v's type, for an error, without the package reflect.
func typeName(v any) (name string) {
	defer func() {
		err, _ := recover().(error)
		if err != nil {
			name, _, _ = strings.Cut(strings.TrimPrefix(err.Error(), "interface conversion: "), " is not")
		}
	}()
	_ = v.(interface{ nobodyHas() })
	return ""
}
