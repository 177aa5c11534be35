package plugin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// WatchEvery is how often a server looks at its folder of plugins: a person who
// has put a file there waits two of them.
const WatchEvery = time.Second

// Watch looks at Dir every so often until ctx ends, and reloads what has
// changed there. What is still being written is left until two looks find it
// the same; whether it is another version its content says, not its date. What
// fails is tried again when it changes, or another plugin has changed.
func (h *Host) Watch(ctx context.Context, every time.Duration) {
	if h.Dir == "" {
		return
	}
	w := watch{host: h, sights: map[string]*sight{}}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.look(ctx)
		}
	}
}

// watch is what Watch knows.
type watch struct {
	host   *Host
	sights map[string]*sight
	code   map[string]string // of this look: how the wasm files of a folder look
	blind  bool              // the folder could not be read at the last look
	strays strays
}

// sight is a plugin in the folder, as it was seen.
type sight struct {
	stamp  string // at the last look
	judged string // when it was last reloaded
	failed bool
}

// fresh stands for a stamp where none was seen: it is none.
const fresh = "-"

func (w *watch) look(ctx context.Context) {
	entries, err := os.ReadDir(w.host.Dir)
	if err != nil {
		// Not a folder without plugins: they go on serving.
		if !w.blind {
			w.host.Log.Error("PluginDir cannot be read: changes there go unnoticed until it can", "error", err)
		}
		w.blind = true
		return
	}
	w.blind, w.code = false, map[string]string{}
	w.strays.look(w.host, entries)
	names := Available(w.host.sources()[:1])
	for name := range w.sights {
		names = append(names, name)
	}
	names = append(names, w.host.own()...)
	slices.Sort(names)
	changed := false
	for _, name := range slices.Compact(names) {
		changed = w.judge(ctx, name) || changed
	}
	if !changed {
		return
	}
	for _, s := range w.sights {
		if s.failed { // perhaps only beside what has changed
			s.judged = fresh
		}
	}
}

// own are the plugins that serve out of Dir: their files may go before a look
// has found them.
func (h *Host) own() (names []string) {
	for _, t := range *h.tenants.Load() {
		for _, b := range t.bindings {
			if b.own {
				names = append(names, b.Name)
			}
		}
	}
	return names
}

// judge reloads a plugin that has changed and changes no more, and reports
// whether another version serves.
func (w *watch) judge(ctx context.Context, name string) bool {
	s := w.sights[name]
	if s == nil {
		s = &sight{stamp: fresh, judged: fresh}
		w.sights[name] = s
	}
	stamp := w.stamp(name)
	if stamp != s.stamp {
		s.stamp = stamp
		return false
	}
	if stamp == s.judged {
		return false
	}
	c, err := w.host.Reload(ctx, name)
	s.judged, s.failed = stamp, err != nil
	if stamp == "" && err == nil {
		delete(w.sights, name)
	}
	return err == nil && !c.Unchanged
}

// stamp tells whether a plugin's manifest, or a wasm file beside it, may have
// changed; "": there is no manifest.
func (w *watch) stamp(name string) string {
	for _, place := range places(name) {
		file := filepath.Join(w.host.Dir, filepath.FromSlash(place))
		if info, err := os.Stat(file); err == nil {
			return appearance(file, info) + w.codeIn(filepath.Dir(file))
		}
	}
	return ""
}

// codeIn is how the wasm files of a folder look, read once a look.
func (w *watch) codeIn(folder string) string {
	if seen, ok := w.code[folder]; ok {
		return seen
	}
	var b strings.Builder
	entries, _ := os.ReadDir(folder) // what cannot be read shows when it is loaded
	for _, e := range entries {
		file := filepath.Join(folder, e.Name())
		if !strings.HasSuffix(file, ".wasm") {
			continue
		}
		if info, err := os.Stat(file); err == nil {
			b.WriteString(appearance(file, info))
		}
	}
	w.code[folder] = b.String()
	return b.String()
}

func appearance(file string, info os.FileInfo) string {
	return fmt.Sprintf("%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
}
