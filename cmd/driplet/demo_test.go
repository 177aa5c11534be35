package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The demo says where it is, answers there and on no other address, and leaves
// nothing behind.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	cmd := program(dir, nil, "demo", "-port", "0")
	out, errs := background(t, cmd)
	out.Await(t, "Ctrl+C", 1)
	text := out.String()
	_, rest, found := strings.Cut(text, "Driplet's demo is at  http://localhost:")
	if !found {
		t.Fatalf("stdout %q, stderr %q", text, errs)
	}
	port, _, _ := strings.Cut(rest, "\n")
	base := "http://127.0.0.1:" + port
	for _, want := range []string{"/demo/chat/", "/demo/analytics/", binary + " publish -url http://localhost:" + port, "curl http://localhost:" + port + "/api/default/message"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	if folders, _ := os.ReadDir(dir); len(folders) != 1 || !strings.HasPrefix(folders[0].Name(), "driplet-demo-") {
		t.Errorf("in the temporary folder: %v", folders)
	}

	for _, c := range []struct{ path, accept, want string }{
		{"/", "text/html", "<title>Driplet</title>"},
		{"/", "*/*", `{"status":"ok"}`},
		{"/demo", "text/html", "<title>Driplet</title>"},
		{"/demo/chat", "*/*", "<title>Chat</title>"},
		{"/demo/analytics", "*/*", "<title>Live analytics</title>"},
		{"/sdk/driplet.mjs", "*/*", "DripletClient"},
		{"/api/default/ping", "*/*", `"status":"ok"`},
	} {
		req, err := http.NewRequest(http.MethodGet, base+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", c.accept)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 200 || !strings.Contains(string(body), c.want) {
			t.Errorf("%s: %d, %v", c.path, res.StatusCode, err)
		}
	}
	publish := execute(t, program(t.TempDir(), nil, "publish", "-url", base+"/api/default", "-secret", between(text, "-secret '", "'"), "-topic", "demo.news", "hello"))
	if publish.code != 0 {
		t.Errorf("publish: %+v", publish)
	}

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || errs.String() != "" {
		t.Errorf("%v, stderr %q", err, errs)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	middle, _, _ := strings.Cut(rest, after)
	return middle
}

func TestDemoRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-port", port}, 1, "driplet: port " + port + " is taken, perhaps by another driplet: end that one, or choose another port with '" + binary + " demo -port "},
		{[]string{"-port", "65536"}, 2, "-port 65536: a port is 0 to 65535"},
		{[]string{"now"}, 2, `it takes no argument "now"`},
	} {
		dir := t.TempDir()
		r := execute(t, program(dir, nil, append([]string{"demo"}, c.args...)...))
		if r.code != c.code || !strings.Contains(r.err, c.want) || r.out != "" {
			t.Errorf("demo %q: %+v", c.args, r)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("demo %q left behind: %v", c.args, left)
		}
	}
}
