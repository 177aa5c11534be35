package plugin_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// watched serves the folder and watches it, quickly.
func (dir folder) watched(t *testing.T) *rig {
	t.Helper()
	r := dir.serve(t)
	r.watch(t)
	return r
}

func (r *rig) watch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { r.Watch(ctx, 5*time.Millisecond); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
}

// Files may go before a look has found them: after a push, or a start.
func TestAPluginIsTakenOffWhoseFilesNoLookFound(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("1"))
	r := dir.serve(t)
	for _, file := range []string{"p.toml", "p.wasm"} {
		if err := os.Remove(filepath.Join(string(dir), file)); err != nil {
			t.Fatal(err)
		}
	}
	r.watch(t)
	eventually(t, "p gone", func() bool { return r.ask(t, "p.x") == "no_handler" })
}

func TestWatchReloadsWhatHasChanged(t *testing.T) {
	dir := folder(t.TempDir())
	manifest := "events = [\"p.*\"]\n"
	dir.put(t, "p", "1", manifest, saying("1"))
	r := dir.watched(t)
	answers := func(event, want string) {
		t.Helper()
		eventually(t, event+" answering "+want, func() bool { return r.ask(t, event) == want })
	}
	answers("p.x", `"1"`)

	dir.put(t, "p", "2", manifest, saying("2"))
	answers("p.x", `"2"`)

	// A copy that stopped half way is refused, and taken when it is whole.
	whole := saying("3")
	dir.put(t, "p", "3", manifest, whole[:len(whole)/2])
	eventually(t, "the refusal", func() bool { return strings.Contains(r.log.String(), "a plugin was not reloaded") })
	if got := r.ask(t, "p.x"); got != `"2"` {
		t.Errorf("beside half a file the plugin answers %s", got)
	}
	dir.write(t, "p.wasm", whole)
	answers("p.x", `"3"`)

	// In a folder of its own, beside files that are none of Driplet's.
	if err := os.Mkdir(filepath.Join(string(dir), "q"), 0o750); err != nil {
		t.Fatal(err)
	}
	folder(filepath.Join(string(dir), "q")).put(t, "q", "1", "events = [\"q.*\"]\n", saying("q"))
	dir.write(t, "notes.txt", []byte("x"))
	answers("q.x", `"q"`)

	// Another date alone is no reload; what was refused because of another
	// plugin is tried again when that has gone.
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(string(dir), "p.wasm"), later, later); err != nil {
		t.Fatal(err)
	}
	dir.put(t, "rival", "1", "events = [\"q.*\"]\n", saying("rival"))
	eventually(t, "the tie", func() bool { return strings.Contains(r.log.String(), "equally specific") })
	if err := os.RemoveAll(filepath.Join(string(dir), "q")); err != nil {
		t.Fatal(err)
	}
	answers("q.x", `"rival"`)
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.reloaded, "q true"); slices.Contains(r.reloaded[i:], "p true") {
		t.Errorf("a date was taken for a change: %q", r.reloaded)
	}
}

// Who has put a file there and waits is told why nothing comes of it.
func TestFilesForNothingAreToldOf(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "p", "1", "events = [\"p.*\"]\nwasm = \"code.wasm\"\n", nil)
	dir.write(t, "code.wasm", saying("1"))
	r := dir.watched(t)
	if err := os.Mkdir(filepath.Join(string(dir), "p"), 0o750); err != nil {
		t.Fatal(err)
	}
	folder(filepath.Join(string(dir), "p")).put(t, "p", "2", "events = [\"p.*\"]\n", saying("2"))
	dir.write(t, "Quiz.toml", nil)
	dir.write(t, "lone.wasm", saying("1"))
	for _, want := range []string{
		`p.toml beside its folder counts: remove one of them" file=p/p.toml`, `a manifest bears its plugin's name: a-z, 0-9, _ and -, beginning with a letter" file=Quiz.toml`,
		`no manifest names it: put lone.toml beside it, or use 'driplet plugin push'" file=lone.wasm`,
	} {
		eventually(t, want, func() bool { return strings.Contains(r.log.String(), want) })
	}
	dir.write(t, "notes.txt", nil)
	dir.put(t, "q", "1", "events = [\"q.*\"]\n", saying("q"))
	eventually(t, "another plugin", func() bool { return r.ask(t, "q.x") == `"q"` })
	if log := r.log.String(); strings.Count(log, "is for nothing") != 3 {
		t.Errorf("the log says %s", log)
	}
	if got := r.ask(t, "p.x"); got != `"1"` {
		t.Errorf("the second manifest counts: %s", got)
	}
}

func TestAFolderThatCannotBeReadChangesNothing(t *testing.T) {
	dir := folder(filepath.Join(t.TempDir(), "plugins"))
	if err := os.Mkdir(string(dir), 0o750); err != nil {
		t.Fatal(err)
	}
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("1"))
	r := dir.watched(t)
	if err := os.Rename(string(dir), string(dir)+".gone"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log", func() bool { return strings.Contains(r.log.String(), "PluginDir cannot be read") })
	if err := os.Rename(string(dir)+".gone", string(dir)); err != nil {
		t.Fatal(err)
	}
	// One file alone: between two the watcher may look, and would find a version more.
	dir.put(t, "p", "2", "events = [\"p.*\", \"more\"]\n", nil)
	eventually(t, "the new version", func() bool { return r.ask(t, "more") == `"1"` })
	eventually(t, "the meter's news", func() bool { // it hears of them when they serve already
		r.mu.Lock()
		defer r.mu.Unlock()
		return slices.Equal(r.served, []string{"p a >1", "p b >1", "p a 1>2", "p b 1>2"})
	})
}

func manifestOf(name, version, rest string) []byte {
	return []byte("name = \"" + name + "\"\nversion = \"" + version + "\"\nabi = 1\n" + rest)
}

func TestPush(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "flat", "1", "events = [\"flat.*\"]\n", saying("f1"))
	r := dir.watched(t)
	for _, c := range []struct{ name, version, old, at string }{
		{"flat", "2", "1", ""}, {"new", "1", "", "new"}, {"new", "2", "1", "new"},
	} {
		wasm := saying(c.name + c.version)
		change, err := r.Push(t.Context(), c.name, manifestOf(c.name, c.version, "events = [\""+c.name+".*\"]\n"), wasm)
		if err != nil || change.Old != c.old || change.New != c.version || !slices.Equal(change.Endpoints, []string{"a", "b"}) {
			t.Fatalf("%+v, %v", change, err)
		}
		if got := r.ask(t, c.name+".x"); got != `"`+c.name+c.version+`"` {
			t.Errorf("got %s", got)
		}
		if kept, err := os.ReadFile(filepath.Join(string(dir), c.at, c.name+".wasm")); err != nil || string(kept) != string(wasm) {
			t.Errorf("%s %s is not kept: %v", c.name, c.version, err)
		}
	}
	// A restart finds the same.
	again := dir.serve(t)
	if got := again.ask(t, "flat.x") + again.ask(t, "new.x"); got != `"flat2""new2"` {
		t.Errorf("after a restart: %s", got)
	}
	if files, _ := filepath.Glob(filepath.Join(string(dir), ".*")); len(files) > 0 {
		t.Errorf("left behind: %q", files)
	}
	// A broken file in the folder is mended by pushing what serves.
	dir.write(t, "flat.wasm", []byte("broken"))
	if c, err := r.Push(t.Context(), "flat", manifestOf("flat", "2", "events = [\"flat.*\"]\n"), saying("flat2")); err != nil || !c.Unchanged {
		t.Errorf("%+v, %v", c, err)
	}
	if kept, _ := os.ReadFile(filepath.Join(string(dir), "flat.wasm")); string(kept) != string(saying("flat2")) {
		t.Error("the broken file is still there")
	}
}

// A push whose code has another name leaves nothing of the version before,
// but what another plugin needs.
func TestPushUnderAnotherFileName(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "flat", "1", "wasm = \"shared.wasm\"\nevents = [\"flat.*\"]\n", nil)
	dir.put(t, "other", "1", "wasm = \"shared.wasm\"\nevents = [\"other.*\"]\n", nil)
	dir.write(t, "shared.wasm", saying("shared"))
	r := dir.serve(t)
	push := func(name, version, file string) {
		t.Helper()
		manifest := "wasm = \"" + file + "\"\nevents = [\"" + name + ".*\"]\n"
		if _, err := r.Push(t.Context(), name, manifestOf(name, version, manifest), saying(name+version)); err != nil {
			t.Fatal(err)
		}
		if got := r.ask(t, name+".x"); got != `"`+name+version+`"` {
			t.Errorf("got %s", got)
		}
	}
	holds := func(place string, want ...string) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(string(dir), place, "*.wasm"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range files {
			files[i] = filepath.Base(files[i])
		}
		if !slices.Equal(files, want) {
			t.Errorf("the folder %q holds %q, want %q", place, files, want)
		}
	}
	push("new", "1", "one.wasm")
	push("new", "2", "two.wasm")
	holds("new", "two.wasm")
	push("flat", "2", "flat.wasm") // shared.wasm is the other's as well
	push("flat", "3", "third.wasm")
	holds("", "shared.wasm", "third.wasm")
	if got := dir.serve(t).ask(t, "other.x"); got != `"shared"` {
		t.Errorf("after a restart the other plugin says %s", got)
	}

	// A server that was stopped before it had removed the old file does it when
	// it starts.
	dir.write(t, "new/one.wasm", saying("new1"))
	dir.write(t, "new/new.toml", manifestOf("new", "1", "wasm = \"one.wasm\"\nevents = [\"new.*\"]\n"))
	if err := os.Mkdir(filepath.Join(string(dir), ".pushed-new"), 0o750); err != nil {
		t.Fatal(err)
	}
	dir.write(t, ".pushed-new/new.toml", manifestOf("new", "2", "wasm = \"two.wasm\"\nevents = [\"new.*\"]\n"))
	if got := dir.serve(t).ask(t, "new.x"); got != `"new2"` {
		t.Errorf("got %s", got)
	}
	holds("new", "two.wasm")
}

func TestPushRefuses(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("p1"))
	dir.put(t, "other", "1", "events = [\"other.*\"]\n", saying("other"))
	r := dir.serve(t)
	good := "events = [\"p.*\"]\n"
	for _, c := range []struct {
		name     string
		manifest []byte
		wasm     []byte
		code     core.Code
		want     string
	}{
		{"../p", manifestOf("p", "2", good), saying("2"), core.CodeBadRequest, "is no plugin's name"},
		{"p", manifestOf("q", "2", good), saying("2"), core.CodeBadRequest, "a manifest bears its plugin's name"},
		{"p", []byte("name ="), saying("2"), core.CodeBadRequest, "p.toml:1:"},
		{"p", make([]byte, plugin.MaxManifest+1), saying("2"), core.CodeBadRequest, "p.toml: has 65537 bytes"},
		{"p", manifestOf("p", "2", good), []byte("x"), core.CodeBadRequest, "p 2: p.wasm is not a module that can be loaded"},
		{"p", manifestOf("p", "2", good), make([]byte, plugin.MaxModule+1), core.CodeTooLarge, "16777217 bytes"},
		{"p", manifestOf("p", "2", "events = [\"other.*\"]\n"), saying("2"), core.CodeBadRequest, "equally specific"},
		{"p", manifestOf("p", "2", "wasm = \"other.wasm\"\n"+good), saying("2"), core.CodeConflict, "p names other.wasm, which is the file of the plugin other"},
	} {
		change, err := r.Push(t.Context(), c.name, c.manifest, c.wasm)
		if err == nil || core.AsError(err).Code != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %s %q, got %v, %+v", c.code, c.want, err, change)
		}
	}
	if got := r.ask(t, "p.x"); got != `"p1"` || r.Modules() != 2 {
		t.Errorf("got %s, %d modules", got, r.Modules())
	}
	for file, want := range map[string][]byte{"p.wasm": saying("p1"), "other.wasm": saying("other")} {
		if kept, _ := os.ReadFile(filepath.Join(string(dir), file)); string(kept) != string(want) {
			t.Errorf("%s was changed", file)
		}
	}

	none := mustLoad(t, map[string]plug{"p": {good, saying("1")}})
	_, err := none.Push(t.Context(), "p", manifestOf("p", "2", good), saying("2"))
	if wantCode(t, err, core.CodeConflict); !strings.Contains(err.Error(), "set Global.PluginDir") {
		t.Errorf("got %v", err)
	}
	// Accepted, but the folder cannot take it: what served goes on serving.
	if err := os.RemoveAll(string(dir)); err != nil {
		t.Fatal(err)
	}
	_, err = r.Push(t.Context(), "p", manifestOf("p", "2", good), saying("2"))
	if wantCode(t, err, core.CodeUnavailable); !strings.Contains(err.Error(), "p 2 is fine, but cannot be written into PluginDir") || r.ask(t, "p.x") != `"p1"` {
		t.Errorf("got %v", err)
	}
}

// A push to a plugin that no endpoint has is checked and kept.
func TestPushOfWhatNobodyLists(t *testing.T) {
	dir := folder(t.TempDir())
	r := dir.serveOn(t, []*core.Endpoint{{Name: "a", Plugins: []string{}}})
	if _, err := r.Push(t.Context(), "p", manifestOf("p", "1", ""), []byte("broken")); err == nil {
		t.Error("what is broken was kept")
	}
	c, err := r.Push(t.Context(), "p", manifestOf("p", "1", ""), saying("1"))
	if err != nil || c.New != "1" || len(c.Endpoints) != 0 || len(r.Plugins()) != 0 || r.Modules() != 0 {
		t.Errorf("%+v, %v, %d modules", c, err, r.Modules())
	}
	if _, err := os.Stat(filepath.Join(string(dir), "p", "p.toml")); err != nil {
		t.Error(err)
	}
}

// A server that was stopped within a push ends it, or forgets it, when it
// starts: never half of it.
func TestAPushThatWasCutShort(t *testing.T) {
	for _, c := range []struct {
		folder string // where the files of the push lie
		files  []string
		want   string
	}{
		{".pushing-p", []string{"p.toml"}, `"old"`},
		{".pushing-p", []string{"p.toml", "p.wasm"}, `"old"`},
		{".pushed-p", []string{"p.toml", "p.wasm"}, `"new"`},
		{".pushed-p", []string{"p.toml"}, `"new"`}, // p.wasm is in its place already
	} {
		dir := folder(t.TempDir())
		push := folder(filepath.Join(string(dir), c.folder))
		if err := os.Mkdir(string(push), 0o750); err != nil {
			t.Fatal(err)
		}
		dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("old"))
		if c.want == `"new"` && len(c.files) == 1 {
			dir.write(t, "p.wasm", saying("new"))
		}
		for _, file := range c.files {
			text := saying("new")
			if file == "p.toml" {
				text = manifestOf("p", "2", "events = [\"p.*\", \"more\"]\n")
			}
			push.write(t, file, text)
		}
		r := dir.serve(t)
		if got := r.ask(t, "p.x"); got != c.want || (r.ask(t, "more") == c.want) != (c.want == `"new"`) {
			t.Errorf("%s with %q: got %s and %s", c.folder, c.files, got, r.ask(t, "more"))
		}
		if _, err := os.Stat(string(push)); err == nil {
			t.Errorf("%s is still there", c.folder)
		}
	}
}
