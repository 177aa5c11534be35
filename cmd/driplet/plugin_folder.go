package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/driplet/driplet/cmd/driplet/build"
	"github.com/driplet/driplet/core/plugin"
)

// pluginFolder is a plugin where its author works: NAME.toml, NAME.wasm, the
// source, cases/.
type pluginFolder struct {
	dir      string
	manifest *plugin.Manifest
}

// file is the manifest's.
func (p *pluginFolder) file() string { return filepath.Join(p.dir, p.manifest.Name+".toml") }

// seen tells how the manifest and the sources look: another text, another save.
func (p *pluginFolder) seen() string {
	newest, at := p.newestSource()
	info, err := os.Stat(p.file())
	if err != nil {
		return fmt.Sprint(newest, at)
	}
	return fmt.Sprint(newest, at, info.ModTime(), info.Size())
}

func (p *pluginFolder) wasm() string { return filepath.Join(p.dir, p.manifest.Wasm) }

// isPluginFolder reports whether an argument names a folder or a manifest.
func isPluginFolder(arg string) bool {
	info, err := os.Stat(arg)
	return strings.HasSuffix(arg, ".toml") || err == nil && info.IsDir()
}

// openPlugin finds the plugin in a folder, or of a manifest.
func openPlugin(arg string) (*pluginFolder, error) {
	if strings.HasSuffix(arg, ".toml") {
		return readPluginFolder(arg)
	}
	if _, err := os.Stat(arg); err != nil {
		return nil, fmt.Errorf("there is no folder %s: name the plugin's folder, or its manifest", arg)
	}
	files, err := filepath.Glob(filepath.Join(arg, "*.toml"))
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(file string) bool { // Rust's and this server's own
		return slices.Contains([]string{"Cargo.toml", "rust-toolchain.toml", defaultConfig}, filepath.Base(file))
	})
	switch len(files) {
	case 0:
		return nil, fmt.Errorf("%s holds %w: name the plugin's folder, or start one with 'driplet plugin new'", arg, errNoManifest)
	case 1:
		return readPluginFolder(files[0])
	}
	var found []*pluginFolder
	for _, file := range files {
		if p, err := readPluginFolder(file); err == nil {
			found = append(found, p)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return nil, fmt.Errorf("%s holds several manifests: name one of %s", arg, strings.Join(files, ", "))
}

// errNoManifest: a folder holds none.
var errNoManifest = errors.New("no manifest NAME.toml")

// errUnbuilt: a plugin's wasm file is missing.
var errUnbuilt = errors.New("is not there")

// manifestError: the command is used as it is meant to be, and a manifest is wrong.
type manifestError struct{ error }

// cannotOpen says why there is no plugin to work with.
func (c *command) cannotOpen(t *terminal, err error) int {
	if wrong := (manifestError{}); errors.As(err, &wrong) {
		fmt.Fprintf(t.err, "driplet: %v\n", err)
		return exitUsage
	}
	return c.misused(t, "%v", err)
}

func readPluginFolder(file string) (*pluginFolder, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the manifest cannot be read: %w", err)
	}
	m, err := plugin.ParseManifest(file, src)
	if err != nil {
		return nil, manifestError{err}
	}
	if want := m.Name + ".toml"; filepath.Base(file) != want {
		return nil, manifestError{fmt.Errorf("%s: name = %q: a manifest bears its plugin's name: call the file %s", file, m.Name, want)}
	}
	return &pluginFolder{dir: filepath.Dir(file), manifest: m}, nil
}

// sources are what plugins are built from.
var sources = []string{".ts", ".js", ".mjs", ".mts", ".go", ".rs", ".c", ".h", ".cc", ".cpp", ".zig"}

// built says what is wrong with the wasm file: err that there is none, warning
// that a source is newer.
func (p *pluginFolder) built() (warning string, err error) {
	how := p.buildCommand()
	if build.Knows(p.dir, p.manifest.Name) {
		how = ownBuild // checks what it has built
	}
	if how != "" {
		how = ": build it with " + how
	}
	info, err := os.Stat(p.wasm())
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s %w%s", p.wasm(), errUnbuilt, how)
	}
	if err != nil {
		return "", err
	}
	newest, at := p.newestSource()
	if newest == "" || !at.After(info.ModTime()) {
		return "", nil
	}
	return fmt.Sprintf("%s is older than %s%s", p.wasm(), newest, how), nil
}

func (p *pluginFolder) newestSource() (newest string, at time.Time) {
	// What cannot be read is no source.
	filepath.WalkDir(p.dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		name := entry.Name()
		if entry.IsDir() {
			if file != p.dir && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "target", "build", "dist", "cases"}, name)) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains(sources, filepath.Ext(name)) {
			return nil
		}
		if info, err := entry.Info(); err == nil && info.ModTime().After(at) {
			newest, at = file, info.ModTime()
		}
		return nil
	})
	return newest, at
}

// buildCommand is how the folder is built, as one types it there; "" is not
// known.
func (p *pluginFolder) buildCommand() string {
	if _, err := os.Stat(filepath.Join(p.dir, "build.sh")); err == nil {
		return "./build.sh"
	}
	if build.Knows(p.dir, p.manifest.Name) {
		return ownBuild
	}
	if text, err := os.ReadFile(filepath.Join(p.dir, "package.json")); err == nil && strings.Contains(string(text), `"build"`) {
		return "npm run build"
	}
	return ""
}

// ownBuild is the command that builds without a script.
const ownBuild = "driplet plugin build"
