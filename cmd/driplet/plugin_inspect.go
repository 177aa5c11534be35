package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
	"github.com/driplet/driplet/core/plugin/meter"
	"github.com/driplet/driplet/core/target"
)

func pluginInspectCommand() command {
	c := command{
		name:    "plugin inspect",
		args:    "[FOLDER|NAME.toml|FILE.wasm]",
		summary: "look into a built plugin: what it needs, and whether it would load",
		help: `
Prints a wasm file's size, memory, language, exports and imports, with the
capability that each import needs and what the manifest grants of it; and loads
it as a server would. FILE.wasm goes with the manifest of the same name beside
it; without one it is loaded with everything granted. Exit code 1: it would not
load.

Examples:
  driplet plugin inspect plugins/quiz
  driplet plugin inspect -json quiz.wasm
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		asJSON := fs.Bool("json", false, "print JSON")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 1 {
			return c.misused(t, "it takes one plugin, not %d", len(rest))
		}
		i, err := inspect(ctx, append(rest, ".")[0])
		if errors.Is(err, errUnbuilt) {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		if err != nil {
			return c.cannotOpen(t, err)
		}
		if *asJSON {
			fmt.Fprintln(t.out, jsonOf(i))
		} else {
			i.print(t)
		}
		if i.Fault != "" {
			return exitFailure
		}
		return exitOK
	}
	return c
}

// inspection is what there is to say of a wasm file.
type inspection struct {
	File      string         `json:"file"`
	Manifest  string         `json:"manifest,omitempty"`
	Name      string         `json:"name,omitempty"`
	Version   string         `json:"version,omitempty"`
	Language  string         `json:"language,omitempty"`
	Producers []string       `json:"producers,omitempty"`
	Size      int            `json:"size"`
	Code      int            `json:"code"`
	Data      int            `json:"data"`
	Debug     int            `json:"debug"`
	Functions int            `json:"functions"`
	Named     int            `json:"named"`
	Largest   int            `json:"largest"`
	LargestAt string         `json:"largest_at,omitempty"`
	Memory    int64          `json:"memory"`               // bytes at first
	MaxMemory int64          `json:"max_memory,omitempty"` // as the module says it
	Limit     int64          `json:"memory_limit"`         // as the server has it
	Exports   []meter.Extern `json:"exports"`
	Imports   []plugin.Asked `json:"imports"`
	Metered   int            `json:"metered,omitempty"` // bytes after metering
	LoadTime  int64          `json:"load_ms"`           // metering, compiling, one instance
	Fault     string         `json:"fault,omitempty"`   // why it would not load
}

func inspect(ctx context.Context, arg string) (*inspection, error) {
	i := &inspection{File: arg}
	folder, err := openPlugin(manifestOf(arg))
	switch {
	case err == nil:
		i.File, i.Manifest = folder.wasm(), filepath.Join(folder.dir, folder.manifest.Name+".toml")
		i.Name, i.Version = folder.manifest.Name, folder.manifest.Version
	case !strings.HasSuffix(arg, ".wasm") || !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	wasm, err := os.ReadFile(i.File)
	if err != nil {
		if folder != nil {
			_, err = folder.built()
		} else if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no file %s: build the plugin first, or name its folder", i.File)
		}
		return nil, err
	}
	d, err := meter.Describe(wasm)
	i.describe(d)
	if err != nil {
		i.Fault = err.Error()
		return i, nil
	}
	var m *plugin.Manifest
	if folder != nil {
		m = folder.manifest
	}
	i.Imports = plugin.Ask(wasm, d.Imports, m)
	i.Limit = plugin.MemoryLimit(m, wasm)
	if metered, err := meter.Rewrite(wasm, meter.Options{}); err == nil {
		i.Metered = len(metered)
	}
	start := time.Now()
	if folder != nil {
		err = tryPlugin(ctx, os.DirFS(folder.dir), folder.manifest.Name)
	} else {
		err = tryUngranted(ctx, wasm)
	}
	i.LoadTime = time.Since(start).Milliseconds()
	if err != nil {
		i.Fault = err.Error()
	}
	return i, nil
}

// manifestOf is the manifest beside a wasm file; other arguments stay.
func manifestOf(arg string) string {
	if base, ok := strings.CutSuffix(arg, ".wasm"); ok {
		return base + ".toml"
	}
	return arg
}

func (i *inspection) describe(d *meter.Description) {
	const page = 64 << 10
	i.Language, i.Producers = d.Language(), d.Producers
	i.Size, i.Code, i.Data, i.Debug = d.Size, d.Code, d.Data, d.Debug
	i.Functions, i.Named, i.Largest, i.LargestAt = d.Functions, d.Named, d.Largest, d.LargestAt
	i.Memory, i.MaxMemory = int64(d.Pages)*page, int64(d.MaxPages)*page
	i.Exports = d.Exports
}

// tryPlugin loads a plugin as a server would, and makes an instance.
func tryPlugin(ctx context.Context, source fs.FS, name string) error {
	h := plugin.NewHost(plugin.Options{
		Sources: []fs.FS{source}, Store: new(cases.Store), ParseTarget: target.Parse, Log: slog.New(slog.DiscardHandler),
	})
	err := h.Load(ctx, []*core.Endpoint{{Name: cases.Endpoint, Plugins: []string{name}}})
	return errors.Join(err, h.Close())
}

// allGranted is the manifest of a module that has none.
const allGranted = `name = "module"
version = "?"
abi = 1
events = ["*"]
[capabilities]
publish = ["*"]
subscribe = ["*"]
presence = ["*"]
history = ["*"]
kv = "8 MiB"
http = ["https://example.com/"]
`

func tryUngranted(ctx context.Context, wasm []byte) error {
	dir, err := os.MkdirTemp("", "driplet-inspect-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string][]byte{"module.toml": []byte(allGranted), "module.wasm": wasm} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return tryPlugin(ctx, os.DirFS(dir), "module")
}

func (i *inspection) print(t *terminal) {
	line := func(what, format string, args ...any) {
		fmt.Fprintf(t.out, "%-10s %s\n", what, visible(fmt.Sprintf(format, args...)))
	}
	line("file", "%s, %s bytes: code %s, data %s%s", i.File, grouped(int64(i.Size)), grouped(int64(i.Code)), grouped(int64(i.Data)), i.debug())
	if i.Manifest != "" {
		line("manifest", "%s: %s %s", i.Manifest, i.Name, i.Version)
	} else {
		line("manifest", "none beside it: what it needs is shown, not what it is granted")
	}
	line("language", "%s", orUnknown(i.Language))
	if len(i.Producers) > 0 {
		line("", "%s", strings.Join(i.Producers, "; "))
	}
	line("functions", "%s, %s; the largest has %s bytes: %s", grouped(int64(i.Functions)), i.names(), grouped(int64(i.Largest)), i.LargestAt)
	most := "no maximum of its own"
	if i.MaxMemory > 0 {
		most = "its own maximum is " + inKiB(i.MaxMemory)
	}
	if i.Limit > 0 {
		most += ", the server's limit " + inKiB(i.Limit)
	}
	line("memory", "%s at first; %s", inKiB(i.Memory), most)
	exports := make([]string, len(i.Exports))
	for k, e := range i.Exports {
		exports[k] = e.Name
	}
	line("exports", "%s", shortened(strings.Join(exports, " ")))
	what := "imports"
	for _, a := range i.Imports {
		line(what, "%s", importLine(&a, i.Manifest != ""))
		what = ""
	}
	if i.Metered > 0 {
		line("metered", "%s bytes", grouped(int64(i.Metered)))
	}
	if i.Fault != "" {
		line("loads", "NO: %s", i.Fault)
		return
	}
	line("loads", "yes, in %d ms on this machine", i.LoadTime)
}

func (i *inspection) debug() string {
	if i.Debug == 0 {
		return ""
	}
	return fmt.Sprintf(", for debuggers %s (left out at load)", grouped(int64(i.Debug)))
}

func (i *inspection) names() string {
	switch i.Named {
	case 0:
		return "none with a name: errors will not say where it failed (build it with its name section: no --strip-all, no -s)"
	case i.Functions:
		return "all with names"
	}
	return fmt.Sprintf("%s with names", grouped(int64(i.Named)))
}

func orUnknown(s string) string {
	if s == "" {
		return "not told"
	}
	return s
}

func inKiB(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%s KiB", grouped(n>>10))
}

// importLine is an import with what it needs and what it gets.
func importLine(a *plugin.Asked, withManifest bool) string {
	name := a.Name
	if a.Module != plugin.Module {
		name = a.Module + "." + a.Name
	}
	switch {
	case a.Fault != "":
		return fmt.Sprintf("%-14s NO: %s", name, a.Fault)
	case a.Needs == "":
		return name
	case !withManifest:
		return fmt.Sprintf("%-14s needs %s", name, a.Needs)
	}
	return fmt.Sprintf("%-14s needs %s, granted: %s", name, a.Needs, a.Granted)
}
