package plugintest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestConformanceOfGo builds the conformance guest with the Go guest library.
func TestConformanceOfGo(t *testing.T) {
	out := filepath.Join(t.TempDir(), "conformance.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", out, "./testdata/guest")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	Run(t, wasm)
}
