package programtest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// Output keeps what a program, or a log, writes. It may be read meanwhile.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write makes *Output an io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// String is all that was written.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Reset forgets what was written.
func (o *Output) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Reset()
}

// patience bounds the wait for what must come: far more than a starved machine
// needs, so that a test fails for a fault alone.
const patience = 90 * time.Second

// Await waits until text has been written so many times.
func (o *Output) Await(t testing.TB, text string, times int) {
	t.Helper()
	for end := time.Now().Add(patience); strings.Count(o.String(), text) < times; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q has not come %d times: %q", text, times, o)
		}
	}
}
