package plugin_test

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/plugins"
)

// Chat goes on, on the same endpoint of a whole server, while other plugins
// trap, loop, call the host without end and answer too much.
func TestChatGoesOnBesideHostilePlugins(t *testing.T) {
	calls := newGuest("random")
	src := fstest.MapFS{}
	err := fs.WalkDir(plugins.Bundled(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(plugins.Bundled(), name)
		src[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"chat"}
	for name, wasm := range map[string][]byte{
		"trap":    newGuest().finish(asm.Unreachable),
		"endless": newGuest().finish(asm.Loop(asm.Br(0)), asm.Unreachable),
		"caller":  calls.finish(asm.Loop(asm.I32Const(0), asm.I32Const(65536), asm.Call(calls.funcs["random"]), asm.Drop, asm.Br(0)), asm.Unreachable),
		"huge":    newGuest().finish(asm.I64Const(1<<32 | 65537)),
		"beyond":  newGuest().finish(asm.I64Const(0x7fffffff<<32 | 100)),
		"junk":    newGuest().answer("{oops", false),
	} {
		names = append(names, name)
		manifest := fmt.Sprintf("name = %q\nversion = \"1.0.0\"\nabi = 1\nwasm = \"%s.wasm\"\nevents = [\"%s.*\"]\n", name, name, name)
		src[name+".toml"] = &fstest.MapFile{Data: []byte(manifest)}
		src[name+".wasm"] = &fstest.MapFile{Data: wasm}
	}
	// The chat's own deadline is for a machine that does not starve.
	toml := string(src["chat/chat.toml"].Data)
	src["chat/chat.toml"].Data = []byte(strings.Replace(toml, `deadline = "250ms"`, `deadline = "10s"`, 1))

	s := testkit.Start(t, testkit.Options{Plugins: src, Endpoint: func(e *core.Endpoint) {
		e.Plugins = names
		e.Limits.EventsPerSecond = 100_000
	}})
	s.Witness()
	alice, bob := s.V2(s.User("alice")), s.V2(s.User("bob"))
	for _, w := range []*testkit.Socket{alice, bob} {
		w.Subscribe("chat.lobby")
		if r := w.Ask(`{"type":"event","event":"chat.enter","data":{"room":"lobby"},"id":1}`); !strings.Contains(r, `"reply"`) {
			t.Fatal(r)
		}
	}
	var group sync.WaitGroup
	for _, name := range names[1:] {
		w := s.V2(s.User(name))
		group.Go(func() {
			for id := range 8 {
				r := w.Ask(fmt.Sprintf(`{"type":"event","event":"%s.go","data":{},"id":%d}`, name, id+10))
				if !strings.Contains(r, `"code":"plugin_failed"`) && !strings.Contains(r, `"code":"unavailable"`) {
					t.Errorf("%s: %s", name, r)
				}
			}
		})
	}
	for n := range 100 {
		if r := alice.Ask(fmt.Sprintf(`{"type":"event","event":"chat.send","data":{"room":"lobby","text":"line %d"},"id":%d}`, n, n+100)); !strings.Contains(r, fmt.Sprintf(`"data":{"id":%d}`, n+1)) {
			t.Fatal(r)
		}
		if f := bob.Wait("chat.message"); !strings.Contains(f, fmt.Sprintf(`"text":"line %d"`, n)) {
			t.Fatal(f)
		}
	}
	group.Wait()
}
