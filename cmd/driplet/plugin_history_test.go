package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/plugin/cases"
)

const lastSource = `#include "driplet/driplet.h"

static dr_reply last(dr_event *e) {
  dr_text room = dr_string(e, "room", 64);
  if (dr_err(e)) return dr_err(e);
  dr_past past = dr_history(dr_join(dr("quiz."), room), .limit = 2);
  if (!past.kept) return dr_fail("quiz.forgets", "this room forgets everything");
  dr_json *texts = dr_list();
  for (uint32_t i = 0; i < past.len; i++) dr_push(texts, past.at[i].data);
  return texts;
}

DRIPLET_PLUGIN(dr_on("quiz.last", last))
`

const lastManifest = `name = "quiz"
version = "0.1.0"
abi = 1
events = ["quiz.*"]
[capabilities]
`

const lastCase = `{
  "history": {"quiz.a": [{"data": "one"}, {"data": {"n": 2}}, {"event": "e", "from": "7", "data": 3}]},
  "steps": [
    {"event": {"event": "quiz.last", "data": {"room": "a"}}, "expect": {"answer": [{"n": 2}, 3], "effects": []}},
    {"event": {"event": "quiz.last", "data": {"room": "b"}}, "expect": {"refusal": {"code": "quiz.forgets"}}}
  ]
}
`

// A plugin that reads what topics have kept, through an author's commands.
func TestPluginWithHistory(t *testing.T) {
	dir, temporary := newPlugin(t, "c"), t.TempDir()
	manifest := filepath.Join(dir, "quiz.toml")
	writeFile(t, filepath.Join(dir, "main.c"), lastSource)
	writeFile(t, filepath.Join(dir, "cases", "say.json"), lastCase)
	writeFile(t, manifest, lastManifest)
	const refusal = `imports history, but quiz.toml grants no "history": add history = ["…"] under [capabilities], or remove the call`
	if r := buildPlugin(t, dir); !strings.Contains(r.err, refusal) {
		t.Errorf("not granted: %+v", r)
	}
	writeFile(t, manifest, lastManifest+"history = [\"quiz.*\"]\n")
	if r := buildPlugin(t, dir); r.code != 0 || r.err != "" {
		t.Fatalf("%+v", r)
	}
	if r := inProcess(t, "plugin", "inspect", dir); r.code != 0 || !strings.Contains(r.out, "history") || !strings.Contains(r.out, "quiz.*") {
		t.Errorf("%+v", r)
	}
	if r := inProcess(t, "plugin", "test", dir); r.code != 0 {
		t.Errorf("%+v", r)
	}

	// What it was told is told again.
	c, err := cases.Parse([]byte(lastCase))
	if err != nil {
		t.Fatal(err)
	}
	recorded, mask := "", cases.NewMask()
	if err := cases.Play(t.Context(), os.DirFS(dir), "quiz", c, cases.Options{LeastDeadline: caseDeadline, Played: func(p *cases.Played) {
		recorded += jsonOf(cases.NewRecord(p.Trace, mask)) + "\n"
	}}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(temporary, "quiz.jsonl")
	writeFile(t, file, recorded)
	if r := inProcess(t, "plugin", "replay", file, dir); r.code != 0 || !strings.Contains(r.out, "2 events, 2 the same, 0 different, 0 skipped") {
		t.Errorf("%+v\n%s", r, recorded)
	}

	// In a server with just this plugin.
	cmd := program(temporary, []string{"PATH=" + os.Getenv("PATH")}, "plugin", "run", "-no-build", "-port", "0", dir)
	out, _ := background(t, cmd)
	out.Await(t, "Ctrl+C ends it.", 1)
	text := out.String()
	address := between(text, "http://", "\n")
	for _, message := range []string{`"one"`, `{"n":2}`, `3`} {
		if r := execute(t, program(temporary, nil, "publish", "-url", "http://"+address+"/api/default", "-secret", between(text, "/api/default -secret '", "'"), "-topic", "quiz.a", message)); r.code != 0 {
			t.Fatalf("%+v", r)
		}
	}
	if r := execute(t, program(temporary, nil, "call", "-url", "ws://"+address+"/ws/default", "-jwt-secret", between(text, "-jwt-secret '", "'"), "-uid", "7", "quiz.last", `{"room":"a"}`)); r.code != 0 || r.out != "[{\"n\":2},3]\n" {
		t.Errorf("%+v\n%s", r, out)
	}
}
