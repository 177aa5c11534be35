package transport

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"time"
)

// answer is the http.ResponseWriter of a handshake that came through Front:
// taken over, or answered once, after which the connection ends.
type answer struct {
	conn     net.Conn
	head     *bufio.Reader
	header   http.Header // nil: none was asked for
	status   int
	body     bytes.Buffer
	hijacked bool
}

// Header is that of the answer.
func (w *answer) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

// WriteHeader keeps the first status.
func (w *answer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write keeps p for finish.
func (w *answer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Hijack gives the connection away. The reader holds what came behind the
// header and must not be kept; there is no writer.
func (w *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.hijacked {
		return nil, nil, http.ErrHijacked
	}
	w.hijacked = true
	return w.conn, bufio.NewReadWriter(w.head, nil), nil
}

// finish answers and ends the connection, unless it was taken over. It waits
// for the client to close: were bytes of it unread at the end, the reset for
// them would overtake the answer.
func (w *answer) finish() {
	if w.hijacked {
		return
	}
	w.WriteHeader(http.StatusOK)
	now := time.Now()
	w.conn.SetDeadline(now.Add(closeGrace))
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat)) // RFC 9110, 6.6.1
	res := http.Response{
		StatusCode: w.status, ProtoMajor: 1, ProtoMinor: 1, Header: w.header,
		ContentLength: int64(w.body.Len()), Body: io.NopCloser(&w.body), Close: true,
	}
	if res.Write(w.conn) == nil {
		if half, ok := w.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			_, _ = io.CopyN(io.Discard, w.conn, lingerBytes) // until its end, or the deadline
		}
	}
	w.conn.Close()
}
