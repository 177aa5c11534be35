package plugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/driplet/driplet/core"
)

// Push checks a plugin as Reload does, writes it into Dir, where a restart finds
// it, and lets it serve. Errors are *core.Error: bad_request with the text for
// the plugin's author, conflict where the server has no folder to keep it.
func (h *Host) Push(ctx context.Context, name string, manifest, wasm []byte) (Change, error) {
	h.changing.Lock()
	defer h.changing.Unlock()
	c := Change{Plugin: name}
	switch {
	case !validName(name):
		return c, core.Errorf(core.CodeBadRequest, "%.80q is no plugin's name: a-z, 0-9, _ and -, beginning with a letter, at most 32 characters", name)
	case h.Dir == "":
		return c, core.Errorf(core.CodeConflict, "this server has no folder for plugins: set Global.PluginDir and start it anew")
	case len(wasm) > MaxModule:
		return c, core.Errorf(core.CodeTooLarge, "the wasm file has %d bytes, the limit is %d", len(wasm), MaxModule)
	}
	f, err := newFiles(name, name+".toml", manifest, func(*Manifest) ([]byte, error) { return wasm, nil })
	if err == nil {
		f.own = true
		c, err = h.change(ctx, name, f, func() error { return h.save(f) })
	}
	if c, err = h.reported(c, err, mendPush); err == nil {
		return c, nil
	}
	var coded *core.Error
	if !errors.As(err, &coded) {
		coded = core.Errorf(core.CodeBadRequest, "%v", err)
	}
	return c, coded
}

// What a push writes lies first in a folder beginning with pushing; it counts
// from the moment at which that is renamed to begin with pushed. Then its files
// are moved to their places; a server that was stopped in between does so when
// it starts. So manifest and code change together or not at all.
const (
	pushing = ".pushing-"
	pushed  = ".pushed-"
)

// save writes a plugin into Dir.
func (h *Host) save(f *files) error {
	if err := h.unshared(f); err != nil {
		return err
	}
	if err := h.write(f); err != nil {
		return core.Errorf(core.CodeUnavailable, "%s %s is fine, but cannot be written into PluginDir: %v", f.Name, f.Version, err)
	}
	return nil
}

func (h *Host) write(f *files) (err error) {
	draft, whole := filepath.Join(h.Dir, pushing+f.Name), filepath.Join(h.Dir, pushed+f.Name)
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(draft), os.RemoveAll(whole))
		}
	}()
	if err := os.Mkdir(draft, 0o750); err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(draft, f.Wasm), f.wasm); err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(draft, f.Name+".toml"), f.text); err != nil {
		return err
	}
	if err := errors.Join(synced(draft), os.Rename(draft, whole), synced(h.Dir)); err != nil {
		return err
	}
	return h.place(f.Name)
}

// unshared refuses to overwrite the code of another plugin in the same folder.
func (h *Host) unshared(f *files) error {
	if h.placeOf(f.Name) != h.Dir {
		return nil
	}
	owner, err := codeOwner(h.Dir, f.Wasm, f.Name)
	if err == nil && owner != "" {
		err = core.Errorf(core.CodeConflict, "%s names %s, which is the file of the plugin %s: name another one with wasm = \"%s.wasm\"", f.Name, f.Wasm, owner, f.Name)
	}
	return err
}

// placeOf is the folder where a plugin is, or is to be put.
func (h *Host) placeOf(name string) string {
	if _, err := os.Stat(filepath.Join(h.Dir, name+".toml")); err == nil {
		return h.Dir
	}
	return filepath.Join(h.Dir, name)
}

// place moves the files of a push that counts to where they belong. Done again
// after a stop in between, it does the rest.
func (h *Host) place(name string) error {
	whole, to := filepath.Join(h.Dir, pushed+name), h.placeOf(name)
	if err := os.MkdirAll(to, 0o750); err != nil {
		return err
	}
	files, err := os.ReadDir(whole)
	if err != nil {
		return err
	}
	move := func(suffix string) error {
		for _, file := range files {
			if strings.HasSuffix(file.Name(), suffix) {
				if err := os.Rename(filepath.Join(whole, file.Name()), filepath.Join(to, file.Name())); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := move(".wasm"); err != nil {
		return err
	}
	h.removeOldCode(name, whole, to)
	if err := move(".toml"); err != nil { // last: it names the code
		return err
	}
	return errors.Join(synced(to), os.RemoveAll(whole))
}

// removeOldCode removes the file that a plugin's manifest in the folder to names
// as its code, where the manifest that was pushed names another, and no other
// plugin there names it. Done before the manifest changes, so that a stop in
// between forgets nothing. What cannot be removed is in nobody's way.
func (h *Host) removeOldCode(name, whole, to string) {
	code := func(folder string) string {
		text, err := os.ReadFile(filepath.Join(folder, name+".toml"))
		if err != nil {
			return ""
		}
		m, err := ParseManifest(name+".toml", text)
		if err != nil {
			return ""
		}
		return m.Wasm
	}
	old, next := code(to), code(whole)
	if old == "" || next == "" || old == next {
		return
	}
	if owner, err := codeOwner(to, old, name); err != nil || owner != "" {
		return
	}
	if err := os.Remove(filepath.Join(to, old)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		h.Log.Warn("the code of a plugin before a push cannot be removed", "plugin", name, "error", err)
	}
}

// codeOwner is the plugin whose manifest in a folder names that file as its
// code, other than the one of this name; "": none.
func codeOwner(folder, wasm, name string) (owner string, err error) {
	others, err := filepath.Glob(filepath.Join(folder, "*.toml"))
	if err != nil {
		return "", err
	}
	for _, file := range others {
		text, err := os.ReadFile(file)
		if err != nil || filepath.Base(file) == name+".toml" {
			continue
		}
		if m, err := ParseManifest(filepath.Base(file), text); err == nil && m.Wasm == wasm {
			return m.Name, nil
		}
	}
	return "", nil
}

// recoverPushes ends what an earlier run did not.
func (h *Host) recoverPushes() error {
	if h.Dir == "" {
		return nil
	}
	entries, err := os.ReadDir(h.Dir)
	if err != nil {
		return fmt.Errorf("PluginDir cannot be read: %w", err)
	}
	for _, e := range entries {
		if name, ok := strings.CutPrefix(e.Name(), pushed); ok && validName(name) {
			if err := h.place(name); err != nil {
				return fmt.Errorf("PluginDir holds a plugin %s that was pushed, but cannot be put in its place: %w", name, err)
			}
			h.Log.Info("a plugin that was pushed is put in its place", "plugin", name)
		} else if name, ok := strings.CutPrefix(e.Name(), pushing); ok && validName(name) {
			if err := os.RemoveAll(filepath.Join(h.Dir, e.Name())); err != nil && !errors.Is(err, fs.ErrPermission) {
				return err
			}
		}
	}
	return nil
}

// writeSynced writes a new file that will outlast a loss of power.
func writeSynced(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// synced makes what was renamed in a folder last.
func synced(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
