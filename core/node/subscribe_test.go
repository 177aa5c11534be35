package node

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
)

func TestTopicRules(t *testing.T) {
	rules := func(ep *core.Endpoint) {
		add := func(match string, sub, pub core.Access) {
			ep.Topics = append(ep.Topics, core.TopicRule{Match: pattern(t, match), Subscribe: sub, Publish: pub})
		}
		add("user.{uid}", core.AccessClaims, core.AccessAnyone)
		add("listed.*", core.AccessToken, core.AccessToken)
		add("open.*", core.AccessPublic, core.AccessNobody)
		add("closed.*", core.AccessNobody, core.AccessNobody)
		add("plugged.*", core.AccessPlugin, core.AccessPlugin)
		add("private-mine.*", core.AccessAnyone, core.AccessDefault)
	}
	w := newWorld(t, handlers{}, rules)
	claims := user(7)
	claims["topics"], claims["publish"] = []string{"listed.a*"}, []string{"listed.b", "free.{uid}", "closed.x"}
	c := w.join(claims)
	for i, test := range []struct{ kind, topic, want string }{
		{"subscribe", "anything", "reply"},
		{"subscribe", "user.7", "reply"},
		{"subscribe", "user.8", "forbidden"},
		{"subscribe", "user.", "forbidden"},
		{"subscribe", "listed.abc", "reply"},
		{"subscribe", "listed.b", "forbidden"},
		{"subscribe", "open.1", "reply"},
		{"subscribe", "closed.1", "forbidden"},
		{"subscribe", "plugged.1", "forbidden"},
		{"subscribe", "private-1", "forbidden"},
		{"subscribe", "presence-1", "forbidden"},
		{"subscribe", "private-mine.1", "reply"},
		{"publish", "anything", "forbidden"},
		{"publish", "user.7", "reply"},
		{"publish", "user.8", "forbidden"},
		{"publish", "listed.b", "reply"},
		{"publish", "listed.abc", "forbidden"},
		{"publish", "free.7", "reply"},
		{"publish", "closed.x", "forbidden"},
		{"publish", "private-2", "forbidden"},
	} {
		extra := ""
		if test.kind == "publish" {
			extra = `,"message":1`
		}
		answer := w.do(c, fmt.Sprintf(`{"type":%q,"topic":%q,"id":%d%s}`, test.kind, test.topic, i+1, extra))
		if !strings.Contains(answer, `"`+test.want+`"`) {
			t.Errorf("%s %s: %s, want %s", test.kind, test.topic, answer, test.want)
		}
	}
}

func TestSubscriptionsAreLimitedAndCountedOnce(t *testing.T) {
	w := newWorld(t, handlers{}, func(ep *core.Endpoint) { ep.Limits.Subscriptions = 2 })
	c := w.join(user(1))
	w.do(c, `{"type":"subscribe","topic":"a","id":1}`)
	w.do(c, `{"type":"subscribe","topic":"a","id":2}`)
	w.do(c, `{"type":"subscribe","topic":"b","id":3}`)
	if got := w.do(c, `{"type":"subscribe","topic":"c","id":4}`); !strings.Contains(got, `"quota"`) || !strings.Contains(got, "Limits.Subscriptions") {
		t.Error(got)
	}
	w.do(c, `{"type":"unsubscribe","topic":"a","id":5}`)
	w.do(c, `{"type":"unsubscribe","topic":"never","id":6}`)
	if got := w.do(c, `{"type":"subscribe","topic":"c","id":7}`); !strings.Contains(got, `"reply"`) {
		t.Error(got)
	}
}

func TestRefresh(t *testing.T) {
	w := newWorld(t, handlers{}, func(ep *core.Endpoint) {
		ep.Topics = []core.TopicRule{{Match: pattern(t, "team.{team}"), Subscribe: core.AccessClaims}}
	})
	of := func(team string) map[string]any {
		return map[string]any{"custom": map[string]any{"uid": 1, "team": team}}
	}
	c := w.join(of("red"))
	w.do(c, `{"type":"subscribe","topic":"team.red","id":1}`)
	w.do(c, `{"type":"subscribe","topic":"all","id":2}`)
	if got := w.do(c, fmt.Sprintf(`{"type":"refresh","token":%q,"id":3}`, token(t, user(2)))); !strings.Contains(got, "forbidden") {
		t.Errorf("another user's token: %s", got)
	}
	if got := w.do(c, fmt.Sprintf(`{"type":"refresh","token":%q,"id":4}`, token(t, of("blue")))); !strings.Contains(got, "reply") {
		t.Error(got)
	}
	if got := c.wait(t, `"unsubscribed"`); !strings.Contains(got, "team.red") {
		t.Error(got)
	}
	publish := func(target string) {
		if err := w.Publish(context.Background(), &core.Event{Key: core.TopicKey{Endpoint: "default", Topic: "all"}, Data: []byte(target), Target: aim(t, target)}, ""); err != nil {
			t.Fatal(err)
		}
	}
	publish(`{"include":{"team":"red"}}`)
	publish(`{"include":{"team":"blue"}}`)
	c.wait(t, `{"team":"blue"}`)
	if c.count(`{"team":"red"}`) != 0 {
		t.Error("it is still targeted by its old claims")
	}
}

func TestSubscribeHook(t *testing.T) {
	w := newWorld(t, handlers{
		wants: func(kind core.HookKind, name string) bool { return kind == core.HookSubscribe },
		decide: func(ev *core.ClientEvent) (core.Verdict, error) {
			if ev.Topic == "banned" {
				return core.Verdict{}, &core.Error{Code: "chat.banned", Message: "you were put out", Data: []byte(`{"until":5}`)}
			}
			return core.Verdict{Data: []byte(`{"name":"Anna"}`)}, nil
		},
	}, nil)
	c := w.join(user(1))
	got := w.do(c, `{"type":"subscribe","topic":"banned","id":1}`)
	if !strings.Contains(got, `"chat.banned"`) || !strings.Contains(got, `"data":{"until":5}`) {
		t.Error(got)
	}
	w.do(c, `{"type":"subscribe","topic":"room","id":2}`)
	members := w.Members("default", "room")
	if len(members) != 1 || members[0].ID != "1" || string(members[0].Info) != `{"name":"Anna"}` {
		t.Errorf("%+v", members)
	}
}
