package plugin

import (
	"os"
	"path/filepath"
	"strings"
)

// strays are files in Dir that somebody has put there for nothing.
type strays struct {
	files  string          // all that lie there, as of the last look
	judged bool            // when they had been the same for two
	told   map[string]bool // the strays among them
}

// look tells of each once, when two looks have found the same files: a copy
// takes its time.
func (s *strays) look(h *Host, entries []os.DirEntry) {
	inside, _ := filepath.Glob(filepath.Join(h.Dir, "*", "*.toml")) // the pattern is well formed
	files := strings.Join(inside, "\n")
	for _, e := range entries {
		files += "\n" + e.Name()
	}
	if files != s.files {
		s.files, s.judged = files, false
		return
	}
	if s.judged {
		return
	}
	found := map[string]bool{}
	for _, e := range entries {
		file, why := h.stray(e.Name())
		if why == "" {
			continue
		}
		if found[file] = true; !s.told[file] {
			h.Log.Warn("a file in PluginDir is for nothing: "+why, "file", file)
		}
	}
	s.judged, s.told = true, found
}

// stray is what nothing comes of, and why, at an entry of Dir; "": nothing.
func (h *Host) stray(entry string) (file, why string) {
	ext := filepath.Ext(entry)
	name := strings.TrimSuffix(entry, ext)
	there := func(path ...string) bool {
		_, err := os.Stat(filepath.Join(append([]string{h.Dir}, path...)...))
		return err == nil
	}
	switch {
	case strings.HasPrefix(entry, "."):
	case ext == ".toml" && !validName(name):
		return entry, "a manifest bears its plugin's name: a-z, 0-9, _ and -, beginning with a letter"
	case ext == ".toml" && there(name, entry):
		return filepath.Join(name, entry), entry + " beside its folder counts: remove one of them"
	case ext == ".wasm" && !there(name+".toml"):
		if owner, err := codeOwner(h.Dir, entry, ""); err == nil && owner == "" {
			return entry, "no manifest names it: put " + name + ".toml beside it, or use 'driplet plugin push'"
		}
	}
	return "", ""
}
