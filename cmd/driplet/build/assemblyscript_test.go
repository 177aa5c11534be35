package build

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The compiler is that of the package which the plugin belongs to.
func TestPackageOf(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "deep", "chat")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if root, err := packageOf(dir); err == nil || !strings.Contains(err.Error(), "neither "+dir+" nor a folder above it has a package.json") {
		t.Errorf("%s, %v", root, err)
	}
	for _, root := range []string{top, dir} {
		if err := os.WriteFile(filepath.Join(root, "package.json"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := packageOf(dir); err != nil || got != root {
			t.Errorf("%s, %v, want %s", got, err, root)
		}
	}
}

func TestNamesEntries(t *testing.T) {
	file := filepath.Join(t.TempDir(), asConfig)
	for text, want := range map[string]string{`{"entries": ["index.ts"]}`: "true", `{"options": {}}`: "false", `{`: "is not JSON", `{"entries": 1}`: "is not JSON"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		whole, err := namesEntries(file)
		got := "false"
		if whole {
			got = "true"
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// Without a network the compiler is not installed: npm says why, and we what to do.
func TestTheCompilerCannotBeInstalled(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	for file, text := range map[string]string{
		filepath.Join(dir, "index.ts"): "", filepath.Join(dir, asConfig): "{}", filepath.Join(dir, "package.json"): "{}",
		filepath.Join(bin, "npm"):  "#!/bin/sh\necho \"npm error EAI_AGAIN $1\" >&2\nexit 1\n",
		filepath.Join(bin, "node"): "#!/bin/sh\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Run(t.Context(), Options{Dir: dir, Name: "quiz", Out: filepath.Join(dir, "quiz.wasm"), Env: []string{"PATH=" + bin + ":/usr/bin:/bin"}, Output: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "npm error EAI_AGAIN install\nnpm install in "+dir+" must go well first; without a network copy node_modules") {
		t.Errorf("got %v", err)
	}
}
