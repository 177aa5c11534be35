package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tool is a program that a language needs.
type tool struct {
	name     string
	variable string // of the environment, which names another
	install  string
}

var (
	goTool = tool{"go", "", "install Go 1.24 or newer: https://go.dev/dl/"}
	clang  = tool{"clang", "CC", "install clang (Debian: apt install clang lld; macOS: brew install llvm lld)"}
	wasmLD = tool{"wasm-ld", "WASM_LD", "install lld (Debian: apt install lld; macOS: brew install lld)"}
	rustc  = tool{"rustc", "RUSTC", "install Rust 1.63 or newer with the target wasm32-unknown-unknown (rustup target add wasm32-unknown-unknown; Debian: apt install rustc libstd-rust-dev-wasm32 lld)"}
	node   = tool{"node", "", "install Node 20 or newer: https://nodejs.org/"}
	npm    = tool{"npm", "", "install Node 20 or newer with npm: https://nodejs.org/"}
)

// need checks that tools are there.
func (b *job) need(tools ...tool) error {
	var missing []error
	for _, t := range tools {
		name := t.name
		if v := b.variable(t.variable); v != "" {
			name = v
		}
		if b.look(name) == "" {
			missing = append(missing, fmt.Errorf("%s is missing: %s", name, t.install))
		}
	}
	return errors.Join(missing...)
}

// variable is one of the environment; "" has none.
func (b *job) variable(name string) string {
	for _, entry := range b.Env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok && name != "" {
			return value
		}
	}
	return ""
}

// look finds a program in the environment's PATH.
func (b *job) look(name string) string {
	if strings.ContainsRune(name, filepath.Separator) {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		return ""
	}
	for _, dir := range filepath.SplitList(b.variable("PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.IsAbs(path) {
			return path
		}
	}
	return ""
}

// errInterrupted: the build was ended before it was done.
var errInterrupted = errors.New("the build was interrupted, and nothing was written: start it again")

// run starts a program in the plugin's folder. What it prints is shown, and is
// the error's text when it fails.
func (b *job) run(ctx context.Context, env []string, name string, args ...string) error {
	return b.runIn(ctx, b.Dir, env, name, args...)
}

// runIn is run in another folder.
func (b *job) runIn(ctx context.Context, dir string, env []string, name string, args ...string) error {
	var text bytes.Buffer
	cmd := exec.CommandContext(ctx, b.look(name), args...)
	cmd.Dir = dir
	cmd.Env = append(append([]string{}, b.Env...), env...)
	cmd.Stdout, cmd.Stderr = &text, &text
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it takes away what it has made meanwhile
	cmd.WaitDelay = 3 * time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return errInterrupted
	}
	if told := bytes.TrimSpace(text.Bytes()); err != nil && len(told) > 0 {
		return fmt.Errorf("it could not be built:\n%s", told)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, err = io.Copy(b.Output, &text)
	return err
}

func (b *job) golang(ctx context.Context) error {
	if err := b.need(goTool); err != nil {
		return err
	}
	// -trimpath: the bytes are the same in any folder.
	return b.run(ctx, []string{"GOOS=wasip1", "GOARCH=wasm"}, "go", "build", "-trimpath", "-buildmode=c-shared", "-o", b.made, ".")
}

func (b *job) c(ctx context.Context) error {
	if err := b.need(clang, wasmLD); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(b.Dir, "*.c"))
	if err != nil {
		return err
	}
	if b.Options.File != "" {
		files = []string{filepath.Join(b.Dir, b.Options.File)}
	}
	err = b.script(ctx, append([]string{b.made}, files...)...)
	if err != nil && strings.Contains(err.Error(), "undefined symbol: dr_routes") {
		return fmt.Errorf("%w\nIt names no handlers: end the main file with DRIPLET_PLUGIN(dr_on(\"%s.say\", say))", err, b.Name)
	}
	return err
}

func (b *job) rust(ctx context.Context) error {
	if err := b.need(rustc); err != nil {
		return err
	}
	args := []string{b.made, filepath.Join(b.Dir, b.Built.File)}
	if std, err := b.wantsStd(); err != nil {
		return err
	} else if std {
		args = append(args, "std")
	}
	return b.script(ctx, args...)
}

// wantsStd tells whether a plugin in Rust uses the standard library: one that
// does not begins with #![no_std].
func (b *job) wantsStd() (bool, error) {
	text, err := os.ReadFile(filepath.Join(b.Dir, b.Built.File))
	return !bytes.Contains(text, []byte("#![no_std]")), err
}

// script runs the guest library's build.sh.
func (b *job) script(ctx context.Context, args ...string) error {
	library, err := b.library()
	if err != nil {
		return err
	}
	return b.run(ctx, nil, "sh", append([]string{filepath.Join(library, "build.sh")}, args...)...)
}
