package plugin

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// files are a plugin as it lies somewhere.
type files struct {
	*Manifest
	text, wasm []byte // the manifest's, and the code
	sum        sum
	own        bool // from the operator's folder
}

// sum tells versions apart, whatever number they bear.
type sum struct{ manifest, wasm [sha256.Size]byte }

// newFiles reads the manifest in file (for messages) for the plugin of that name.
func newFiles(name, file string, text []byte, wasm func(m *Manifest) ([]byte, error)) (*files, error) {
	m, err := ParseManifest(path.Base(file), text)
	if err != nil {
		return nil, err
	}
	f := &files{Manifest: m, text: text}
	if f.wasm, err = wasm(m); err != nil {
		return nil, err
	}
	if m.Name != name {
		return nil, fmt.Errorf("%s: name = %q: a manifest bears its plugin's name: call the file %s.toml or the plugin %q", file, m.Name, m.Name, name)
	}
	f.sum = sum{sha256.Sum256(text), sha256.Sum256(f.wasm)}
	return f, nil
}

// find reads a plugin from the first source that has it; nil: none has.
func (h *Host) find(name string) (*files, error) {
	if !validName(name) {
		return nil, nil
	}
	f, at, err := findIn(h.sources(), name)
	if f != nil {
		f.own = h.Dir != "" && at == 0
	}
	return f, err
}

// findIn is find in these sources; at is the place of the one that has it.
func findIn(sources []fs.FS, name string) (f *files, at int, err error) {
	for i, src := range sources {
		for _, file := range places(name) {
			if f, err := readPlugin(src, name, file, sources[i+1:]); f != nil || err != nil {
				return f, i, err
			}
		}
	}
	return nil, 0, nil
}

// places are the manifest's, in a folder of plugins: the first that is there
// counts.
func places(name string) []string { return []string{name + ".toml", name + "/" + name + ".toml"} }

// sources are the operator's folder and the others, in the order of a search.
func (h *Host) sources() []fs.FS {
	if h.Dir == "" {
		return h.Sources
	}
	return append([]fs.FS{os.DirFS(h.Dir)}, h.Sources...)
}

// unknown is the error about a plugin that no source has.
func (h *Host) unknown(name, endpoint string) error {
	known := Available(h.sources())
	if len(known) == 0 {
		return fmt.Errorf("endpoint %s lists the plugin %q, but there are no plugins: put %s.toml and %s.wasm into PluginDir", endpoint, name, name, name)
	}
	hint := ""
	if nearest(name, known) != "" {
		hint = suggest(name, known)
	}
	return fmt.Errorf("endpoint %s lists the plugin %q, which is none of %s: put %s.toml and its wasm file into PluginDir%s",
		endpoint, name, strings.Join(known, ", "), name, hint)
}

// readPlugin reads one plugin; nil without an error: there is no manifest. A
// manifest without code is for that of the same plugin in a later source: so an
// operator changes what a plugin in the binary may do. Its version is the code's.
func readPlugin(src fs.FS, name, file string, later []fs.FS) (*files, error) {
	text, err := fs.ReadFile(src, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", file, err)
	}
	return newFiles(name, file, text, func(m *Manifest) ([]byte, error) {
		wasm := path.Join(path.Dir(file), m.Wasm)
		if info, err := fs.Stat(src, wasm); err == nil && info.Size() > MaxModule {
			return nil, m.errorf("%s has %d bytes, the limit is %d", m.Wasm, info.Size(), MaxModule)
		}
		code, err := fs.ReadFile(src, wasm)
		if errors.Is(err, fs.ErrNotExist) && m.Wasm == name+".wasm" {
			if f, _, err := findIn(later, name); f != nil && err == nil {
				m.Version = f.Version
				return f.wasm, nil
			}
		}
		if err != nil {
			return nil, m.errorf("%s names %s, which cannot be read: %w", path.Base(file), m.Wasm, err)
		}
		return code, nil
	})
}

// Available lists the plugins that the sources hold, each once.
func Available(sources []fs.FS) []string {
	var names []string
	seen := map[string]bool{}
	for _, src := range sources {
		for _, glob := range []string{"*.toml", "*/*.toml"} {
			files, _ := fs.Glob(src, glob) // the pattern is well formed
			for _, file := range files {
				name := strings.TrimSuffix(path.Base(file), ".toml")
				if dir := path.Dir(file); !seen[name] && validName(name) && (dir == "." || dir == name) {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
	}
	return names
}
