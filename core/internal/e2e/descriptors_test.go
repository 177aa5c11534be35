//go:build linux

package e2e_test

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core/internal/testkit"
)

// Without descriptors the server neither ends nor spins; who is connected goes
// on, and as soon as some are free others come in.
func TestOutOfDescriptors(t *testing.T) {
	p := serve(t, "0", "ulimit -n 100;")
	inside := p.V2(p.User(1))
	inside.Subscribe("t")
	publisher := p.Dial() // keeps its descriptor

	var crowd []net.Conn
	for range 200 {
		c, err := net.Dial("tcp", p.Addr)
		if err != nil {
			break
		}
		crowd = append(crowd, c)
	}
	testkit.Until(t, "all descriptors are taken", func() bool { return descriptors(t, p.cmd.Process.Pid) >= 100 })

	before := cpuTime(t, p.cmd.Process.Pid)
	const window = 2 * time.Second
	time.Sleep(window)
	if used := cpuTime(t, p.cmd.Process.Pid) - before; used > window/2 {
		t.Errorf("it took %v of the processor in %v", used, window)
	}
	if n := strings.Count(p.errs.String(), "\n"); n > 20 {
		t.Errorf("it said %d lines:\n%.2000s", n, p.errs)
	}
	for n := range 5 {
		inside.Say(`{"type":"ping"}`)
		inside.Wait("pong")
		body := testkit.Body(fmt.Sprintf(`"topic":"t","message":%d`, n))
		publisher.Raw([]byte(testkit.PostRequest(body)))
		if a := publisher.Answer(); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		inside.Wait(fmt.Sprintf(`"message":%d`, n))
	}
	for _, c := range crowd {
		c.Close()
	}
	p.V2(p.User(2)).Subscribe("t")
	if err := <-p.terminate(t); err != nil {
		t.Errorf("%v: %s", err, p.errs)
	}
}

func descriptors(t *testing.T, pid int) int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// cpuTime is what the process has used (proc(5), stat: utime and stime in
// hundredths of a second).
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	sum := 0
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return time.Duration(sum) * 10 * time.Millisecond
}
