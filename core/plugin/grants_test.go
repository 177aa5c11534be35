package plugin_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/driplet/driplet/core"
)

// What is granted by a claim is granted to whoever bears it, not to the next
// one who comes to the same instance; nor is one capability another.
func TestGrantsAreNotRemembered(t *testing.T) {
	for _, c := range []struct {
		publish, presence string
		want              []int64 // of user 7, user 8, user 7
	}{
		{`"room.{uid}"`, `"*"`, []int64{0, 1, -2, 1, 0, 1}},
		{`"room.*"`, `"x.*"`, []int64{0, -2, 0, -2, 0, -2}},
		{`"x.*"`, `"room.*"`, []int64{-2, 1, -2, 1, -2, 1}},
	} {
		granted := fmt.Sprintf("events = [\"p.*\"]\n[capabilities]\npublish = [%s]\npresence = [%s]\n[limits]\ninstances = 1\n", c.publish, c.presence)
		g := newGuest("publish", "presence")
		g.call("publish", text("room.7"), text("1"), text(""), text(""))
		g.call("presence", text("room.7"), 0, out{})
		r := mustLoad(t, map[string]plug{"p": {granted, g.answer("", false)}})
		for _, user := range []string{"7", "8", "7"} {
			ev := message("p.x", `1`)
			attributes, err := core.ParseAttributes([]byte(`{"uid":` + user + `}`))
			if err != nil {
				t.Fatal(err)
			}
			ev.Claims = &core.Claims{User: user, Attributes: attributes}
			if _, err := r.Decide(t.Context(), ev); err != nil {
				t.Fatal(err)
			}
		}
		got := slices.Clone(r.calls())
		for i := range got {
			got[i] = min(got[i], 1)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("publish %s, presence %s: %v, want %v", c.publish, c.presence, got, c.want)
		}
	}
}
