package plugin_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/driplet/driplet/core/plugin"
)

// compiled are the files of compiled code, each with what shows that it was written anew.
func compiled(t *testing.T, cache string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			files[path] = fmt.Sprint(info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What serves has its compiled code kept, whether it came at the start or
// later: the next start compiles nothing. What serves no more is taken away.
func TestCompiledCodeIsKept(t *testing.T) {
	dir, cache := folder(t.TempDir()), filepath.Join(t.TempDir(), "compiled")
	manifest := "events = [\"p.*\"]\n"
	dir.put(t, "p", "0", manifest, saying("0"))
	dir.put(t, "q", "1", "events = [\"q.*\"]\n", saying("q"))
	caching := func(o *plugin.Options) { o.CacheDir = cache }
	// Of an earlier version of the server, and of somebody else.
	for _, name := range []string{"wazero-1-x", "notes"} {
		if err := os.MkdirAll(filepath.Join(cache, name), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	r := dir.serve(t, caching)
	if _, err := os.Stat(filepath.Join(cache, "wazero-1-x")); err == nil {
		t.Error("the code of an earlier version of the server is still there")
	}
	if _, err := os.Stat(filepath.Join(cache, "notes")); err != nil {
		t.Error(err)
	}
	if n := len(compiled(t, cache)); n != 2 {
		t.Errorf("%d files of two plugins", n)
	}
	for i := range 8 {
		want := strconv.Itoa(i)
		dir.put(t, "p", want, manifest, saying(want))
		if r.reload(t, "p"); r.ask(t, "p.x") != strconv.Quote(want) {
			t.Fatalf("reload %d answers %s", i, r.ask(t, "p.x"))
		}
		if n := len(compiled(t, cache)); n != 2 {
			t.Errorf("%d files of two plugins after %d reloads", n, i+1)
		}
	}
	// What cannot serve leaves nothing.
	dir.put(t, "p", "9", manifest, newGuest("http_fetch").call("http_fetch", text(""), text("")).answer("1", false))
	if _, err := r.Reload(t.Context(), "p"); err == nil {
		t.Error("it serves without its capability")
	}
	dir.put(t, "p", "7", manifest, saying("7"))
	eventually(t, "the end of the old versions", func() bool { return r.Modules() == 2 })
	before := compiled(t, cache)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	again := dir.serve(t, caching)
	if got := again.ask(t, "p.x") + again.ask(t, "q.x"); got != `"7""q"` {
		t.Errorf("after a restart: %s", got)
	}
	if after := compiled(t, cache); len(after) != 2 || !maps.Equal(before, after) {
		t.Errorf("a start compiled anew: before %v, after %v", before, after)
	}
	// A plugin that goes takes its code along.
	if err := os.Remove(filepath.Join(string(dir), "q.toml")); err != nil {
		t.Fatal(err)
	}
	again.reload(t, "q")
	if n := len(compiled(t, cache)); n != 1 {
		t.Errorf("%d files of one plugin", n)
	}
}
