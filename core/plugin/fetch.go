package plugin

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/driplet/driplet/core"
)

// FetchRequest is what a plugin asks of another server.
type FetchRequest struct {
	Method  string
	URL     string
	Headers map[string]string
	Body    []byte
	Timeout time.Duration
	Signed  bool // with the endpoint's key for plugins: Options.Sign
}

// held is about how many bytes a request keeps while it is under way.
func (r *FetchRequest) held() int {
	n := len(r.URL) + len(r.Body)
	for name, value := range r.Headers {
		n += len(name) + len(value) + headerBytes
	}
	return n
}

// headerBytes is what a header takes beside its text.
const headerBytes = 128

var fetchMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// fixedHeaders are the client's own: a guest that set them could smuggle a
// second request or reach another site on a shared address.
var fixedHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Te", "Trailer", "Proxy-Authorization"}

// ownHeaders begin what the server alone says of itself: its signature.
const ownHeaders = "X-Driplet-"

// httpFetch is http_fetch(request, state).
func (in *instance) httpFetch(s []uint64) (int64, error) {
	if in.full(OpFetch, s[1]) {
		return 0, ErrnoLimit
	}
	raw, err := in.bytes(s[0], s[1], MaxFetchBody+16<<10)
	if err != nil {
		return 0, err
	}
	state, err := in.bytes(s[2], s[3], MaxState)
	if err != nil {
		return 0, err
	}
	r, err := parseFetch(raw)
	if err != nil {
		return 0, ErrnoBadArgument
	}
	u, err := parseURL(r.URL)
	if err != nil {
		return 0, ErrnoBadArgument
	}
	if !allowsURL(in.b.out.allowed, u) {
		return 0, ErrnoDenied
	}
	if r.Signed && !in.b.signs() {
		return 0, ErrnoDenied
	}
	if in.b.out.full() {
		return 0, ErrnoUnavailable
	}
	e, err := in.effect(OpFetch, len(raw)+len(state))
	if err != nil {
		return 0, err
	}
	e.Request, e.State = r, state
	return 0, nil
}

var errBadFetch = errors.New("not a request")

// parseFetch reads the envelope of a request.
func parseFetch(raw []byte) (*FetchRequest, error) {
	env, ok := openEnvelope(raw)
	var f [6][]byte
	for i := 0; ok && i < len(f); i++ {
		f[i], ok = env.next()
	}
	r := &FetchRequest{Method: string(f[0]), URL: string(f[1]), Body: f[3], Timeout: fetchTimeout}
	if r.Method == "" {
		r.Method = "GET"
	}
	if !ok || !slices.Contains(fetchMethods, r.Method) || len(r.Body) > MaxFetchBody {
		return nil, errBadFetch
	}
	if len(f[2]) > MaxFetchHeaders {
		return nil, errBadFetch
	}
	if len(f[2]) > 0 && json.Unmarshal(f[2], &r.Headers) != nil {
		return nil, errBadFetch
	}
	for name, value := range r.Headers {
		if !validHeader(name, value) {
			return nil, errBadFetch
		}
		name = http.CanonicalHeaderKey(name)
		if slices.Contains(fixedHeaders, name) || strings.HasPrefix(name, ownHeaders) {
			return nil, errBadFetch
		}
	}
	switch len(f[4]) {
	case 0:
	case 4:
		if ms := binary.LittleEndian.Uint32(f[4]); ms > 0 {
			r.Timeout = min(time.Duration(ms)*time.Millisecond, maxFetchTimeout)
		}
	default:
		return nil, errBadFetch
	}
	switch string(f[5]) {
	case "", "\x00":
	case "\x01":
		r.Signed = true
	default:
		return nil, errBadFetch
	}
	return r, nil
}

// validHeader reports whether a request can bear a header (RFC 9110, 5.1 and
// 5.5): the client would refuse it, but when the guest is told no more.
func validHeader(name, value string) bool {
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	for _, c := range []byte(value) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return name != ""
}

// signs reports whether requests of this plugin can be signed.
func (b *binding) signs() bool {
	if b.host.Sign != nil && len(b.endpoint.APIKeys) > 0 {
		return true
	}
	b.out.unsigned.Do(func() {
		b.logger().Error("the plugin asks for signed requests, but this endpoint has no APISecret to sign them with")
	})
	return false
}

// outbound is a plugin's way out on one endpoint. Nothing of it is shared with
// another endpoint: neither connections nor what is under way.
type outbound struct {
	allowed  []urlPrefix
	client   *http.Client
	slots    chan struct{} // one for each request on the wire
	unsigned sync.Once     // told that nothing can be signed

	mu      sync.Mutex
	pending int // requests without an answer
	bytes   int // that they hold, with their states
}

func (o *outbound) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pending >= MaxFetchWaiting || o.bytes >= MaxFetchBytes
}

// enter counts a request in; false: there are too many.
func (o *outbound) enter(size int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending >= MaxFetchWaiting || o.bytes >= MaxFetchBytes {
		return false
	}
	o.pending++
	o.bytes += size
	return true
}

func (o *outbound) leave(size int) {
	o.mu.Lock()
	o.pending--
	o.bytes -= size
	o.mu.Unlock()
}

// fetch sends a request, as soon as fewer than MaxFetching are on the wire, and
// gives its answer to the plugin, whatever it is: to the version that serves
// then.
func (b *binding) fetch(r *FetchRequest, state []byte) {
	size := r.held() + len(state)
	entered := b.out.enter(size)
	b.host.running.Go(func() {
		input := Input{Kind: KindHTTP, Endpoint: b.endpoint.Name, State: state}
		ctx, cancel := context.WithTimeout(b.host.background, r.Timeout)
		defer cancel()
		var err error
		if !entered {
			err = core.Errorf(core.CodeUnavailable, "too many requests of the plugin %s are under way; try again", b.Name)
		} else {
			defer b.out.leave(size)
			select {
			case b.out.slots <- struct{}{}:
				err = b.exchange(ctx, r, &input)
				<-b.out.slots // before the handler runs, which may take longer
			case <-ctx.Done():
				err = ctx.Err()
			}
		}
		if err != nil {
			input.Status, input.Headers, input.Data = 0, nil, fetchFault(err)
		}
		if b.host.background.Err() != nil {
			return
		}
		input.Time = b.host.Now()
		b.deliver(b.host.background, &input, nil, nil)
	})
}
