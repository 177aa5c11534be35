package plugin

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// find reads a plugin's manifest and code from the first source that has it.
func (h *Host) find(name, endpoint string) (*Manifest, []byte, error) {
	if validName(name) {
		for _, src := range h.Sources {
			for _, file := range []string{name + ".toml", name + "/" + name + ".toml"} {
				m, wasm, err := readPlugin(src, file)
				if errors.Is(err, fs.ErrNotExist) && m == nil {
					continue
				}
				if err == nil && m.Name != name {
					err = fmt.Errorf("%s: name = %q: a manifest bears its plugin's name: call the file %s.toml or the plugin %q", file, m.Name, m.Name, name)
				}
				return m, wasm, err
			}
		}
	}
	known := Available(h.Sources)
	if len(known) == 0 {
		return nil, nil, fmt.Errorf("endpoint %s lists the plugin %q, but there are no plugins: put %s.toml and %s.wasm into PluginDir", endpoint, name, name, name)
	}
	return nil, nil, fmt.Errorf("endpoint %s lists the plugin %q, which is none of %s: put %s.toml and its wasm file into PluginDir%s",
		endpoint, name, strings.Join(known, ", "), name, suggest(name, known))
}

// readPlugin reads one plugin. Where the manifest itself is missing there is
// no Manifest either.
func readPlugin(src fs.FS, file string) (*Manifest, []byte, error) {
	text, err := fs.ReadFile(src, file)
	if err != nil {
		return nil, nil, err
	}
	m, err := ParseManifest(path.Base(file), text)
	if err != nil {
		return &Manifest{}, nil, err
	}
	wasm, err := fs.ReadFile(src, path.Join(path.Dir(file), m.Wasm))
	if err != nil {
		return m, nil, m.errorf("%s names %s, which cannot be read: %w", path.Base(file), m.Wasm, err)
	}
	return m, wasm, nil
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
