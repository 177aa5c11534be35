package node

import (
	"context"
	"testing"

	"github.com/driplet/driplet/core"
)

// TestCancelTellsWhoLetIn: a client whose upgrade fails has come to the handlers that
// let it in, so it goes for them as well; to others it never was there.
func TestCancelTellsWhoLetIn(t *testing.T) {
	for _, asked := range []bool{true, false} {
		var came, gone []core.SessionID
		w := newWorld(t, handlers{
			wants: func(kind core.HookKind, _ string) bool { return kind == core.HookDisconnect || asked },
			decide: func(ev *core.ClientEvent) (core.Verdict, error) {
				came = append(came, ev.Session)
				return core.Verdict{}, nil
			},
			observe: func(ev *core.ClientEvent) { gone = append(gone, ev.Session) },
		}, func(ep *core.Endpoint) { ep.Limits.Connections = 1 })
		a, err := w.Connect(context.Background(), Connection{Endpoint: "default", Token: token(t, user(7))})
		if err != nil {
			t.Fatal(err)
		}
		a.Cancel()
		if len(came) != len(gone) || asked != (len(gone) == 1) || asked && came[0] != gone[0] {
			t.Errorf("asked: %v: came %q, gone %q", asked, came, gone)
		}
		if again, err := w.Connect(context.Background(), Connection{Endpoint: "default", Token: token(t, user(7))}); err != nil {
			t.Errorf("its place is taken still: %v", err)
		} else {
			again.Cancel()
		}
	}
}
