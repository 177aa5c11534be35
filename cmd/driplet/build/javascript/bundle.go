package javascript

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// bundled is a plugin as one script.
type bundled struct {
	script         []byte
	places         []byte // where its lines come from
	warnings       []string
	asksSubscribed bool // one of the author's own files calls e.subscribed(…)
	pages          bool // kv.scanAfter(…), kv.all(…)
}

// libraryName is what plugins import.
const libraryName = "driplet"

// virtual is esbuild's name for the library in the binary.
const virtual = "driplet"

func bundle(o Options) (*bundled, error) {
	before, after := wrapper()
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: o.Dir,
		Stdin: &api.StdinOptions{
			Contents:   fmt.Sprintf("import %q;\nimport %q;\n", libraryName+"/exports", "./"+filepath.ToSlash(o.Entry)),
			ResolveDir: o.Dir, Sourcefile: virtual + ":entry",
		},
		Bundle: true, Write: false, Outdir: o.Dir, Metafile: true,
		Format: api.FormatIIFE, Platform: api.PlatformNeutral, Target: api.ES2023, MainFields: []string{"module", "main"},
		Sourcemap: api.SourceMapExternal, SourcesContent: api.SourcesContentExclude,
		Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone, LogLevel: api.LogLevelSilent,
		Banner: map[string]string{"js": before}, Footer: map[string]string{"js": after},
		Plugins: []api.Plugin{library(o)},
	})
	if len(r.Errors) > 0 {
		return nil, errors.New(strings.Join(format(r.Errors), "\n"))
	}
	b := &bundled{warnings: format(r.Warnings)}
	for _, f := range r.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			var err error
			if b.places, err = places(f.Contents); err != nil {
				return nil, err
			}
		} else {
			b.script = f.Contents
		}
	}
	return b, b.look(o.Dir, r.Metafile)
}

// library finds the guest library: the plugin's own copy, or the binary's.
func library(o Options) api.Plugin {
	own := filepath.Join(o.Dir, libraryName)
	if _, err := os.Stat(filepath.Join(own, "exports.ts")); err != nil {
		own = ""
	}
	return api.Plugin{Name: virtual, Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^" + libraryName + "(/exports)?$"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			file := "index.ts"
			if a.Path != libraryName {
				file = "exports.ts"
			}
			if own != "" {
				return api.OnResolveResult{Path: filepath.Join(own, file)}, nil
			}
			return api.OnResolveResult{Path: file, Namespace: virtual}, nil
		})
		b.OnResolve(api.OnResolveOptions{Filter: `^\./`, Namespace: virtual}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: path.Clean(a.Path) + ".ts", Namespace: virtual}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".", Namespace: virtual}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			text, err := fs.ReadFile(o.Library, a.Path)
			if err != nil {
				return api.OnLoadResult{}, err
			}
			contents := string(text)
			return api.OnLoadResult{Contents: &contents, Loader: api.LoaderTS}, nil
		})
	}}
}

// format words esbuild's messages: FILE:LINE:COLUMN: what, and the line.
func format(messages []api.Message) (out []string) {
	for _, m := range messages {
		text := m.Text
		if l := m.Location; l != nil {
			text = fmt.Sprintf("%s:%d:%d: %s", l.File, l.Line, l.Column+1, text)
			if line := strings.TrimSpace(l.LineText); line != "" {
				text += "\n    " + line
			}
		}
		for _, note := range m.Notes {
			if strings.Contains(note.Text, "api.PlatformNode") {
				note.Text = "a plugin has no Node: what the server offers is what \"driplet\" exports"
			}
			if strings.Contains(note.Text, "as external to exclude it") {
				note.Text = "is it misspelt, or not installed? The guest library is \"driplet\"; a package is added with npm install"
			}
			text += "\n  " + note.Text
		}
		out = append(out, text)
	}
	return out
}

// look finds in the author's own files what no bundler can tell.
func (b *bundled) look(dir, metafile string) error {
	var meta struct {
		Inputs map[string]struct{} `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return fmt.Errorf("esbuild's list of files: %w", err)
	}
	for file := range meta.Inputs {
		if fromLibrary(file) || strings.HasPrefix(file, "<") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			return err
		}
		b.asksSubscribed = b.asksSubscribed || subscribedCall.Match(text)
		b.pages = b.pages || pagesCall.Match(text)
	}
	return nil
}
