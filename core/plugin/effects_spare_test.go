package plugin

import (
	"reflect"
	"testing"
)

// Nothing of an effect is left when its list is used again, whatever its call
// fills in.
func TestEffectsForget(t *testing.T) {
	fills := map[Op][]string{
		OpPublish: {"Topic", "Event", "Data", "Target", "Except", "ID", "NoHistory"},
		OpSet:     {"Key", "Data", "TTL"},
		OpDelete:  {"Key"},
		OpReply:   {"Handle", "Data"},
		OpTimer:   {"Name", "At", "State"},
	}
	for op, fields := range fills {
		e := Effect{Op: op}
		for _, name := range fields {
			switch f := reflect.ValueOf(&e).Elem().FieldByName(name); f.Kind() {
			case reflect.String:
				f.SetString("x")
			case reflect.Slice:
				f.SetBytes([]byte("x"))
			case reflect.Bool:
				f.SetBool(true)
			case reflect.Int64:
				f.SetInt(1)
			case reflect.Uint64:
				f.SetUint(1)
			default:
				t.Fatalf("%s is a %v", name, f.Kind())
			}
		}
		if e.forget(); !reflect.ValueOf(e).IsZero() {
			t.Errorf("%s leaves %+v", op, e)
		}
	}
}
