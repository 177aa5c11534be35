package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/driplet/driplet/core/programtest"
)

// binary is the real program, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(programtest.Main(m, &binary)) }

// result is how a run of the program ended.
type result struct {
	out, err string
	code     int
}

// program prepares the program in dir, without this process's environment.
func program(dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"HOME=" + dir, "TMPDIR=" + dir}, env...)
	return cmd
}

// background starts a program that goes on; what is left of it when the test ends
// is killed.
func background(t testing.TB, cmd *exec.Cmd) (out, errs *programtest.Output) {
	t.Helper()
	out, errs = &programtest.Output{}, &programtest.Output{}
	cmd.Stdout, cmd.Stderr = out, errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%q said %q, and on standard error %q", cmd.Args[1:], out, errs)
		}
	})
	return out, errs
}

func execute(t testing.TB, cmd *exec.Cmd) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// write makes a folder with a config.toml.
func write(t testing.TB, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const minimal = `[Endpoints.default]
APISecret = "api-0123456789abcdef"
JWTSecret = "jwt-0123456789abcdef"
`

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args     string
		code     int
		out, err string // each must be contained
	}{
		{"", 2, "", "Usage: driplet COMMAND"},
		{"help", 0, "secrets rotate   give the endpoints new secrets", ""},
		{"--help", 0, "Start one:      driplet serve -config config.toml", ""},
		{"-h", 0, "Usage: driplet COMMAND", ""},
		{"help serve", 0, "Usage: driplet serve [flags]\n", ""},
		{"serve --help", 0, "  driplet serve -port 6001 -data /var/lib/driplet\n", ""},
		{"help config check", 0, "Usage: driplet config check [flags]\n", ""},
		{"help config", 0, "driplet config check", ""},
		{"config", 0, "driplet config check", ""},
		{"config --help", 0, "driplet config check", ""},
		{"help publish", 0, "Usage: driplet publish [flags] MESSAGE|-\n", ""},
		{"help token", 0, "-claim key=value", ""},
		{"help secrets rotate", 0, "-api\n", ""},
		{"help nothing", 2, "", "there is no command 'nothing': 'driplet help' lists what there is"},
		{"srve", 2, "", "there is no command 'srve': did you mean 'driplet serve'?"},
		{"config chekc", 2, "", "there is no command 'config chekc': did you mean 'driplet config check'?"},
		{"plugin biuld", 2, "", "there is no command 'plugin biuld': did you mean 'driplet plugin build'?"},
		{"help plugin guide", 0, "# Plugins\n", ""},
		{"help plugin cases", 0, "# Test cases for plugins\n", ""},
		{"help plugin abi", 0, "# The plugin ABI `driplet_v1`\n", ""},
		{"help plugin", 0, "driplet help plugin cases  how a plugin's test cases are written", ""},
		{"plugin nonsense", 2, "", "there is no command 'plugin nonsense': 'driplet help plugin' lists what there is"},
		{"serve -prot 1", 2, "", "driplet serve: flag provided but not defined: -prot\n'driplet help serve' shows how it is used.\n"},
		{"serve now", 2, "", "driplet serve: it takes no argument \"now\""},
		{"serve -set x", 2, "", "write key=value"},
		{"version", 0, "driplet ", ""},
		{"--version", 0, "driplet ", ""},
		{"version x", 2, "", "it takes no argument"},
		{"token -config none.toml", 2, "", "none.toml does not exist: 'driplet serve -config none.toml' writes one with new secrets"},
		{"config check -config none.toml", 2, "", "none.toml does not exist"},
		{"secrets rotate -config none.toml", 1, "", "the secrets are unchanged"},
	} {
		dir := t.TempDir()
		r := execute(t, program(dir, nil, strings.Fields(c.args)...))
		if r.code != c.code || !strings.Contains(r.out, c.out) || !strings.Contains(r.err, c.err) || (c.err == "") != (r.err == "") {
			t.Errorf("driplet %s: exit %d, stdout %q, stderr %q", c.args, r.code, r.out, r.err)
		}
		if files, _ := os.ReadDir(dir); len(files) > 0 {
			t.Errorf("driplet %s left %v", c.args, files)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	dir := write(t, minimal+"[Endpoints.default.Limits]\nConnections = 5\n[[Endpoints.default.Topics]]\nMatch = \"a\"\nLatest = true\n")
	r := execute(t, program(dir, []string{"DRIPLET_GLOBAL_PORT=6001"}, "config", "check", "--log-level", "debug"))
	for _, want := range []string{
		"Port = 6001                              # DRIPLET_GLOBAL_PORT\n",
		"LogLevel = \"debug\"                       # -log-level\n",
		"Connections = 5                          # config.toml:5\n",
		"UserClaim = \"uid\"                        # default\n",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("missing %q in\n%s", want, r.out)
		}
	}
	if r.code != 0 || strings.Contains(r.out, "0123456789abcdef") {
		t.Errorf("exit %d, stdout %s", r.code, r.out)
	}
	if want := "warning: config.toml:8: Endpoints.default.Topics.Latest is accepted, but this version does not serve it yet\n"; r.err != want {
		t.Errorf("stderr %q", r.err)
	}

	dir = write(t, "[Global]\nPort = \"x\"\nBind = 1\n"+minimal)
	for _, args := range [][]string{{"config", "check"}, {"serve"}, {"-config", "config.toml"}, {"token"}, {"publish", "-topic", "t", "x"}} {
		r = execute(t, program(dir, nil, args...))
		if r.code != 2 || !strings.HasPrefix(r.err, "config.toml:2: Global.Port must be") || strings.Count(r.err, "\n") != 2 {
			t.Errorf("driplet %q: exit %d, stderr %q", args, r.code, r.err)
		}
	}
}

func TestServeRefusesPublishedSecrets(t *testing.T) {
	dir := write(t, "[Global]\nBindAddress = \"0.0.0.0\"\n\n[Endpoints.default]\nAPISecret = \"change-this-api-secret\"\nJWTSecret = \"change-this-jwt-secret\"\n")
	r := execute(t, program(dir, nil, "-config", "config.toml"))
	if r.code != 2 || !strings.Contains(r.err, "config.toml:5: Endpoints.default.APISecret is the published default and BindAddress is 0.0.0.0: anyone could publish. Run 'driplet secrets rotate'") {
		t.Fatalf("exit %d, stderr %q", r.code, r.err)
	}
	r = execute(t, program(dir, nil, "secrets", "rotate"))
	if r.code != 0 || !strings.Contains(r.out, "Endpoints.default.APISecret is new; the old one is no longer valid\n") {
		t.Fatalf("exit %d, stdout %q, stderr %q", r.code, r.out, r.err)
	}
	if r = execute(t, program(dir, nil, "config", "check")); r.code != 0 {
		t.Errorf("after the rotation: exit %d, stderr %q", r.code, r.err)
	}
}

// A first start writes the configuration; a signal ends the server in order.
func TestServeWritesItsConfiguration(t *testing.T) {
	for _, args := range [][]string{{"serve", "-port", "0"}, {"--port", "0"}} {
		dir := t.TempDir()
		cmd := program(dir, nil, args...)
		out, errs := background(t, cmd)
		out.Await(t, "config.toml is new: it has one endpoint, 'default', with random secrets\n", 1)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("driplet %q: %v, stderr %s", args, err, errs)
		}
		info, err := os.Stat(filepath.Join(dir, "config.toml"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("config.toml: %v, %v", info, err)
		}
	}
}

// Without a PluginDir SIGHUP ends the server as SIGTERM does: its terminal was
// closed, and clients are to be told.
func TestHangupEndsInOrder(t *testing.T) {
	cmd := program(t.TempDir(), nil, "serve", "-port", "0")
	out, errs := background(t, cmd)
	out.Await(t, "driplet listens on ", 1)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(errs.String(), "stopping") {
		t.Errorf("%v, stderr %q", err, errs)
	}
}

func TestServeCannotWrite(t *testing.T) {
	r := execute(t, program(t.TempDir(), nil, "serve", "-config", "none/config.toml"))
	if r.code != 2 || !strings.Contains(r.err, "none/config.toml does not exist and cannot be written: no such file or directory") {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
	r = execute(t, program(write(t, minimal), nil, "serve", "-log-file", "none/log"))
	if r.code != 2 || !strings.Contains(r.err, "the log cannot be written, see Global.LogFile: open none/log: no such file or directory") {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
}

// Every command's help fits a terminal of 80 columns.
func TestHelpFitsTerminals(t *testing.T) {
	for _, c := range commands() {
		r := inProcess(t, append([]string{"help"}, strings.Fields(c.name)...)...)
		if r.code != 0 || r.out == "" {
			t.Errorf("%s: %+v", c.name, r)
		}
		for line := range strings.Lines(r.out) {
			if line = strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "    \t", "        "); len(line) > 80 {
				t.Errorf("%s: %d columns: %s", c.name, len(line), line)
			}
		}
	}
}
