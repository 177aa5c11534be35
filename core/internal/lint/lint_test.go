package lint

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The project itself.
func TestProject(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	files, err := ReadModule(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files found below %s", len(files), root)
	}
	for _, f := range files {
		for _, fault := range append(Imports(f), Habits(f)...) {
			t.Error(fault)
		}
	}
	for _, fault := range PackageComments(files) {
		t.Error(fault)
	}
}

// topLevel is all that stands at the top: what else a commit brings there is a
// binary, or a note, that somebody forgot.
var topLevel = []string{".ci", ".gitattributes", ".gitignore", "LICENSE", "Makefile", "README.md", "cmd", "core", "examples", "go.mod", "go.sum", "plugins", "sdk"}

func TestTopLevel(t *testing.T) {
	git := exec.Command("git", "ls-tree", "--name-only", "HEAD")
	git.Dir = "../../.."
	out, err := git.Output()
	if err != nil {
		t.Logf("this is no clone: %v", err)
		return
	}
	for _, name := range strings.Fields(string(out)) {
		if !slices.Contains(topLevel, name) {
			t.Errorf("%s is not one of what stands at the top", name)
		}
	}
}

// The rules themselves: each case is a file and what must be said of it.
func TestImports(t *testing.T) {
	for _, c := range []struct{ path, imports, want string }{
		{"core/hub/hub.go", Module + "/core/target", ""},
		{"core/hub/hub.go", Module + "/core/metrics", ""},
		{"core/hub/hub.go", "github.com/prometheus/client_golang/prometheus", "core/hub/hub.go:2: github.com/prometheus/client_golang may be imported only in core/metrics"},
		{"core/hub/hub.go", Module + "/core/node", "core/hub/hub.go:2: core/hub must not import core/node: name an interface where it is needed and join the two in cmd/driplet"},
		{"core/a.go", Module + "/core/auth", "core/a.go:2: core must not import core/auth"},
		{"core/plugin/a.go", Module + "/core/node", "core/plugin must not import core/node"},
		{"core/node/a.go", Module + "/core/plugin", "core/node must not import core/plugin"},
		{"core/node/a.go", Module + "/core/engine/local", "core/node must not import core/engine/local"},
		{"core/node/a.go", Module + "/core/engine/enginetest", "core/engine/enginetest is for tests: move what you need of it"},
		{"core/engine/local/a_test.go", Module + "/core/engine/enginetest", ""},
		{"core/server/a.go", Module + "/core/transport", ""},
		{"core/transport/a.go", Module + "/core/server", "core/transport must not import core/server"},
		{"core/server/a.go", Module + "/cmd/driplet/config", "core/server must not import cmd/driplet/config"},
		{"core/news/a.go", Module + "/core/auth", "core/news is not in lint's layers: enter it with what it may import"},
		{"plugins/chat/a.go", Module + "/core/auth", "plugins/chat must not import core/auth"},
		{"plugins/examples/x/a.go", Module + "/plugins/pdk/go", ""},
		{"sdk/js/a.go", Module + "/plugins", "sdk/js must not import plugins"},
		{"cmd/driplet/a.go", Module + "/core/engine/local", ""},
		{"cmd/driplet/a.go", Module + "/sdk/js", ""},
		{"cmd/driplet/config/a.go", Module + "/core/node", "cmd/driplet/config must not import core/node"},
		{"core/transport/a.go", "github.com/lxzan/gws", ""},
		{"core/server/a.go", "github.com/lxzan/gws", "github.com/lxzan/gws may be imported only in core/transport"},
		{"core/server/a_test.go", "github.com/lxzan/gws", ""},
		{"core/server/a_test.go", "github.com/golang-jwt/jwt/v5", "github.com/golang-jwt/jwt may be imported only in core/auth"},
		{"core/target/a.go", "github.com/hashicorp/golang-lru/v2", ""},
		{"core/engine/local/a.go", "github.com/cockroachdb/pebble/v2/vfs", ""},
		{"core/node/a.go", "golang.org/x/time/rate", ""},
		{"core/node/a.go", "example.com/new", "example.com/new is a new dependency: enter it in lint's homes"},
		{"core/node/a.go", "net/http", ""},
		{"core/node/a.go", "testing", "only tests may import testing"},
	} {
		check(t, Imports, c.path, "package x\nimport _ \""+c.imports+"\"\n", c.want)
	}
}

func TestHabits(t *testing.T) {
	for _, c := range []struct{ path, source, want string }{
		{"a/a.go", "package utils\n", "a/a.go:1: a package named utils says nothing: name what is inside"},
		{"a/a_test.go", "package helpers_test\n", "a package named helpers says nothing"},
		{"a/a.go", "package a\nfunc init() {}\n", "a/a.go:2: no init functions: what runs at start is called in main"},
		{"plugins/examples/x/main.go", "package main\nfunc init() {}\n", ""},
		{"cmd/x/main.go", "package main\nfunc init() {}\n", "no init functions"},
		{"a/a.go", "package a\ntype t int\nfunc (t) init() {}\nfunc f() {}\n", ""},
		{"a/a.go", "package a\nfunc F() {}\n", "a/a.go:2: F is exported without a comment that says what it is"},
		{"a/a.go", "package a\n// F does.\nfunc F() {}\n", ""},
		{"a/a.go", "package a\n// T is.\ntype T[K any] struct{}\nfunc (t *T[K]) M() {}\n", "a/a.go:4: M is exported"},
		{"a/a.go", "package a\ntype t struct{}\nfunc (t *t) M() {}\n", ""},
		{"a/a.go", "package a\ntype T int\n", "T is exported"},
		{"a/a.go", "package a\nconst A, b = 1, 2\n", "A is exported"},
		{"a/a.go", "package a\n// Both.\nconst (\n\tA = 1\n\tB = 2\n)\nvar C = 1 // one\n", ""},
		{"a/a_test.go", "package a\nfunc F() {}\n", ""},
		{"a/a.go", "package a\n" + strings.Repeat("\n", MaxLines-1), ""},
		{"a/a.go", "package a\n" + strings.Repeat("\n", MaxLines), "a/a.go: 401 lines, more than 400: one concept a file"},
	} {
		check(t, Habits, c.path, c.source, c.want)
	}
}

func check(t *testing.T, rule func(*File) []string, path, source, want string) {
	t.Helper()
	f, err := Parse(path, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(rule(f), "\n")
	if want == "" && got != "" || !strings.Contains(got, want) {
		t.Errorf("%s %.60q: got %q, want %q", path, source, got, want)
	}
}

func TestPackageComments(t *testing.T) {
	with, _ := Parse("a/a.go", []byte("// Package a is.\npackage a\n"))
	without, _ := Parse("a/b.go", []byte("package a\n"))
	alone, _ := Parse("b/b.go", []byte("package b\n"))
	got := PackageComments([]*File{with, without, alone})
	if len(got) != 1 || got[0] != "b/b.go: no file of package b has a package comment" {
		t.Errorf("got %q", got)
	}
}
