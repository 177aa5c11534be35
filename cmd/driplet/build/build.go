// Package build makes a plugin's wasm file from its source, in every language
// that there is a guest library for: it finds out the language, runs its
// toolchain, and says what to install when that is missing.
package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/driplet/driplet/cmd/driplet/build/javascript"
	"github.com/driplet/driplet/plugins"
)

// Options is what is built.
type Options struct {
	Dir    string // the plugin's folder
	File   string // its main file, relative to Dir; "" is found by its name
	Name   string // the plugin's name: NAME.ts may be its main file
	Out    string // the wasm file
	Stack  int    // the manifest's limits.stack, bytes; 0 is the server's default
	Engine javascript.Source
	Env    []string  // of the tools
	Output io.Writer // what the tools print
}

// Built tells what was made.
type Built struct {
	Language string
	File     string // the main file
	Warnings []string
}

// Run builds a plugin. The file at Out is replaced when everything went well,
// else it stays as it was. Errors say what to do.
func Run(ctx context.Context, o Options) (*Built, error) {
	l, file, err := find(&o)
	if err != nil {
		return nil, err
	}
	b := &job{Options: o, Built: Built{Language: l.name, File: file}}
	if b.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if b.Out, err = filepath.Abs(o.Out); err != nil {
		return nil, err
	}
	if b.temp, err = os.MkdirTemp(filepath.Dir(b.Out), ".driplet-build-"); err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w. Name a file elsewhere with -o", o.Out, err)
	}
	defer os.RemoveAll(b.temp)
	b.made = filepath.Join(b.temp, "plugin.wasm")
	if err := l.build(b, ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(o.Dir, file), err)
	}
	if err := os.Chmod(b.made, 0o644); err != nil {
		return nil, err
	}
	return &b.Built, os.Rename(b.made, b.Out)
}

// job is one build.
type job struct {
	Options
	Built
	temp string // a folder beside Out
	made string // the wasm file, in temp
}

// library is the guest library: the plugin's own copy, or one out of the binary.
func (b *job) library() (string, error) {
	own := filepath.Join(b.Dir, "driplet")
	if _, err := os.Stat(own); err == nil {
		return own, nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	dir := filepath.Join(b.temp, "driplet")
	return dir, plugins.WriteLibrary(dir, b.Language)
}

func (b *job) javascript(ctx context.Context) error {
	engine, err := javascript.Engine(ctx, b.Engine)
	if err != nil {
		return err
	}
	library, adapter := plugins.JavaScript()
	wasm, warnings, err := javascript.Build(javascript.Options{Dir: b.Dir, Entry: b.Built.File, Engine: engine, Stack: b.Stack, Library: library, Adapter: adapter})
	if err != nil {
		return err
	}
	b.Warnings = warnings
	return os.WriteFile(b.made, wasm, 0o600)
}
