package server_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

func limited(perAddress int, trusted ...netip.Prefix) testkit.Options {
	return testkit.Options{
		TrustedProxies: trusted,
		Endpoint:       func(e *core.Endpoint) { e.Limits.ConnectionsPerAddress = perAddress },
	}
}

// fits reports whether another connection with these headers may come in; it
// stays.
func fits(s *testkit.Server, header ...string) bool {
	w := s.Upgrade("/ws/default?v=2&token="+s.User(1), header...)
	f := w.Next()
	switch {
	case strings.Contains(f.String(), "welcome"):
		return true
	case !strings.Contains(f.String(), "Limits.Connections"):
		return strings.Contains(f.String(), "some other refusal")
	}
	w.WantClose(core.CloseRateLimited, "")
	return false
}

func howMany(s *testkit.Server, header ...string) (n int) {
	for n < 10 && fits(s, header...) {
		n++
	}
	return n
}

func TestConnectionsOfAnAddress(t *testing.T) {
	s := testkit.Start(t, limited(3))
	if n := howMany(s); n != 3 {
		t.Errorf("%d connections fit, want 3", n)
	}
	_, a := s.Request(testkit.Handshake("/ws/default?token=" + s.User(1)))
	if e := a.Error(); a.Status != 403 || e.Code != "quota" || !e.Retry || !strings.Contains(e.Message, "3 connections (Limits.ConnectionsPerAddress)") {
		t.Errorf("version 1: %d %s", a.Status, a.Body)
	}
	testkit.Until(t, "2 refusals are counted", func() bool { return s.Metric(`driplet_refused_total{code="quota",endpoint="default"}`) == 2 })
}

func TestPlaceIsGivenBack(t *testing.T) {
	s := testkit.Start(t, limited(1))
	for range 5 {
		w := s.V2(s.User(1))
		w.Close()
		testkit.Until(t, "it has left", func() bool { return s.Metric(`driplet_connections{endpoint="default"}`) == 0 })
	}
	// A handshake that fails after it was let in gives it back, too.
	s.Upgrade("/ws/default?v=2&token=x").WantClose(4006, "")
	if !fits(s) {
		t.Error("no place is left")
	}
}

func TestConnectionsOfAnEndpoint(t *testing.T) {
	s := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) { e.Limits.Connections = 4 }})
	s.Witness() // takes two
	if n := howMany(s); n != 2 {
		t.Errorf("%d connections fit, want 2", n)
	}
}

// Without a number in the configuration loopback has no limit.
func TestLoopbackIsSpared(t *testing.T) {
	s := testkit.Start(t, limited(0, netip.MustParsePrefix("127.0.0.1/32")))
	s.Witness()
	for n := range core.DefaultConnectionsPerAddress + 20 {
		if !fits(s) {
			t.Fatalf("refused after %d", n)
		}
	}
	for n := range core.DefaultConnectionsPerAddress {
		if !fits(s, "X-Forwarded-For: 203.0.113.9") {
			t.Fatalf("an address is refused after %d", n)
		}
	}
	if fits(s, "X-Forwarded-For: 203.0.113.9") {
		t.Error("another address has no limit")
	}
}

func TestTrustedProxies(t *testing.T) {
	s := testkit.Start(t, limited(2, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")))
	// Each line is somebody else than those before it.
	for i, header := range [][]string{
		{"X-Forwarded-For: 203.0.113.1"},
		{"X-Forwarded-For: 203.0.113.2, 10.1.1.1, 10.2.2.2"},
		{"X-Forwarded-For: 203.0.113.3", "X-Forwarded-For: 10.1.1.1"},
		{"X-Forwarded-For: 6.6.6.6, 203.0.113.4"}, // what stands before it is the client's own word
		{"X-Forwarded-For: 203.0.113.5:4711"},
		{"X-Forwarded-For: 2001:db8::1"},
		{"X-Forwarded-For: [2001:db8::2]:4711"},
		{"X-Real-IP: 203.0.113.6"},
		{"X-Real-IP: ::ffff:203.0.113.7"},
		{"X-Forwarded-For: unknown", "X-Real-IP: 203.0.113.8"},
		{"X-Nothing: 1"},
	} {
		if n := howMany(s, header...); n != 2 {
			t.Errorf("%d, %v: %d connections fit, want 2", i, header, n)
		}
	}
	for _, header := range []string{"X-Forwarded-For: 203.0.113.1, 10.9.9.9", "X-Forwarded-For: 9.9.9.9, 203.0.113.4", "X-Real-IP: 203.0.113.1", "X-Forwarded-For: ::ffff:203.0.113.5", "X-Forwarded-For: junk"} {
		if fits(s, header) {
			t.Errorf("%s: let in as somebody new", header)
		}
	}
}

// Nobody else may say who they are.
func TestUntrustedProxy(t *testing.T) {
	s := testkit.Start(t, limited(2, netip.MustParsePrefix("10.0.0.0/8")))
	n := 0
	for i := range 10 {
		if fits(s, fmt.Sprintf("X-Forwarded-For: 203.0.113.%d", i)) {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d connections fit, want 2", n)
	}
}

// A proxy on this machine that nobody has named: its address stands for all.
func TestProxyOnLoopbackWithoutTrust(t *testing.T) {
	s := testkit.Start(t, limited(2))
	for range 3 {
		if n := howMany(s, "X-Forwarded-For: 203.0.113.1"); n != 10 {
			t.Errorf("%d connections fit: limits should be off", n)
		}
	}
	if n := strings.Count(s.Log.String(), "limits by address are off"); n != 1 {
		t.Errorf("said %d times:\n%s", n, s.Log)
	}
	if n := howMany(s); n != 2 {
		t.Errorf("%d connections fit without a proxy, want 2", n)
	}
}

// Metrics are for this machine, and not for whoever a proxy on it forwards.
func TestMetricsAreLocal(t *testing.T) {
	s := testkit.Start(t, testkit.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}})
	if a := s.Get("/metrics"); a.Status != 200 || !strings.Contains(a.Body, "driplet_connections") {
		t.Errorf("%d %.100s", a.Status, a.Body)
	}
	other := testkit.Start(t, testkit.Options{})
	elsewhere := testkit.Start(t, testkit.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	trusting := testkit.Start(t, testkit.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	for _, header := range [][]string{{"X-Forwarded-For", "203.0.113.1"}, {"X-Real-IP", "203.0.113.1"}, {"Forwarded", "for=203.0.113.1"}} {
		for _, s := range []*testkit.Server{other, elsewhere, trusting} {
			want(t, header[0], s.Do("GET", "/metrics", nil, header...), 403, "forbidden", "", "loopback")
		}
	}
	if a := trusting.Do("GET", "/metrics", nil, "X-Forwarded-For", "127.0.0.1"); a.Status != 200 {
		t.Errorf("through the proxy from this machine: %d", a.Status)
	}
}
