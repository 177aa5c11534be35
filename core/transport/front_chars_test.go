package transport_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/internal/testkit"
)

// What the server behind Front refuses for its form is refused whoever reads it
// first, and what it takes in spite of its form is taken.
func TestFrontReadsAsTheServerDoes(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	n := 0
	next := func() string { n++; return published(n) }
	line := func(request, line string) string { return strings.Replace(request, "\r\n", "\r\n"+line+"\r\n", 1) }
	host := func(request, host string) string { return strings.Replace(request, "Host: driplet", "Host: "+host, 1) }
	path := "/ws/default?v=2&token=" + s.User(7)
	for name, test := range map[string]struct {
		request string
		status  int
	}{
		"a space in a name":             {line(next(), "X Y: 1"), 400},
		"a space behind a name":         {line(next(), "Content-Length : 1"), 400},
		"a space behind a handshake's":  {testkit.Handshake(path, "Xy : 1"), 400},
		"a host with a space":           {host(next(), "a b"), 400},
		"a host with a slash":           {host(next(), "a/b"), 400},
		"a handshake for such a host":   {host(testkit.Handshake(path), "a/b"), 400},
		"HTTP/2.0":                      {strings.Replace(next(), "HTTP/1.1", "HTTP/2.0", 1), 505},
		"all marks of a name":           {line(next(), "!#$%&'*+-.^_`|~: 1"), 200},
		"an address of IPv6 and a port": {host(next(), "[::1]:4719"), 200},
		"lines that end without CR":     {strings.ReplaceAll(next(), "\r\n", "\n"), 200},
		"a handshake's lines likewise":  {strings.ReplaceAll(testkit.Handshake(path), "\r\n", "\n"), 101},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.In(t).Dial()
			w.Raw([]byte(test.request))
			if a := w.Answer(); a.Status != test.status {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	t.Run("line ends between requests", func(t *testing.T) {
		w := s.In(t).Dial()
		for _, between := range []string{"\r\n", "\n", "\r\n\r\n", ""} {
			w.Raw([]byte(next() + between))
			taken(t, w)
		}
		w.Raw([]byte("\r\n" + testkit.Handshake(path)))
		if a := w.Answer(); a.Status != http.StatusSwitchingProtocols {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})
	t.Run("line ends before the first request", func(t *testing.T) {
		w := s.In(t).Dial()
		w.Raw([]byte("\r\n" + next()))
		if a := w.Answer(); a.Status != http.StatusBadRequest {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})
}

// A refused handshake is dated as every other answer.
func TestRefusedHandshakesAreDated(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	_, a := s.Request(testkit.Handshake("/ws/default?token=x"))
	if at, err := http.ParseTime(a.Header.Get("Date")); a.Status != http.StatusUnauthorized || err != nil {
		t.Error(a.Status, at, err)
	}
}
