package server_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/internal/testkit"
)

const large = 20 << 20

// counted tells how much of a body was asked for.
type counted struct {
	r io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func TestBodyOf20MB(t *testing.T) {
	s := start(t)
	body := bytes.Repeat([]byte("x"), large)
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: driplet\r\n%s: %s\r\n", publish, auth.HeaderSignature, auth.SignBody(testkit.APISecret, body))

	// A client that sends it all before it reads.
	w := s.Dial()
	w.Raw([]byte(head + fmt.Sprintf("Content-Length: %d\r\n\r\n", large)))
	w.Write(body) // may be cut off
	a := w.Answer()
	want(t, "20 MB", a, 413, "too_large", "", "has 20971520 bytes, which is over the limit of 1048576 bytes")
	if !a.Close {
		t.Error("the connection stays, with most of a body to come")
	}

	// One that waits to be told.
	w = s.Dial()
	w.Raw([]byte(head + fmt.Sprintf("Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", large)))
	want(t, "20 MB, expecting", w.Answer(), 413, "too_large", "", "")

	// Chunks, whose sum nobody has announced.
	w = s.Dial()
	w.Raw([]byte(head + "Transfer-Encoding: chunked\r\n\r\n"))
	chunk := append([]byte("10000\r\n"), bytes.Repeat([]byte("x"), 1<<16)...)
	for range large >> 16 {
		if _, err := w.Write(append(chunk, "\r\n"...)); err != nil {
			break
		}
	}
	want(t, "20 MB in chunks", w.Answer(), 413, "too_large", "", "1048576 bytes")

	// A usual client, and how much of its body was taken.
	c := &counted{r: bytes.NewReader(body)}
	r, err := http.NewRequest("POST", s.URL+publish, io.MultiReader(c))
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = large
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err == nil {
		res.Body.Close()
		if res.StatusCode != 413 {
			t.Errorf("a usual client: %d", res.StatusCode)
		}
	}
	if c.n.Load() == large {
		t.Error("all of it was read")
	}
}

func TestBodySizes(t *testing.T) {
	s := start(t)
	fill := func(size int) string {
		head := testkit.Body(`"topic":"elsewhere","message":"`)
		head = head[:len(head)-1]
		return head + strings.Repeat("x", size-len(head)-2) + `"}`
	}
	for _, size := range []int{100, 16 << 10, 16<<10 + 1, core.MaxBodyBytes - 1, core.MaxBodyBytes} {
		if a := s.Post(fill(size)); a.Status != 200 {
			t.Errorf("%d bytes: %d %s", size, a.Status, a.Body)
		}
		b := fill(size)
		if a := s.Do("POST", publish, io.MultiReader(strings.NewReader(b)), auth.HeaderSignature, auth.SignBody(testkit.APISecret, []byte(b))); a.Status != 200 {
			t.Errorf("%d bytes in chunks: %d %s", size, a.Status, a.Body)
		}
	}
	want(t, "a byte too many", s.Post(fill(core.MaxBodyBytes+1)), 413, "too_large", "", "")
}

func TestBodyEndsEarly(t *testing.T) {
	s := start(t)
	for _, head := range []string{"Content-Length: 1000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\""} {
		w := s.Dial()
		w.Raw([]byte("POST " + publish + " HTTP/1.1\r\nHost: driplet\r\n" + head))
		w.CloseWriteSide()
		want(t, head, w.Answer(), 400, "bad_request", "", "ended early, after")
	}
	// Many that announce a large body and send none cost no memory for it.
	for range 50 {
		s.Dial().Raw([]byte("POST " + publish + " HTTP/1.1\r\nHost: driplet\r\nContent-Length: 1048576\r\n\r\n"))
	}
}

// Several requests on one connection, refused ones among them.
func TestKeepAlive(t *testing.T) {
	s := start(t)
	w := s.Dial()
	for range 3 {
		w.Raw([]byte("GET /api/default/ping HTTP/1.1\r\nHost: driplet\r\n\r\n"))
		if a := w.Answer(); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		w.Raw([]byte("POST " + publish + " HTTP/1.1\r\nHost: driplet\r\nContent-Length: 2\r\n\r\n{}"))
		want(t, "unsigned", w.Answer(), 401, "unauthorized", "signature_missing", "")
	}
}
