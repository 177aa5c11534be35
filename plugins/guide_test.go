package plugins_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/driplet/driplet/core/plugin/plugintest"
	"github.com/driplet/driplet/plugins"
)

// listing is the one block of README.md's guide in a language.
func listing(t *testing.T, lang string) []byte {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := regexp.MustCompile(`(?s)\n## A moderation filter in ten minutes\n.*?\n## `).Find(readme)
	found := regexp.MustCompile("(?s)\n```"+lang+"\n(.*?\n)```\n").FindAllSubmatch(guide, -1)
	if len(found) != 1 {
		t.Fatalf("the guide in README.md has %d listings in %s, want 1", len(found), lang)
	}
	return found[0][1]
}

// What README.md tells how to write works, as it stands there.
func TestGuide(t *testing.T) {
	for lang, c := range map[string]struct {
		file  string
		tools []string
	}{
		"c":    {"main.c", []string{"clang", "wasm-ld"}},
		"rust": {"main.rs", []string{rustc}},
	} {
		t.Run(lang, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "filter")
			if err := plugins.Scaffold(dir, lang, "filter"); err != nil {
				t.Fatal(err)
			}
			manifest, err := os.ReadFile(filepath.Join(dir, "filter.toml"))
			if err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string][]byte{
				c.file:           listing(t, lang),
				"cases/say.json": listing(t, "json"),
				"filter.toml":    append(manifest, listing(t, "toml")...),
			} {
				if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			build(t, filepath.Join(dir, "build.sh"), c.tools)
			plugintest.RunCases(t, dir, "filter")
		})
	}
}
