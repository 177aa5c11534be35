package callback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/driplet/driplet/core"
)

// route is one callback of one endpoint.
type route struct {
	core.Callback
	endpoint string
	prefix   string
	url      *url.URL
	key      Key
	slots    chan struct{} // one for each request that may be out
	waiting  atomic.Int64  // events without an answer
	log      *slog.Logger

	mu       sync.Mutex
	failures int // since the last answer
}

// newRoutes orders an endpoint's callbacks, the most specific first. Two that
// are equally specific are refused: which of them got an event would be chance.
func newRoutes(ep *core.Endpoint, key Key, log *slog.Logger) ([]*route, error) {
	var out []*route
	owners := map[string]core.Pattern{}
	for _, c := range ep.Callbacks {
		u, err := url.Parse(c.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("endpoint %s: the callback for %q has no URL that starts with http:// or https://", ep.Name, c.Match)
		}
		if c.Timeout <= 0 {
			return nil, fmt.Errorf("endpoint %s: the callback for %q needs a Timeout above 0", ep.Name, c.Match)
		}
		r := &route{
			Callback: c, endpoint: ep.Name, prefix: c.Match.LiteralPrefix(), url: u, key: key,
			slots: make(chan struct{}, maxInFlight),
			log:   log.With("endpoint", ep.Name, "callback", c.Match.String(), "url", u.Redacted()),
		}
		if other, taken := owners[r.prefix]; taken {
			return nil, fmt.Errorf("endpoint %s: the callbacks for %q and %q are equally specific: make one longer before its first * or {", ep.Name, other, c.Match)
		}
		owners[r.prefix] = c.Match
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b *route) int { return cmp.Compare(len(b.prefix), len(a.prefix)) })
	return out, nil
}

// name is how node tells the callers of this callback from others'.
func (r *route) name() string { return "callback " + r.endpoint + "/" + r.Match.String() }

// admit counts an event in; false: too many wait already.
func (r *route) admit() bool {
	if r.waiting.Add(1) > maxWaiting {
		r.waiting.Add(-1)
		return false
	}
	return true
}

// tell gives the outcome of a request to the operator: the first failure, then
// ever fewer, so that a dead backend does not fill the log; and its recovery.
func (r *route) tell(err error) {
	r.mu.Lock()
	failures := r.failures
	if r.failures++; err == nil {
		r.failures = 0
	}
	r.mu.Unlock()
	switch {
	case err != nil && failures&(failures+1) == 0: // the 1st, 2nd, 4th, 8th …
		r.log.Error("a callback failed", "error", err, "in_a_row", failures+1)
	case err == nil && failures > 0:
		r.log.Info("the callback works again", "failed", failures)
	}
}

// callerError is what the caller hears of a request that came to nothing. It
// does not give the backend's address away.
func (r *route) callerError(ctx context.Context, event string, err error) *core.Error {
	var status *statusError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return core.Errorf(core.CodeTimeout, "the backend did not answer the event %q within %s; it may have acted", event, r.Timeout)
	case ctx.Err() != nil:
		return core.Errorf(core.CodeUnavailable, "the server stops: send the event %q again", event)
	case errors.As(err, &status):
		return core.Errorf(core.CodeUnavailable, "the backend could not handle the event %q (HTTP %d): try again later", event, status.status)
	case errors.Is(err, errBadAnswer):
		return core.Errorf(core.CodePluginFailed, "the backend's answer to the event %q is not what it should be; the server's log says why", event)
	}
	return core.Errorf(core.CodeUnavailable, "the backend for the event %q cannot be reached: try again later", event)
}

var claimInPattern = regexp.MustCompile(`\{[^}]*\}`)

// Example is the shortest name of an event that a pattern covers: it shows
// whether somebody else takes what the pattern is for.
func Example(p core.Pattern) string {
	return strings.ReplaceAll(claimInPattern.ReplaceAllString(p.String(), "x"), "*", "")
}
