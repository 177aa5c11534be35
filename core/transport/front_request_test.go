package transport

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"testing"
)

// readBoth has a request read by parse and by net/http. Where parse takes it,
// both must have read the same; the return value says whether it did.
func readBoth(t *testing.T, text []byte) bool {
	t.Helper()
	head := bufio.NewReaderSize(bytes.NewReader(text), 4<<10)
	p, _ := head.Peek(4 << 10)
	var q request
	q.parse([]byte("GET /before HTTP/1.1\r\nHost: before\r\nContent-Length: 1\r\nX-Before: 1\r\n\r\n"), head) // its room is used again
	n, ok := q.parse(p, head)
	if !ok {
		return false
	}
	head.Discard(n)
	want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		t.Fatalf("%q was taken; net/http says %v", text, err)
	}
	if want.Header.Get("Pragma") == "no-cache" {
		want.Header.Del("Cache-Control") // net/http adds one
		q.Header.Del("Cache-Control")
	}
	want.Close = false // Connection is in the header
	body, wantBody := read(q.Body), read(want.Body)
	got := q.Request
	got.Body, want.Body = nil, nil
	if got.Header = got.Header.Clone(); !reflect.DeepEqual(&got, scrub(want)) || body != wantBody {
		t.Fatalf("%q\n got %+v %q\nwant %+v %q", text, &got, body, want, wantBody)
	}
	return true
}

func read(r io.Reader) string {
	b, _ := io.ReadAll(r)
	return string(b)
}

// scrub leaves the exported fields alone.
func scrub(r *http.Request) *http.Request {
	return &http.Request{
		Method: r.Method, URL: r.URL, RequestURI: r.RequestURI, Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
		Header: r.Header, Host: r.Host, ContentLength: r.ContentLength, Close: r.Close, TransferEncoding: r.TransferEncoding, Trailer: r.Trailer,
	}
}

// usual are requests that must not take the long way: what browsers, PHP's
// curl and the like send.
var usual = []string{
	"GET /ws/default?v=2&token=a.b-c_d HTTP/1.1\r\nHost: example.com:4719\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nUpgrade: websocket\r\nOrigin: http://example.com:4719\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\nCookie: a=1; b=2\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: driplet.v2, bearer.a.b.c\r\n\r\n",
	"POST /api/default/message HTTP/1.1\r\nHost: [::1]:4719\r\nAccept: */*\r\nX-Driplet-Signature: v2=00\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
	"POST /api/Some.name-1_~/message HTTP/1.1\r\nhost: a\r\ncontent-length:  3 \r\nX-Twice: 1\r\nX-Twice: \t2\r\nX-Empty:\r\nX-Latin: caf\xe9\r\n\r\nabc and the next",
	"GET /ws/a$&+,:=@~ HTTP/1.1\r\nHost: a\r\n\r\n",
}

// remarkable are requests that net/http shall judge.
var remarkable = []string{
	"GET /ws/%64efault HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /ws/a;b HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /ws/a? HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /ws/a?caf\xe9 HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /ws/a HTTP/1.0\r\nHost: a\r\n\r\n",
	"GET /ws/a  HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET  /ws/a HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /ws/a\r\nHost: a\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost:\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a/b\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a\r\nX: \r1\r\n\r\n",
	"GET /ws/a HTTP/1.1\r\nHost: a\r\n" + manyHeaders() + "\r\n",
	"POST /api/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
	"POST /api/a HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
	"POST /api/a HTTP/1.1\r\nHost: a\r\nContent-Length: 4294967296\r\n\r\nx",
	"POST /api/a HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nx",
	"POST /api/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"POST /api/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTrailer: X\r\n\r\nx",
	"GET /ws/a HTTP/1.1\r\nHost: a\r\n",
}

func manyHeaders() (lines string) {
	for i := range maxHeaders {
		lines += fmt.Sprintf("X-%d: 1\r\n", i)
	}
	return lines
}

func TestRequestsAreReadAsByNetHTTP(t *testing.T) {
	for _, text := range usual {
		if !readBoth(t, []byte(text)) {
			t.Errorf("%q goes the long way", text)
		}
	}
	for _, text := range remarkable {
		if readBoth(t, []byte(text)) {
			t.Errorf("%q was taken", text)
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, text := range append(usual, remarkable...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, start := range []string{webSocketStart, apiStart} {
			if bytes.HasPrefix(text, []byte(start)) {
				readBoth(t, text)
			}
		}
	})
}
