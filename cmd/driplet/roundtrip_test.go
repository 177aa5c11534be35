package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const roundTrips = `[Global]
Port = %%s
PluginDir = %q
[Endpoints.default]
APISecret = "api-0123456789abcdef"
JWTSecret = "jwt-0123456789abcdef"
Plugins = ["compare"]
[Endpoints.default.Limits]
EventsPerSecond = 1000000
[[Endpoints.default.Callbacks]]
Match = "backend.*"
URL = %q
`

// BenchmarkRoundTrips lets 50 clients of a server of its own ask a plugin and
// an HTTP callback on loopback for an echo, in turns of two seconds, and prints
// for both the answers a second and the server's CPU time for one. Client,
// server and backend share the machine.
func BenchmarkRoundTrips(b *testing.B) {
	dir := b.TempDir()
	build := exec.Command("sh", "../../plugins/pdk/c/driplet/build.sh", filepath.Join(dir, "compare.wasm"), "../../plugins/testdata/compare/c/main.c")
	build.Env = append(os.Environ(), "CC=clang", "WASM_LD=wasm-ld")
	if text, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, text)
	}
	if err := os.WriteFile(filepath.Join(dir, "compare.toml"), []byte("name = \"compare\"\nversion = \"1.0.0\"\nabi = 1\nevents = [\"compare.*\"]\n[capabilities]\npublish = [\"compare.*\"]\npresence = [\"compare.*\"]\nkv = \"1 MiB\"\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event struct{ Data json.RawMessage }
		if body, err := io.ReadAll(r.Body); err != nil || json.Unmarshal(body, &event) != nil {
			http.Error(w, "not an event", http.StatusBadRequest)
			return
		}
		_, _ = w.Write(event.Data) // a server that is gone fails the benchmark itself
	}))
	b.Cleanup(backend.Close)
	dir, server := startServer(b, fmt.Sprintf(roundTrips, dir, backend.URL+"/"))
	kinds := [2]string{"compare.echo", "backend.echo"}
	var rates, costs [2][]float64
	for b.Loop() {
		for i, event := range kinds {
			before := cpuSeconds(b, server.Process.Pid)
			got, r := runBench(b, dir, "-connections", "50", "-window", "50", "-duration", "2s", "-events", event, "-data", `{"a":1,"b":"hello"}`)
			if r.code != 0 || got.Deliveries.Arrived == 0 {
				b.Fatalf("exit %d: %s %s", r.code, r.out, r.err)
			}
			rates[i] = append(rates[i], got.Deliveries.PerSecond)
			costs[i] = append(costs[i], 1e6*(cpuSeconds(b, server.Process.Pid)-before)/float64(got.Deliveries.Arrived))
		}
	}
	b.ReportMetric(0, "ns/op")
	fmt.Printf("\n%-10s %12s %20s\n", "answer by", "a second", "server CPU, us each")
	var rate, cost [2]float64
	for i, name := range []string{"plugin", "callback"} {
		slices.Sort(rates[i])
		slices.Sort(costs[i])
		rate[i], cost[i] = rates[i][len(rates[i])/2], costs[i][len(costs[i])/2]
		fmt.Printf("%-10s %12.0f %20.1f\n", name, rate[i], cost[i])
	}
	fmt.Printf("%-10s %12.1f %20.1f   (goal: at least 3 times the rate)\n", "ratio", rate[0]/rate[1], cost[1]/cost[0])
}

// cpuSeconds is the CPU time that a process has taken (proc(5), Linux).
func cpuSeconds(b *testing.B, pid int) (seconds float64) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("this system has no /proc: ", err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	for _, f := range fields[11:13] { // utime and stime, in hundredths
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			b.Fatal(err)
		}
		seconds += n / 100
	}
	return seconds
}
