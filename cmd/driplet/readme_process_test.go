//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// process is a command of a terminal, with all that it starts.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error

	mu  sync.Mutex
	out bytes.Buffer
}

// Write collects what the command says, on either stream.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// start runs bash; what is left of it when the test ends is killed.
func (r *reader) start(commands, dir string) *process {
	r.t.Helper()
	p := &process{cmd: exec.Command("bash", "-c", commands), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, r.env, p, p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	r.t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.done
	})
	return p
}

// signal goes to the whole group, as that of a terminal does.
func (p *process) signal(s syscall.Signal) { syscall.Kill(-p.cmd.Process.Pid, s) }

func (p *process) wait() error {
	<-p.done
	return p.err
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// browser is Chromium, driven through testdata/browser.mjs.
type browser struct {
	t     *testing.T
	in    io.Writer
	lines *bufio.Scanner
	err   bytes.Buffer
}

func startBrowser(t *testing.T, root string) *browser {
	t.Helper()
	sdk := filepath.Join(root, "sdk/js")
	if _, err := os.Stat(filepath.Join(sdk, "node_modules/playwright-core")); err != nil {
		t.Fatalf("%v: run 'make tools' first", err)
	}
	script, err := filepath.Abs("testdata/browser.mjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", script)
	b := &browser{t: t}
	cmd.Dir, cmd.Stderr = sdk, &b.err
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	b.in, b.lines = in, bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // it closes Chromium, and ends
		if err := cmd.Wait(); err != nil {
			t.Errorf("the browser: %v", err)
		}
		if t.Failed() {
			t.Logf("the browser's pages said:\n%s", b.err.String())
		}
	})
	return b
}

// open opens a page under a name.
func (b *browser) open(name, url string) { b.t.Helper(); b.do("open " + name + " " + url) }

// until waits until a JavaScript expression is true in the page of that name.
func (b *browser) until(name, expression string) {
	b.t.Helper()
	b.do("until " + name + " " + strings.ReplaceAll(expression, "\n", " "))
}

func (b *browser) do(line string) {
	b.t.Helper()
	if _, err := io.WriteString(b.in, line+"\n"); err != nil {
		b.t.Fatal(err)
	}
	if !b.lines.Scan() || b.lines.Text() != "ok" {
		b.t.Fatalf("%s: %s", line, b.lines.Text())
	}
}
