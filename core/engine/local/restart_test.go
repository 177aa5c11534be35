package local_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/engine/enginetest"
	"github.com/driplet/driplet/core/engine/local"
)

func shut(t *testing.T, e *local.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%v, want %v", err, want)
	}
}

func TestRestartKeepsState(t *testing.T) {
	clock, path := enginetest.NewClock(), filepath.Join(t.TempDir(), "made", "when missing")
	for round := range 4 {
		e := open(t, path, nobody{}, local.Options{Now: clock.Now})
		kv := e.KV("n", 200)
		if n, err := kv.Incr(background, "rounds", 1, 0); err != nil || n != int64(round+1) {
			t.Fatalf("round %d: %d %v", round, n, err)
		}
		is(t, kv.Apply(background, []core.Write{{Key: "short", Value: make([]byte, 100), TTL: time.Minute}}), nil)
		// What a former round stored is counted: it still holds quota…
		is(t, kv.Apply(background, []core.Write{{Key: "more", Value: make([]byte, 100)}}), core.ErrQuota)
		shut(t, e)
		clock.Step(time.Minute) // …until its lifetime is over, which goes on meanwhile
		e = open(t, path, nobody{}, local.Options{Now: clock.Now})
		kv = e.KV("n", 200)
		if _, found, err := kv.Get(background, "short"); found || err != nil {
			t.Fatalf("a pair outlived its lifetime: %v", err)
		}
		is(t, kv.Apply(background, []core.Write{{Key: "more", Value: make([]byte, 100)}}), nil)
		is(t, kv.Apply(background, []core.Write{{Key: "more"}}), nil)
		shut(t, e)
	}
}

func TestRestartKeepsNonces(t *testing.T) {
	clock, path := enginetest.NewClock(), t.TempDir()
	once := func(e *local.Engine, nonce string, at time.Time, want error) {
		t.Helper()
		is(t, e.Once(background, "c", nonce, at), want)
	}
	o := local.Options{Now: clock.Now, NonceCapacity: enginetest.Capacity}
	e := open(t, path, nobody{}, o)
	at := clock.Now()
	held := 0
	for ; ; held++ {
		if err := e.Once(background, "many", fmt.Sprint(held), at); err != nil {
			is(t, err, engine.ErrFull)
			break
		}
	}
	once(e, "n", at, nil)
	once(e, "ahead", at.Add(core.ReplayWindow), nil)
	shut(t, e)

	clock.Step(20 * time.Second)
	e = open(t, path, nobody{}, o)
	once(e, "n", at, engine.ErrSpent)
	once(e, "unused", at.Add(-30*time.Second), engine.ErrTooOld) // before the first start
	once(e, "stamped before the restart", at.Add(10*time.Second), nil)
	is(t, e.Once(background, "many", "more", at), engine.ErrFull) // its part is still taken
	shut(t, e)

	clock.Step(-10 * time.Minute) // back, and over a restart
	e = open(t, path, nobody{}, o)
	once(e, "n", at, engine.ErrSpent)
	once(e, "now", clock.Now(), engine.ErrTooOld)
	shut(t, e)

	clock.Step(10*time.Minute + 41*time.Second)
	e = open(t, path, nobody{}, o)
	once(e, "n", at, engine.ErrTooOld)
	once(e, "ahead", at.Add(core.ReplayWindow), engine.ErrSpent)
	is(t, e.Once(background, "many", "more", clock.Now()), nil) // given back
	shut(t, e)
}

// TestUncleanEnd copies the folder of a running engine, which is what a
// machine finds after a power cut.
func TestUncleanEnd(t *testing.T) {
	clock, path := enginetest.NewClock(), t.TempDir()
	o := local.Options{Now: clock.Now}
	shut(t, open(t, path, nobody{}, o)) // a clean end before: its mark is gone by now
	e := open(t, path, nobody{}, o)
	at := clock.Now()
	is(t, e.Once(background, "c", "n", at), nil)
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(path)); err != nil {
		t.Fatal(err)
	}
	shut(t, e)

	clock.Step(2 * time.Second)
	e = open(t, copied, nobody{}, o)
	defer shut(t, e)
	is(t, e.Once(background, "c", "n", at), engine.ErrTooOld)
	is(t, e.Once(background, "c", "other", at.Add(time.Second)), engine.ErrTooOld)
	is(t, e.Once(background, "c", "n", clock.Now()), nil)
}

func TestMemoryForgets(t *testing.T) {
	clock := enginetest.NewClock()
	e := open(t, "", nobody{}, local.Options{Now: clock.Now})
	at := clock.Now()
	is(t, e.Once(background, "c", "n", at), nil)
	shut(t, e)
	clock.Step(time.Second)
	e = open(t, "", nobody{}, local.Options{Now: clock.Now})
	defer shut(t, e)
	is(t, e.Once(background, "c", "n", at), engine.ErrTooOld)
}

func refused(t *testing.T, path string, words ...string) {
	t.Helper()
	e, err := local.Open(path, nobody{}, local.Options{})
	if err == nil {
		e.Close()
		t.Fatalf("%s was opened", path)
	}
	for _, w := range append(words, filepath.Base(path)) {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not say %q", err, w)
		}
	}
}

func TestFolderInUse(t *testing.T) {
	path := t.TempDir()
	e := open(t, path, nobody{}, local.Options{})
	refused(t, path, "in use", "is another driplet running on it?")
	link := filepath.Join(t.TempDir(), filepath.Base(path))
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	refused(t, link, "is another driplet running on it?")
	shut(t, e)
	shut(t, open(t, path, nobody{}, local.Options{}))
}

func TestFolderThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, file, "must be a folder that this user may write to")
	refused(t, filepath.Join(file, "below"), "must be a folder")
	path := t.TempDir()
	if err := os.Mkdir(filepath.Join(path, "LOCK"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, path, "cannot be written to", "give this user the right to")
}

// TestDamagedFolder overwrites each of the store's files: the folder is
// refused with a text, or still good; never a panic.
func TestDamagedFolder(t *testing.T) {
	path := t.TempDir()
	e := open(t, path, nobody{}, local.Options{})
	is(t, e.KV("n", 1<<20).Apply(background, []core.Write{{Key: "k", Value: make([]byte, 5000)}}), nil)
	shut(t, e)
	files, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := 0
	for _, f := range files {
		for _, content := range []string{"", "no such thing\n" + strings.Repeat("x", 3000)} {
			bad := filepath.Join(t.TempDir(), "bad")
			if err := os.CopyFS(bad, os.DirFS(path)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(bad, f.Name()), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := local.Open(bad, nobody{}, local.Options{})
			if err != nil {
				damaged++
				if !strings.Contains(err.Error(), bad) || !strings.Contains(err.Error(), "bring back a copy") {
					t.Errorf("%s: the error says too little: %v", f.Name(), err)
				}
				refused(t, bad, "move it away") // and the lock was given back
				continue
			}
			shut(t, e)
		}
	}
	if damaged == 0 {
		t.Error("no damage was noticed")
	}
}

// TestKilledWithinTheSecond: a request may be stamped in the very second in which
// the process that took it was killed and the next began, or ahead of it by a fast
// clock. Neither is taken twice, whatever ends follow.
func TestKilledWithinTheSecond(t *testing.T) {
	clock, path := enginetest.NewClock(), t.TempDir()
	o := local.Options{Now: clock.Now}
	e := open(t, path, nobody{}, o)
	at := clock.Now()
	is(t, e.Once(background, "exact", "n", at), nil)
	is(t, e.Once(background, "fast", "n", at.Add(30*time.Second)), nil)
	is(t, e.Once(background, "fast", "behind", at.Add(20*time.Second)), nil)
	for i, killed := range []bool{true, true, false, false, true} {
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(path)); err != nil {
			t.Fatal(err)
		}
		shut(t, e)
		if killed {
			path = copied
		}
		e = open(t, path, nobody{}, o)
		is(t, e.Once(background, "exact", "n", at), engine.ErrTooOld)
		is(t, e.Once(background, "fast", "n", at.Add(30*time.Second)), engine.ErrTooOld)
		is(t, e.Once(background, "fast", "behind", at.Add(20*time.Second)), engine.ErrTooOld)
		// Nobody else is refused, and nobody who goes on.
		is(t, e.Once(background, fmt.Sprint("other ", i), "n", clock.Now()), nil)
		clock.Step(time.Second)
		is(t, e.Once(background, "exact", fmt.Sprint(i), clock.Now()), nil)
		is(t, e.Once(background, "fast", fmt.Sprint(i), clock.Now().Add(30*time.Second)), nil)
	}
	shut(t, e)
}
