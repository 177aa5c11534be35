package main

import (
	"context"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/transport/client"
)

// TestFewFiles: a process that may open few files tells clients that are too many
// why, and the log, and goes on to take publishes. Where connections
// of another kind use up all files, the log tells that others wait.
func TestFewFiles(t *testing.T) {
	dir := write(t, "[Global]\nPort = 0\n"+minimal)
	shell := exec.Command("sh", "-c", `ulimit -n 64 && exec "$0" serve`, binary)
	shell.Dir, shell.Env = dir, []string{"HOME=" + dir}
	out, errs := background(t, shell)
	out.Await(t, "\n", 1)
	line, _, _ := strings.Cut(out.String(), "\n")
	address := line[strings.LastIndex(line, "/")+1:]
	cfg, err := config.Load(dir+"/config.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := auth.Mint(cfg.Endpoint("default").JWTKeys[0].Secret, map[string]any{"sub": "7"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var refusal error
	for open := 0; refusal == nil && open < 64; open++ {
		var c *client.Conn
		if c, refusal = client.Dial(ctx, "ws://"+address+"/ws/default", token); refusal == nil {
			defer c.Close()
		}
	}
	if refusal == nil || !strings.Contains(refusal.Error(), "it may have 64 files open") {
		t.Errorf("too many clients were told %v", refusal)
	}
	errs.Await(t, "clients are refused", 1)
	_, port, _ := net.SplitHostPort(address)
	if r := execute(t, program(dir, []string{"DRIPLET_GLOBAL_PORT=" + port}, "publish", "-topic", "news", "{}")); r.code != 0 {
		t.Errorf("publishing beside them: %+v", r)
	}
	for range 64 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	errs.Await(t, "who connects has to wait", 1)
}
