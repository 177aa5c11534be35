package client_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/driplet/driplet/core/auth"
)

const (
	apiSecret = "api-0123456789abcdef"
	jwtSecret = "jwt-0123456789abcdef"
)

// binary is the real server, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "driplet-client-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "driplet")
	if out, err := exec.Command("go", "build", "-o", binary, "../../../cmd/driplet").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// server is a real one, with an endpoint "default".
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string // host:port
	n    int
}

func serve(t *testing.T) *server {
	t.Helper()
	dir := t.TempDir()
	config := "[Global]\nPort = 0\n[Endpoints.default]\nPlugins = [\"chat\"]\nAPISecret = \"" + apiSecret + "\"\nJWTSecret = \"" + jwtSecret + "\"\n" +
		"[[Endpoints.default.Topics]]\nMatch = \"secret.*\"\nSubscribe = \"nobody\"\n" +
		"[[Endpoints.default.Topics]]\nMatch = \"kept.*\"\nHistory = { Size = 10 }\n"
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, cmd: exec.Command(binary, "serve")}
	s.cmd.Dir, s.cmd.Env = dir, []string{"HOME=" + dir}
	var errs bytes.Buffer
	s.cmd.Stderr = &errs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		s.cmd.Wait()
		t.Fatalf("the server did not start: %s", errs.String())
	}
	s.base = lines.Text()[strings.LastIndex(lines.Text(), "/")+1:]
	go io.Copy(io.Discard, out)
	return s
}

func (s *server) url() string { return "ws://" + s.base + "/ws/default" }

func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) publish(topic, message string) {
	s.t.Helper()
	s.n++
	body := fmt.Sprintf(`{"nonce":"n%d","timestamp":%d,"topic":%q,"message":%s}`, s.n, time.Now().Unix(), topic, message)
	req, err := http.NewRequest(http.MethodPost, "http://"+s.base+"/api/default/message", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set(auth.HeaderSignature, auth.SignBody(apiSecret, []byte(body)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s", res.Status, text)
	}
}

func token(t *testing.T, uid int) string {
	t.Helper()
	token, err := auth.Mint(jwtSecret, map[string]any{"exp": time.Now().Add(time.Hour).Unix(), "custom": map[string]any{"uid": uid}})
	if err != nil {
		t.Fatal(err)
	}
	return token
}
