package node

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

// TestProofs: what a backend has signed for a user and a topic opens it to this
// user, until it expires, and to nobody else.
func TestProofs(t *testing.T) {
	w := newWorld(t, handlers{}, func(ep *core.Endpoint) {
		ep.Topics = []core.TopicRule{
			{Match: pattern(t, "orders.*"), Subscribe: core.AccessProof, History: core.History{Size: 5}},
			{Match: pattern(t, "own.{uid}"), Subscribe: core.AccessProof},
		}
	})
	seven, stranger := w.join(user(7)), w.join(map[string]any{})
	now := w.Now().Unix()
	proof := func(user, topic string, expires int64) string {
		return auth.MakeProof(apiSecret, "default", user, topic, expires)
	}
	for i, c := range []struct {
		who          *client
		topic, proof string
		want         string
	}{
		{seven, "orders.1", "", "forbidden"},
		{seven, "orders.1", "x.y", "forbidden"},
		{seven, "orders.1", proof("8", "orders.1", now+60), "forbidden"},
		{seven, "orders.1", proof("7", "orders.2", now+60), "forbidden"},
		{seven, "orders.1", auth.MakeProof("another", "default", "7", "orders.1", now+60), "forbidden"},
		{seven, "orders.1", auth.MakeProof(apiSecret, "other", "7", "orders.1", now+60), "forbidden"},
		{seven, "orders.1", proof("7", "orders.1", now), "expired"},
		{seven, "orders.1", proof("7", "orders.1", now+int64(25*time.Hour/time.Second)), "forbidden"},
		{seven, "orders.1", proof("7", "orders.1", now+60), "reply"},
		{seven, "private-x", proof("7", "private-x", now+60), "reply"},
		{seven, "own.7", proof("7", "own.7", now+60), "reply"},
		{seven, "own.8", proof("7", "own.8", now+60), "forbidden"},
		{stranger, "orders.1", proof("7", "orders.1", now+60), "forbidden"},
		{stranger, "orders.1", proof("", "orders.1", now+60), "reply"},
	} {
		field := ""
		if c.proof != "" {
			field = fmt.Sprintf(`,"proof":%q`, c.proof)
		}
		answer := w.do(c.who, fmt.Sprintf(`{"type":"subscribe","topic":%q,"id":%d%s}`, c.topic, i+1, field))
		if !strings.Contains(answer, `"`+c.want+`"`) {
			t.Errorf("case %d, %s: %s, want %s", i, c.topic, answer, c.want)
		}
	}
	// The past is for who has been let in.
	if got := w.do(w.join(user(7)), `{"type":"history","topic":"orders.1","id":1}`); !strings.Contains(got, `"forbidden"`) {
		t.Error(got)
	}
	if got := w.do(seven, `{"type":"history","topic":"orders.1","id":20}`); !strings.Contains(got, `"reply"`) {
		t.Error(got)
	}
}

// TestProofOutlivesRefresh: a new token of the same user ends no subscription that
// a proof began.
func TestProofOutlivesRefresh(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	c := w.join(user(7))
	w.do(c, fmt.Sprintf(`{"type":"subscribe","topic":"private-x","id":1,"proof":%q}`, auth.MakeProof(apiSecret, "default", "7", "private-x", w.Now().Unix()+60)))
	claims := user(7)
	claims["exp"] = w.Now().Unix() + 600
	if got := w.do(c, fmt.Sprintf(`{"type":"refresh","id":2,"token":%q}`, token(t, claims))); !strings.Contains(got, `"reply"`) {
		t.Fatal(got)
	}
	if !c.on("private-x") {
		t.Error("the subscription has ended")
	}
}
