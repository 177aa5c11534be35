// Package e2e_test runs the real program as an operator does.
package e2e_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/programtest"
)

// binary is the real program, built once.
var binary string

func TestMain(m *testing.M) {
	var flags []string
	if race {
		flags = []string{"-race"}
	}
	os.Exit(programtest.Main(m, &binary, flags...))
}

// process is a running 'driplet serve'.
type process struct {
	*testkit.Server
	cmd  *exec.Cmd
	errs *programtest.Output
}

// config is an endpoint with the kit's secrets.
const config = `[Endpoints.default]
APISecret = "` + testkit.APISecret + `"
JWTSecret = "` + testkit.JWTSecret + `"
`

// serve starts the program on a port, 0 for any, through the shell: before
// are commands such as ulimit.
func serve(t *testing.T, port, before string) *process {
	t.Helper()
	return serveConfig(t, port, before, config)
}

// serveConfig is serve with a configuration of its own, which goes on from config.
func serveConfig(t *testing.T, port, before, config string) *process {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", before+` exec "$0" serve -port "$1"`, binary, port)
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir, "TMPDIR=" + dir, "GORACE=halt_on_error=1"}
	errs := &programtest.Output{}
	cmd.Stderr = errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if strings.Contains(errs.String(), "DATA RACE") {
			t.Error(errs)
		}
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the server did not start: %s", errs)
	}
	_, addr, ok := strings.Cut(lines.Text(), "http://")
	if _, _, err := net.SplitHostPort(addr); !ok || err != nil {
		t.Fatalf("no address in %q", lines.Text())
	}
	go io.Copy(io.Discard, out)
	return &process{testkit.At(t, addr), cmd, errs}
}

// terminate sends SIGTERM; the result says how the process ended.
func (p *process) terminate(t *testing.T) (ended chan error) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended = make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	return ended
}

// command runs the program to its end.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"HOME=" + cmd.Dir}
	if err := os.WriteFile(filepath.Join(cmd.Dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}
