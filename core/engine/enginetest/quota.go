package enginetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

func testQuota(t *testing.T, f fixture) {
	kv := f.KV("n", 100)
	ok(t, kv.Apply(background, set("k", strings.Repeat("v", 99)))) // to the byte
	is(t, "one more", kv.Apply(background, set("l", "")), core.ErrQuota)
	_, err := kv.Incr(background, "l", 1, 0)
	is(t, "Incr", err, core.ErrQuota)
	_, err = kv.CAS(background, "l", nil, []byte("v"), 0)
	is(t, "CAS", err, core.ErrQuota)
	holds(t, kv, "l", nil)
	// All or none: neither the delete nor what would fit alone.
	is(t, "too much", kv.Apply(background, []core.Write{{Key: "k"}, {Key: "a", Value: []byte("v")}, {Key: "b", Value: make([]byte, 99)}}), core.ErrQuota)
	holds(t, kv, "k", strings.Repeat("v", 99))
	holds(t, kv, "a", nil)
	// One call may make room and take it.
	ok(t, kv.Apply(background, []core.Write{{Key: "l", Value: make([]byte, 99)}, {Key: "k"}}))
	ok(t, f.KV("other", 100).Apply(background, set("k", strings.Repeat("v", 99)))) // each has its own

	// What is over holds none, whether it is written again or not.
	ok(t, kv.Apply(background, []core.Write{{Key: "l"}}))
	for i := range 10 {
		ok(t, kv.Apply(background, lasting(fmt.Sprint(i), "123456789", time.Second)))
	}
	is(t, "full", kv.Apply(background, set("x", "")), core.ErrQuota)
	f.clock.Step(time.Second)
	ok(t, kv.Apply(background, set("3", strings.Repeat("v", 99))))
	is(t, "full", kv.Apply(background, set("4", "")), core.ErrQuota)
	scans(t, kv, "", 10, false, "3="+strings.Repeat("v", 99))

	// The last quota counts; a smaller one still lets the namespace shrink.
	kv = f.KV("n", 10)
	is(t, "more", kv.Apply(background, set("3", strings.Repeat("v", 100))), core.ErrQuota)
	ok(t, kv.Apply(background, set("3", strings.Repeat("v", 50))))
	ok(t, kv.Apply(background, []core.Write{{Key: "3"}}))
	ok(t, kv.Apply(background, set("3", "123456789")))
	none := f.KV("none", 0)
	is(t, "no quota", none.Apply(background, set("k", "")), core.ErrQuota)
	ok(t, none.Apply(background, []core.Write{{Key: "k"}}))
}
