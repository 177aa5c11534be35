package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/driplet/driplet/cmd/driplet/bench"
)

const measured = `[Global]
Port = %s
[Endpoints.default]
APISecret = "api-0123456789abcdef"
JWTSecret = "jwt-0123456789abcdef"
Plugins = ["chat"]
UserClaim = "id"
[[Endpoints.default.Topics]]
Match = "secret.*"
Subscribe = "nobody"
[Endpoints.default.Limits]
EventsPerSecond = 100000
[Endpoints.small]
APISecret = "api-1123456789abcdef"
JWTSecret = "jwt-1123456789abcdef"
Plugins = ["chat"]
[Endpoints.small.Limits]
ConnectionsPerAddress = 5
EventsPerSecond = 3
`

// startServer runs a real server; dir holds a configuration that finds it.
func startServer(t testing.TB, config string) (dir string, server *exec.Cmd) {
	t.Helper()
	return startServerAt(t, config, "0")
}

// startServerAt is startServer on a port, 0 for any.
func startServerAt(t testing.TB, config, port string) (dir string, server *exec.Cmd) {
	t.Helper()
	server = program(write(t, fmt.Sprintf(config, port)), nil, "serve")
	out, _ := background(t, server)
	out.Await(t, "\n", 1)
	line, _, _ := strings.Cut(out.String(), "\n")
	_, port, err := net.SplitHostPort(line[strings.LastIndex(line, "/")+1:])
	if err != nil {
		t.Fatal(err)
	}
	return write(t, fmt.Sprintf(config, port)), server
}

func runBench(t testing.TB, dir string, args ...string) (bench.Result, result) {
	t.Helper()
	r := execute(t, program(dir, nil, append([]string{"bench", "-json"}, args...)...))
	var got bench.Result
	if r.out != "" {
		d := json.NewDecoder(strings.NewReader(r.out))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil || strings.Count(r.out, "\n") != 1 {
			t.Fatalf("driplet bench %q: %v in %s, stderr %s", args, err, r.out, r.err)
		}
	}
	return got, r
}

func TestBench(t *testing.T) {
	dir, _ := startServer(t, measured)
	for _, c := range []struct {
		args string
		each int64 // deliveries of a message
	}{
		{"-connections 20 -rate 50 -duration 500ms", 20},
		{"-connections 30 -topics 3 -publishers 3 -window 4 -duration 300ms -size 2000", 10},
		{"-connections 10 -targeted -window 4 -duration 300ms", 1},
		{"-connections 10 -targeted -rate 100 -publishers 2 -topics 2 -duration 300ms", 1},
		{"-connections 10 -topic news -rate 50 -duration 200ms", 10},
		{"-connections 10 -events chat.rooms -data {} -window 5 -duration 300ms", 1},
		{"-connections 10 -events chat.rooms -data {} -rate 100 -duration 300ms", 1},
	} {
		got, r := runBench(t, dir, append(strings.Fields(c.args), "-endpoint", "default")...)
		d := got.Deliveries
		if r.code != 0 || got.Connect.Opened != int64(got.Connect.Asked) || got.Sent.Count == 0 || d.Due != got.Sent.Count*c.each || d.Arrived != d.Due {
			t.Errorf("%s: exit %d, sent %d, due %d, arrived %d; %s %s", c.args, r.code, got.Sent.Count, d.Due, d.Arrived, r.out, r.err)
		}
		if d.Lost+d.Cut+d.Duplicates+d.OutOfOrder+d.Misdirected != 0 || len(got.Closed)+len(got.Errors) != 0 {
			t.Errorf("%s: %s", c.args, r.out)
		}
		if got.Latency.Count != uint64(d.Arrived) || got.Latency.P50 <= 0 || got.Latency.P99 < got.Latency.P50 || got.Latency.Max < got.Latency.P999 || len(got.Histogram) == 0 || d.Bytes == 0 {
			t.Errorf("%s: %s", c.args, r.out)
		}
	}
	// At a rate, as many as planned.
	if got, _ := runBench(t, dir, "-endpoint", "default", "-connections", "3", "-rate", "100", "-duration", "200ms"); got.Sent.Count != 20 {
		t.Errorf("sent %d of 20", got.Sent.Count)
	}
	if got, r := runBench(t, dir, "-endpoint", "default", "-connections", "50", "-duration", "0"); r.code != 0 || got.Mode != "connect" || got.Connect.Opened != 50 || got.Sent.Count != 0 {
		t.Errorf("exit %d, %s %s", r.code, r.out, r.err)
	}
	r := execute(t, program(dir, nil, "bench", "-endpoint", "default", "-connections", "20", "-duration", "3s"))
	for _, want := range []string{"connections  ", "20 of 20", "deliveries  ", "1,200 of 1,200", "latency  ", "p99.9", "lost  ", "duplicates  ", "out of order  ", "closed  ", "received  ", "latency up to", "###"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("missing %q in\n%s", want, r.out)
		}
	}
	if r.code != 0 || !strings.Contains(r.err, "subscribed  20 of 20, ") || !regexp.MustCompile(`measuring   \ds sent`).MatchString(r.err) {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
}

func TestBenchRefused(t *testing.T) {
	dir, _ := startServer(t, measured)
	// What was connected before the limit is measured.
	got, r := runBench(t, dir, "-endpoint", "small", "-connections", "50", "-window", "2", "-duration", "200ms")
	if r.code != 1 || got.Connect.Opened != 5 || got.Deliveries.Due == 0 || got.Deliveries.Lost != 0 ||
		!strings.Contains(got.Connect.Refusal, "your address has its 5 connections (Limits.ConnectionsPerAddress)") ||
		!strings.Contains(got.Connect.Hint, "raise ConnectionsPerAddress in [Endpoints.small.Limits]") || !strings.Contains(r.err, "ConnectionsPerAddress") {
		t.Errorf("exit %d, %s, %s", r.code, r.out, r.err)
	}
	// Events over their rate are refused, and in the end their senders closed.
	got, r = runBench(t, dir, "-endpoint", "small", "-connections", "1", "-events", "chat.rooms", "-data", "{}", "-rate", "200", "-duration", "300ms")
	if r.code != 1 || got.Errors["rate_limited"] == 0 || !strings.Contains(strings.Join(got.Hints, " "), "raise EventsPerSecond in [Endpoints.small.Limits]") {
		t.Errorf("exit %d, %s, %s", r.code, r.out, r.err)
	}
	base := "http://127.0.0.1" + dirPort(t, dir)
	good := []string{"-url", base, "-api-secret", "api-0123456789abcdef", "-jwt-secret", "jwt-0123456789abcdef", "-user-claim", "id"}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{append(good, "-topic", "secret.x"), 1, "driplet: subscribing to secret.x: you may not subscribe to \"secret.x\" (forbidden)\n"},
		{append(good, "-events", "no.such"), 1, "driplet: sending the event no.such: no plugin or callback handles the event \"no.such\" on endpoint default (no_handler)\n"},
		{append(good, "-events", "chat.enter", "-data", "{}"), 1, "(bad_request)"},
		{append(good, "-endpoint", "other"), 1, `there is no endpoint "other" here (not_found, close code 4007)`},
		{append(good, "-jwt-secret", "wrong"), 1, "the token's signature does not match"},
		{append(good, "-api-secret", "wrong"), 1, "driplet: publishing: X-Driplet-Signature does not match"},
		{append(good, "-url", "http://127.0.0.1:1"), 1, "no connection to 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused. Is the server running?\n"},
		{append(good, "-url", "http://example.com"), 2, "ws://example.com/ws/default is not this machine: say -yes if that server is yours"},
		{append(good, "-url", "example.com"), 2, "is not the URL of a server"},
		{append(good, "-config", "config.toml"), 2, "choose -config or -url"},
		{[]string{"-url", base}, 2, "there is no secret to sign tokens with"},
		{[]string{"-url", base, "-jwt-secret", "x"}, 2, "there is no secret to publish with"},
		{[]string{"-endpoint", "none"}, 2, "config.toml has no endpoint 'none'"},
		{[]string{"-rate", "1", "-window", "1"}, 2, "choose -rate or -window"},
		{[]string{"-data", "{}"}, 2, "-data goes with -events"},
		{[]string{"-events", "e", "-data", "{"}, 2, "-data: "},
		{[]string{"-topic", "\x01"}, 2, "-topic: topic holds the control character"},
		{[]string{"now"}, 2, "it takes no argument \"now\""},
	} {
		args := append([]string{"bench", "-connections", "3", "-duration", "100ms"}, c.args...)
		if r := execute(t, program(dir, nil, args...)); r.code != c.code || r.out != "" || !strings.Contains(r.err, c.want) {
			t.Errorf("driplet %q: exit %d, stdout %q, stderr %q", args, r.code, r.out, r.err)
		}
	}
}

// dirPort is ":port" of the configuration in dir.
func dirPort(t *testing.T, dir string) string {
	t.Helper()
	r := execute(t, program(dir, nil, "config", "check"))
	for line := range strings.Lines(r.out) {
		var port int
		if n, _ := fmt.Sscanf(line, "Port = %d", &port); n == 1 {
			return fmt.Sprintf(":%d", port)
		}
	}
	t.Fatalf("no port in %s", r.out)
	return ""
}

// Ctrl-C ends a measurement in order; the end of the server is told as well.
func TestBenchEndsEarly(t *testing.T) {
	dir, server := startServer(t, measured)
	run := func(end func(cmd *exec.Cmd)) (bench.Result, int, string) {
		cmd := program(dir, nil, "bench", "-endpoint", "default", "-connections", "10", "-rate", "100", "-duration", "60s", "-json")
		out, errs := background(t, cmd)
		errs.Await(t, "measuring   ", 1)
		end(cmd)
		cmd.Wait()
		var got bench.Result
		json.Unmarshal([]byte(out.String()), &got)
		return got, cmd.ProcessState.ExitCode(), errs.String()
	}
	got, code, errs := run(func(cmd *exec.Cmd) { cmd.Process.Signal(syscall.SIGINT) })
	if code != 0 || !got.Interrupted || got.Deliveries.Arrived == 0 || got.Deliveries.Arrived != got.Deliveries.Due || got.Deliveries.Due != got.Sent.Count*10 {
		t.Errorf("exit %d, %+v, %s", code, got, errs)
	}
	got, code, errs = run(func(*exec.Cmd) { server.Process.Signal(syscall.SIGTERM) })
	// The publisher may find the server gone before all clients are told: then
	// that is what ends the run.
	told := got.Closed["1001"] == 10 || strings.Contains(errs, "connection refused")
	if code != 1 || got.Interrupted || !told || got.Deliveries.Arrived == 0 {
		t.Errorf("exit %d, %+v, %s", code, got, errs)
	}
}
