package plugintest

import (
	"context"
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

// EffectJSON is an effect as cases write it.
func EffectJSON(e *plugin.Effect) map[string]any { return cases.EffectJSON(e) }

// RunCase runs one case; see cases.Run.
func RunCase(ctx context.Context, source fs.FS, name string, src []byte, cache string) error {
	return cases.Run(ctx, source, name, src, cache)
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
