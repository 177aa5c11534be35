package plugintest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
)

// Store is a plugin.Store in memory.
type Store = cases.Store

// Services stands in for node.
type Services = cases.Services

// RunCase runs one case against the plugin name in source, patiently. cache is a
// folder for compiled code; "" compiles anew. The error tells every difference
// between what was expected and what came.
func RunCase(ctx context.Context, source fs.FS, name string, src []byte, cache string) error {
	c, err := cases.Parse(src)
	if err != nil {
		return err
	}
	var faults []error
	err = cases.Play(ctx, source, name, c, cases.Options{Cache: cache, LeastDeadline: plugin.MaxDeadline, Played: func(p *cases.Played) {
		for _, d := range p.Differences {
			faults = append(faults, fmt.Errorf("%s: %s", p, d))
		}
	}})
	return errors.Join(append(faults, err)...)
}

// RunCases runs every JSON file in folder/cases against the plugin name in
// folder (NAME.toml and its wasm file), each as a subtest.
func RunCases(t *testing.T, folder, name string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "cases", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s holds no cases/*.json", folder)
	}
	cache := t.TempDir()
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := RunCase(t.Context(), os.DirFS(folder), name, src, cache); err != nil {
				t.Error(err)
			}
		})
	}
}
