package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/driplet/driplet/cmd/driplet/build"
	"github.com/driplet/driplet/cmd/driplet/build/javascript"
)

// engineVariable names the JavaScript engine's file, as -engine does.
const engineVariable = "DRIPLET_QUICKJS"

func pluginBuildCommand() command {
	c := command{
		name:    "plugin build",
		args:    "[FOLDER|FILE]",
		summary: "build a plugin's wasm file from its source, in any of the languages",
		help: `
Builds the plugin in FOLDER (default: the one you are in), or the one whose main
file is FILE. The language shows in the files; each needs its own tools:

  JavaScript, TypeScript   none: the bundler is in this binary
  AssemblyScript           Node 20 or newer with npm
  C                        clang and wasm-ld
  Go                       Go 1.24 or newer
  Rust                     rustc with the target wasm32-unknown-unknown

The manifest NAME.toml names the plugin and its wasm file. What was built is
loaded as a server would, so that a call which the manifest does not grant shows
now. Without a manifest it is FILE.wasm, loaded with everything granted.

JavaScript runs on QuickJS (quickjs.wasm of the npm package quickjs-wasi ` + javascript.EngineVersion + `,
637 KB): it is downloaded once, checked, and kept in your cache folder. -engine
takes it, or its package, from a file instead, and so does the environment's
` + engineVariable + `.

Examples:
  driplet plugin build
  driplet plugin build chat.ts
  driplet plugin build -o /etc/driplet/plugins/quiz.wasm plugins/quiz
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		out := fs.String("o", "", "write to this `file` (default: as the manifest says, beside it)")
		engine := fs.String("engine", "", "the JavaScript engine's `file`: quickjs.wasm, or its npm package")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 1 {
			return c.misused(t, "it takes one folder or file, not %d", len(rest))
		}
		o, manifest, err := toBuild(append(rest, ".")[0])
		if err != nil {
			return c.cannotOpen(t, err)
		}
		if *out != "" {
			o.Out = *out
		}
		o.Env, o.Output = t.env, t.err
		o.Engine = javascript.Source{
			File: firstOf(*engine, lookup(t.env, engineVariable)), Cache: cacheFolder(),
			Say: func(format string, args ...any) { fmt.Fprintf(t.err, format+"\n", args...) },
		}
		start := time.Now()
		b, err := build.Run(ctx, *o)
		if err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		for _, w := range b.Warnings {
			fmt.Fprintf(t.err, "warning: %s\n", w)
		}
		return checkBuilt(ctx, t, o, b, manifest, time.Since(start))
	}
	return c
}

// toBuild is what a folder or a main file holds. The manifest may be missing.
func toBuild(arg string) (*build.Options, *pluginFolder, error) {
	info, err := os.Stat(arg)
	if err != nil {
		return nil, nil, fmt.Errorf("there is no folder or file %s", arg)
	}
	o := &build.Options{Dir: arg}
	if !info.IsDir() && !strings.HasSuffix(arg, ".toml") {
		o.Dir, o.File = filepath.Split(arg)
		o.Dir = filepath.Clean(o.Dir)
	}
	where := o.Dir
	own := strings.TrimSuffix(arg, filepath.Ext(arg)) + ".toml"
	if _, err := os.Stat(own); o.File != "" && err == nil {
		where = own
	}
	p, err := openPlugin(where)
	switch {
	case err == nil:
		o.Dir, o.Name, o.Out, o.Stack = p.dir, p.manifest.Name, p.wasm(), p.manifest.Limits.Stack
		return o, p, nil
	case o.File == "" || !errors.Is(err, errNoManifest):
		return nil, nil, err
	}
	o.Name = strings.TrimSuffix(o.File, filepath.Ext(o.File))
	o.Out = filepath.Join(o.Dir, o.Name+".wasm")
	return o, nil, nil
}

// checkBuilt loads what was built, as a server would.
func checkBuilt(ctx context.Context, t *terminal, o *build.Options, b *build.Built, manifest *pluginFolder, took time.Duration) int {
	wasm, err := os.ReadFile(o.Out)
	if err != nil {
		fmt.Fprintf(t.err, "driplet: %v\n", err)
		return exitFailure
	}
	fmt.Fprintf(t.out, "%s: %s, %s bytes, in %.1f s\n", o.Out, b.Language, grouped(int64(len(wasm))), took.Seconds())
	if manifest == nil {
		fmt.Fprintf(t.err, "warning: %s is not there: a server needs it, and what the plugin may do was not checked\n", filepath.Join(o.Dir, o.Name+".toml"))
		err = tryUngranted(ctx, wasm)
	} else {
		err = tryPlugin(ctx, withWasm{os.DirFS(o.Dir), manifest.manifest.Wasm, o.Out}, manifest.manifest.Name)
	}
	if err != nil {
		fmt.Fprintf(t.err, "driplet: it was built, but no server would load it: %v\n", err)
		return exitFailure
	}
	return exitOK
}

// withWasm is a plugin's folder with the wasm file that was built, wherever
// that was put.
type withWasm struct {
	fs.FS
	name, file string
}

// Open opens a file of the folder.
func (w withWasm) Open(name string) (fs.File, error) {
	if name == w.name {
		return os.Open(w.file)
	}
	return w.FS.Open(name)
}

// cacheFolder is where the engine is kept; the current folder where a user has
// none.
func cacheFolder() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = "."
	}
	return filepath.Join(dir, "driplet")
}
