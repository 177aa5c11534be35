package cases

import (
	"os"
	"testing"

	"github.com/driplet/driplet/core/plugin"
)

// compiled keeps compiled code for all tests.
var compiled string

func TestMain(m *testing.M) {
	var err error
	if compiled, err = os.MkdirTemp("", "driplet-cases-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(compiled)
	os.Exit(code)
}

// played runs a case of the bundled chat.
func played(t *testing.T, src string) (list []*Played) {
	t.Helper()
	c, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	err = Play(t.Context(), os.DirFS("../../../plugins/chat"), "chat", c, Options{LeastDeadline: plugin.MaxDeadline, Cache: compiled, Played: func(p *Played) { list = append(list, p) }})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// recorded runs a case of the bundled chat and writes its traces down.
func recorded(t *testing.T, file string) (list []*Record) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range played(t, string(src)) {
		list = append(list, NewRecord(p.Trace, nil))
	}
	return list
}
