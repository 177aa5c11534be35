//go:build wasip1

package driplet

import (
	"encoding/binary"
	"time"
)

// HTTP sends requests.
var HTTP Client

// Client is what HTTP is.
type Client struct{}

// Request is what HTTP.Fetch sends; all but URL may be left out.
type Request struct {
	Method  string        // default GET
	URL     string        // must begin with one of those that the manifest lists
	Headers Object        // of strings
	Body    []byte        // 64 KiB at most
	Timeout time.Duration // 30 s at most; 0: 5 s
	Signed  bool          // with the endpoint's secret, so that the other side knows who asks
}

// Fetch sends a request when the handler ends. The answer comes to the handler
// of OnHTTP, with state (4 KiB at most) in the event.
func (Client) Fetch(r Request, state []byte) error {
	var headers []byte
	if r.Headers != nil {
		var err error
		if headers, err = new(writer).encode(r.Headers); err != nil {
			return err
		}
	}
	timeout := binary.LittleEndian.AppendUint32(nil, uint32(milliseconds(r.Timeout)))
	signed := byte(0)
	if r.Signed {
		signed = 1
	}
	b := envelope([]byte(r.Method), []byte(r.URL), headers, r.Body, timeout, []byte{signed})
	return check(hostFetch(bytesAt(b), size(b), bytesAt(state), size(state)), "HTTP.Fetch", r.URL)
}

// Timer sets timers.
var Timer Clock

// Clock is what Timer is.
type Clock struct{}

// Set has the handler of OnTimer(name) called at a time, with state (4 KiB at
// most) in the event. The same name again replaces it.
func (Clock) Set(name string, at time.Time, state []byte) error {
	return check(hostTimerSet(textAt(name), size(name), max(at.UnixMilli(), 1), bytesAt(state), size(state)), "Timer.Set", name)
}

// Cancel takes a timer back.
func (Clock) Cancel(name string) error {
	return check(hostTimerSet(textAt(name), size(name), 0, nil, 0), "Timer.Cancel", name)
}
