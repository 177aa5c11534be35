package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
)

// handler wants events of one prefix and answers with its name.
type handler struct{ prefix, name string }

func (h handler) Wants(_ string, kind core.HookKind, name string) bool {
	return kind == core.HookMessage && strings.HasPrefix(name, h.prefix)
}

func (h handler) Decide(context.Context, *core.ClientEvent) (core.Verdict, error) {
	return core.Verdict{Data: []byte(h.name)}, nil
}

func TestHooksInTurn(t *testing.T) {
	list := hooks{handler{"chat.", "plugin"}, handler{"", "callback"}}
	for name, want := range map[string]string{"chat.send": "plugin", "else": "callback"} {
		v, err := list.Decide(context.Background(), &core.ClientEvent{Kind: core.HookMessage, Event: name})
		if err != nil || string(v.Data) != want {
			t.Errorf("%s: %s, %v", name, v.Data, err)
		}
	}
	if list.Wants("default", core.HookConnect, "") {
		t.Error("wants what none wants")
	}
	if _, err := list.Decide(context.Background(), &core.ClientEvent{Kind: core.HookConnect}); core.AsError(err).Code != core.CodeNoHandler {
		t.Error(err)
	}
}

// filter wants publishes, unless it has just been taken off, and adds its name.
type filter struct {
	name string
	gone bool
}

func (f filter) Wants(_ string, kind core.HookKind, _ string) bool {
	return kind == core.HookPublish && !f.gone
}

func (f filter) Decide(_ context.Context, ev *core.ClientEvent) (core.Verdict, error) {
	return core.Verdict{Data: append(ev.Data, f.name...), Target: ev.Target, Drop: f.name == "drop"}, nil
}

func TestPublishHooksInTurn(t *testing.T) {
	for want, list := range map[string]hooks{
		"ab": {filter{name: "a"}, handler{"", "no"}, filter{name: "gone", gone: true}, filter{name: "b"}},
		"":   {filter{name: "drop"}, filter{name: "b"}},
	} {
		v, err := list.Decide(context.Background(), &core.ClientEvent{Kind: core.HookPublish})
		if err != nil || v.Drop != (want == "") || want != "" && string(v.Data) != want {
			t.Errorf("%+v, %v, want %q", v, err, want)
		}
	}
	// Who wanted it is gone: what nobody has looked at does not pass.
	_, err := hooks{filter{gone: true}}.Decide(context.Background(), &core.ClientEvent{Kind: core.HookPublish})
	if core.AsError(err).Code != core.CodeUnavailable {
		t.Error(err)
	}
}

func TestWarnOfShadows(t *testing.T) {
	ep := &core.Endpoint{Name: "default"}
	for _, text := range []string{"chat.*", "*", "chat.send", "mod_*"} {
		p, err := core.ParsePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		ep.Callbacks = append(ep.Callbacks, core.Callback{Match: p})
	}
	var out bytes.Buffer
	warnOfShadows(handler{"chat.", "plugin"}, []*core.Endpoint{ep}, slog.New(slog.NewTextHandler(&out, nil)))
	got := out.String()
	if strings.Count(got, "\n") != 2 || !strings.Contains(got, "callback=chat.*") || !strings.Contains(got, "callback=chat.send") {
		t.Error(got)
	}
}
