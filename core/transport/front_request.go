package transport

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
)

// request is what http.ReadRequest would return, in room that is used again:
// of a handshake the library makes 25 objects and more.
type request struct {
	http.Request
	url    url.URL
	header http.Header
	values []string // those of header lie here, each in a slice of one
	body   body
}

// maxHeaders is how many lines a header may have; browsers send about 15.
const maxHeaders = 32

var headEnd = []byte("\r\n\r\n")

// parse reads the header that p begins with (RFC 9112, 3 and 5) and returns its
// length; the body is what from gives behind it. Only what is plain is taken:
// an origin's target without escapes, no folded lines, every character as it
// should be. All else is false, and net/http's to judge.
func (q *request) parse(p []byte, from *bufio.Reader) (n int, ok bool) {
	end := bytes.Index(p, headEnd)
	if end < 0 {
		return 0, false
	}
	start, lines, _ := strings.Cut(string(p[:end]), "\r\n")
	method, rest, _ := strings.Cut(start, " ")
	target, proto, _ := strings.Cut(rest, " ")
	path, query, hasQuery := strings.Cut(target, "?")
	if proto != "HTTP/1.1" || !only(path, inPath) || !only(query, inQuery) || hasQuery && query == "" {
		return 0, false
	}
	if !q.readLines(lines) {
		return 0, false
	}
	host, length, ok := q.framing()
	if !ok {
		return 0, false
	}
	q.url = url.URL{Path: path, RawQuery: query}
	q.body = body{from: from, left: length}
	q.Request = http.Request{
		Method: method, URL: &q.url, RequestURI: target, Proto: proto, ProtoMajor: 1, ProtoMinor: 1,
		Header: q.header, Host: host, ContentLength: int64(length), Body: &q.body,
	}
	return end + len(headEnd), true
}

// readLines reads the lines of a header.
func (q *request) readLines(lines string) bool {
	if q.header == nil {
		q.header, q.values = make(http.Header, maxHeaders), make([]string, 0, maxHeaders)
	}
	clear(q.header)
	clear(q.values)
	q.values = q.values[:0]
	for lines != "" {
		var line string
		line, lines, _ = strings.Cut(lines, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || !only(name, inName) || !only(value, inValue) || len(q.values) == maxHeaders {
			return false
		}
		name, value = canonical(name), strings.Trim(value, " \t")
		if before := q.header[name]; before != nil {
			q.header[name] = append(before, value)
			continue
		}
		n := len(q.values)
		q.values = append(q.values, value)
		q.header[name] = q.values[n : n+1 : n+1]
	}
	return true
}

// canonical is a header's name as net/http spells it. What WebSockets bring is
// always spelt otherwise.
func canonical(name string) string {
	switch name {
	case "Sec-WebSocket-Key":
		return headerKey
	case "Sec-WebSocket-Version":
		return headerVersion
	case "Sec-WebSocket-Protocol":
		return headerProtocol
	case "Sec-WebSocket-Extensions":
		return headerExtensions
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// framing takes Host out of the header, as net/http does, and reads the body's
// length.
func (q *request) framing() (host string, length int, ok bool) {
	h := q.header
	if hosts := h["Host"]; len(hosts) == 1 && hosts[0] != "" && only(hosts[0], inHost) {
		host = hosts[0]
	}
	delete(h, "Host")
	if lengths := h["Content-Length"]; lengths != nil {
		n, err := strconv.ParseUint(lengths[0], 10, 31)
		if length = int(n); err != nil || len(lengths) > 1 {
			return "", 0, false
		}
	}
	return host, length, host != "" && h["Transfer-Encoding"] == nil && h["Trailer"] == nil
}

// body is that of a request, which was read together with its header.
type body struct {
	from *bufio.Reader
	left int
}

// Read reads until the body's end.
func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// Close leaves what was not read to skip.
func (b *body) Close() error { return nil }

// skip passes over what nobody has read.
func (b *body) skip() error {
	n, err := b.from.Discard(b.left)
	b.left -= n
	return err
}
