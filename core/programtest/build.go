// Package programtest is for tests alone: it builds the real program, finds it
// a port, and keeps what it says.
package programtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Build builds the program into dir, as the file driplet, and returns its path.
// flags are go build's.
func Build(dir string, flags ...string) (path string, err error) {
	path = filepath.Join(dir, "driplet")
	args := append([]string{"build", "-o", path}, flags...)
	out, err := exec.Command("go", append(args, "github.com/driplet/driplet/cmd/driplet")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// Main is a TestMain's: it builds the program into a folder of its own, tells
// its path by binary, runs the tests and removes it. code is for os.Exit.
func Main(m *testing.M, binary *string, flags ...string) (code int) {
	dir, err := os.MkdirTemp("", "driplet-test-")
	if err == nil {
		defer os.RemoveAll(dir)
		*binary, err = Build(dir, flags...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
