package transport

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

// reply is the http.ResponseWriter of a request to the API that Front answers.
// It keeps the whole answer, which goes out in one write.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
	out    bytes.Buffer
	date   []byte // as the answer's header has it, of the second
	second int64
}

// Header is that of the answer.
func (w *reply) Header() http.Header { return w.header }

// WriteHeader keeps the first status.
func (w *reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write keeps p.
func (w *reply) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush does nothing: the request was read whole, so nobody waits for a part
// of the answer.
func (w *reply) Flush() {}

// SetReadDeadline does nothing: the body is here.
func (w *reply) SetReadDeadline(time.Time) error { return nil }

// reply has r answered, and reports whether its connection may go on.
func (f *Front) reply(v *visit, r *http.Request) bool {
	w := &v.reply
	w.begin()
	f.handler.ServeHTTP(w, r)
	if v.request.body.skip() != nil {
		return false
	}
	last := false
	select {
	case <-f.closed:
		last = true
	default:
	}
	_, err := v.calls.Write(w.bytes(last))
	return err == nil && !last
}

func (w *reply) begin() {
	if w.header == nil {
		w.header = http.Header{}
	}
	clear(w.header)
	w.status = 0
	w.body.Reset()
	w.out.Reset()
}

// bytes is the answer as RFC 9112 has it; last: no other follows.
func (w *reply) bytes(last bool) []byte {
	w.WriteHeader(http.StatusOK)
	line := append(w.out.AvailableBuffer(), "HTTP/1.1 "...)
	line = strconv.AppendInt(line, int64(w.status), 10)
	line = append(line, ' ')
	line = append(line, http.StatusText(w.status)...)
	line = append(line, "\r\nDate: "...)
	line = append(line, w.now()...)
	line = append(line, "\r\nContent-Length: "...)
	line = strconv.AppendInt(line, int64(w.body.Len()), 10)
	line = append(line, "\r\n"...)
	if last {
		line = append(line, "Connection: close\r\n"...)
	}
	w.out.Write(line)
	_ = w.header.WriteSubset(&w.out, ownHeaders) // a bytes.Buffer takes everything
	w.out.WriteString("\r\n")
	w.out.Write(w.body.Bytes())
	return w.out.Bytes()
}

// now is the time as a header has it (RFC 9110, 6.6.1), which costs as much as
// the rest of the answer: written once a second.
func (w *reply) now() []byte {
	if now := time.Now(); now.Unix() != w.second {
		w.second, w.date = now.Unix(), now.UTC().AppendFormat(w.date[:0], http.TimeFormat)
	}
	return w.date
}

// ownHeaders are the connection's business, not the handler's.
var ownHeaders = map[string]bool{"Content-Length": true, "Connection": true, "Date": true}
