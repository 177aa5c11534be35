//go:build wasip1

// Command fields does what the conformance suite does not ask for: fields,
// patterns, and JSON of all kinds of texts and numbers.
package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	driplet "github.com/driplet/driplet/plugins/pdk/go"
)

func init() {
	driplet.On("fields.read", read)
	driplet.On("fields.lists", lists)
	driplet.On("fields.members", members)
	driplet.On("fields.some.*", func(e *driplet.Event) (any, error) { return "some " + e.Event, nil })
	driplet.On("fields.some.more.*", func(e *driplet.Event) (any, error) { return "more " + e.Event, nil })
	driplet.On("fields.texts", texts)
	driplet.On("fields.numbers", numbers)
	driplet.On("fields.kinds", kinds)
	driplet.On("fields.odd", odd)
	driplet.On("fields.kept", kept)
	driplet.On("fields.made", made)
	driplet.On("fields.cas", cas)
	driplet.On("fields.unset", func(*driplet.Event) (any, error) {
		var refusal *driplet.Refusal
		return "yes", refusal
	})
	driplet.On("fields.floats", floats)
	driplet.On("fields.lifetimes", lifetimes)
	driplet.On("fields.twice", func(*driplet.Event) (any, error) { return "first", nil })
	driplet.On("fields.twice", func(*driplet.Event) (any, error) { return "second", nil })
}

func main() {} // never runs

func read(e *driplet.Event) (any, error) {
	o := driplet.With("string", e.String("s", 3)).With("string_or", e.StringOr("so", 3, "fall")).With("id", e.ID("id", 3)).
		With("integer", e.Int("n", -5, 5)).With("integer_or", e.IntOr("no", 0, 9, 7))
	return o, e.Err()
}

func lists(e *driplet.Event) (any, error) {
	items, texts := driplet.List{}, e.Data.Texts("list")
	for _, v := range e.Data.Items("list") {
		items = append(items, v)
	}
	return driplet.With("items", items).With("texts", append([]string{}, texts...)), nil
}

// members tells where what the event's index says, and what the host says of the
// same data elsewhere, is not the same.
func members(e *driplet.Event) (any, error) {
	other, different := driplet.Value(strings.Clone(string(e.Data))), driplet.List{}
	for _, path := range []string{"", ".", "a", "b", "c", "d", "n", "z", "a.b", "a.", ".a", "a.b.c", "o", "o.x", "o.x.y", "l", "l.0", "l.1", "12345678", "123456789", "1234567é", "none", "a\"b"} {
		s, ok := e.Data.String(path)
		hosts, hostsOK := other.String(path)
		t, isText := e.Data.Text(path)
		hostsT, hostsIs := other.Text(path)
		n, whole := e.Data.Int(path)
		hostsN, hostsWhole := other.Int(path)
		b, is := e.Data.Bool(path)
		hostsB, hostsBool := other.Bool(path)
		if s != hosts || ok != hostsOK || t != hostsT || isText != hostsIs || n != hostsN || whole != hostsWhole || b != hostsB || is != hostsBool ||
			e.Data.Has(path) != other.Has(path) || string(e.Data.Get(path)) != string(other.Get(path)) {
			different = append(different, path)
		}
	}
	return different, nil
}

// texts writes each text as a key and as a value, in both kinds of objects.
func texts(e *driplet.Event) (any, error) {
	var objects, fields driplet.List
	for _, s := range e.Data.Texts("") {
		objects = append(objects, driplet.Object{s: s})
		fields = append(fields, driplet.With(s, s))
	}
	return driplet.Object{"objects": objects, "fields": fields}, nil
}

func numbers(e *driplet.Event) (any, error) {
	var out driplet.List
	for _, v := range e.Data.Items("") {
		if n, ok := v.Int(""); ok {
			out = append(out, n)
		} else if f, ok := v.Float(""); ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// own writes itself, and calls the host meanwhile.
type own struct{}

func (own) MarshalJSON() ([]byte, error) {
	return []byte(`"own"`), driplet.Publish("fields.t", driplet.Object{"own": 1}, driplet.PublishOptions{})
}

func kinds(*driplet.Event) (any, error) {
	many := driplet.Object{}
	for _, key := range strings.Split("k i e c a b d j f g h", " ") {
		many[key] = len(many)
	}
	all := driplet.Object{
		"nil": nil, "bool": true, "i": 1, "i32": int32(-2), "i64": int64(-1 << 63), "u32": uint32(1<<32 - 1), "u64": uint64(1<<64 - 1),
		"i8": int8(-128), "i16": int16(-32768), "u8": uint8(255), "u16": uint16(65535), "u": uint(7), "f32": float32(0.1),
	}
	return driplet.List{
		driplet.Object{}, driplet.List{}, driplet.Value(nil), driplet.Value(`{"a": 1}`), many, all, own{}, driplet.Object{"own": own{}, "x": 1},
		driplet.With("nil", nil).With("bool", false).With("i", -1).With("i32", int32(2)).With("u32", uint32(7)).With("u64", uint64(1<<63)).With("float", 1.5).
			With("value", driplet.Value(`[1]`)).With("object", driplet.Object{"b": 1, "a": driplet.With("c", "d")}).With("list", driplet.List{1, "2"}).
			With("texts", []string{"a", "b"}).With("fields", driplet.With("own", driplet.Object{"own": own{}})),
	}, nil
}

// odd gives what cannot be written, or not as it is.
func odd(e *driplet.Event) (any, error) {
	what, _ := e.Data.String("")
	switch what {
	case "utf8":
		broken := "0123456789\xff\"é\xc3"
		return driplet.List{broken, driplet.Object{broken: broken}, driplet.With(broken, broken)}, nil
	case "infinite":
		return driplet.With("n", math.Inf(-1)), nil
	case "type":
		return driplet.Object{"t": &before, "x": 1}, nil
	case "field":
		return nil, driplet.KV.Set("k", driplet.With("t", own{}))
	}
	refusal := driplet.Fail("fields.odd", "odd")
	refusal.Data = driplet.Object{"infinite": math.Inf(1)}
	return nil, refusal
}

// floats are texts of numbers.
func floats(*driplet.Event) (any, error) {
	var out []string
	for _, v := range []any{0.0, 1000000.0, -1234567.5, 1e20, 1e21, -1e300, 0.000001, 0.0000001, float32(0.1), float32(16777216)} {
		if err := driplet.KV.Set("f", v); err != nil {
			return nil, err
		}
		text, _, err := driplet.KV.Get("f")
		if err != nil {
			return nil, err
		}
		out = append(out, string(text))
	}
	return out, nil
}

// cas swaps what Get gave: nothing, an empty value, and text.
func cas(e *driplet.Event) (any, error) {
	var out driplet.List
	for _, next := range []string{"", "full", "fuller"} {
		old, _, err := driplet.KV.Get("c")
		if err != nil {
			return nil, err
		}
		swapped, err := driplet.KV.CAS("c", old, next)
		if err != nil {
			return nil, err
		}
		out = append(out, swapped)
	}
	return out, nil
}

// lifetimes are kept in milliseconds, of which 0 is none.
func lifetimes(*driplet.Event) (any, error) {
	for i, ttl := range []time.Duration{0, time.Nanosecond, 1500 * time.Microsecond, time.Hour} {
		key := strconv.Itoa(i)
		if err := driplet.KV.Set(key, "x", ttl); err != nil {
			return nil, err
		}
		if err := driplet.KV.Set(key, "x", -1); !errors.Is(err, driplet.ErrBadArgument) {
			return nil, driplet.Fail("fields.lifetime", "one below 0 is taken")
		}
	}
	return nil, nil
}

// before are texts of earlier events, which an author may keep.
var before []string

func kept(e *driplet.Event) (any, error) {
	out := append([]string{}, before...)
	before = append(before, e.User, e.Session, e.Event, e.String("text", 10000))
	if s, ok, err := driplet.KV.Get("none"); ok || err != nil || s != nil {
		return nil, driplet.Fail("fields.kept", "there is something")
	}
	return out, nil
}

// early was made before there was an event.
var early = driplet.With("made", "early")

// made makes more than the library keeps.
func made(e *driplet.Event) (any, error) {
	var all driplet.List
	for i := range 1000 {
		all = append(all, driplet.With("i", i))
	}
	return driplet.With("early", early).With("all", all), nil
}
