package wire

import (
	"testing"

	"github.com/driplet/driplet/core"
)

// everythingElse is all that a client can be told besides an event.
var everythingElse = []core.Outgoing{
	core.Reply{ID: "1"}, core.Failure{Err: core.Errorf(core.CodeForbidden, "no")}, core.Welcome{Session: "s"},
	core.Join{Topic: "t"}, core.Leave{Topic: "t"}, core.Subscribed{Topic: "t"}, core.Unsubscribed{Topic: "t"},
	core.Expiring{In: 30}, core.Pong{},
}

func TestV1SaysNothingButMessages(t *testing.T) {
	for _, p := range []Protocol{V1, V1Echo} {
		for _, o := range everythingElse {
			if got := p.Append(nil, o); len(got) != 0 {
				t.Errorf("dialect %d says %s", p.Dialect(), got)
			}
		}
	}
}

func TestV2SaysEverything(t *testing.T) {
	for _, o := range everythingElse {
		checkJSON(t, V2.Append(nil, o))
	}
}

func TestDialectsDiffer(t *testing.T) {
	seen := map[uint8]bool{}
	for _, p := range []Protocol{V1, V1Echo, V2} {
		if p.Dialect() == 0 || seen[p.Dialect()] {
			t.Errorf("dialect %d is taken", p.Dialect())
		}
		seen[p.Dialect()] = true
	}
}

func TestV1EchoLeavesOutTargetsWithoutSource(t *testing.T) {
	ev := &core.Event{Key: core.TopicKey{Endpoint: "e", Topic: "t"}, Target: &core.Target{}}
	if got := string(V1Echo.Append(nil, ev)); got != `{"message":null,"endpoint":"e","topic":"t"}` {
		t.Error(got)
	}
}
