package plugin

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
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
}

var fetchMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// fixedHeaders are the client's own: a guest that set them could smuggle a
// second request or reach another site on a shared address.
var fixedHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Te", "Trailer", "Proxy-Authorization"}

// httpFetch is http_fetch(request, state).
func (in *instance) httpFetch(s []uint64) (int64, error) {
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
	if !allowsURL(in.grants().HTTP, u) {
		return 0, ErrnoDenied
	}
	if in.b.fetching.Load() >= MaxFetching {
		return 0, ErrnoUnavailable
	}
	return 0, in.effect(Effect{Op: OpFetch, Request: r, State: state}, len(raw)+len(state))
}

var errBadFetch = errors.New("not a request")

// parseFetch reads the envelope of a request.
func parseFetch(raw []byte) (*FetchRequest, error) {
	env, ok := openEnvelope(raw)
	var f [5][]byte
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
	if len(f[2]) > 0 && json.Unmarshal(f[2], &r.Headers) != nil {
		return nil, errBadFetch
	}
	for name := range r.Headers {
		if slices.Contains(fixedHeaders, http.CanonicalHeaderKey(name)) {
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
	return r, nil
}

// fetch sends a request and gives its answer to the plugin, some time.
func (b *binding) fetch(r *FetchRequest, state []byte) {
	b.fetching.Add(1)
	b.host.running.Go(func() {
		defer b.fetching.Add(-1)
		input := Input{Kind: KindHTTP, Endpoint: b.endpoint.Name, State: state}
		if err := b.exchange(r, &input); err != nil {
			input.Status, input.Headers = 0, nil
			input.Data = fetchFault(err)
		}
		if b.host.background.Err() != nil {
			return
		}
		input.Time = b.host.Now()
		b.unattended(b.host.background, &input, nil)
	})
}

func (b *binding) exchange(r *FetchRequest, input *Input) error {
	ctx, cancel := context.WithTimeout(b.host.background, r.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return core.Errorf(core.CodeBadRequest, "%v", err)
	}
	for name, value := range r.Headers {
		req.Header.Set(name, value)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "Driplet-Plugin/1 ("+b.Name+")")
	}
	client := b.client()
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxFetchAnswer+1))
	if err != nil {
		return err
	}
	if len(body) > MaxFetchAnswer {
		return core.Errorf(core.CodeTooLarge, "the answer has more than %d bytes", MaxFetchAnswer)
	}
	headers := make(map[string]string, len(resp.Header))
	for name, values := range resp.Header {
		headers[strings.ToLower(name)] = strings.ToValidUTF8(strings.Join(values, ", "), "\uFFFD")
	}
	input.Headers, err = json.Marshal(headers)
	input.Status, input.Data = int32(resp.StatusCode), body
	return err
}

// client checks each redirect as the first URL was checked, and each address
// when it is dialled.
func (b *binding) client() *http.Client {
	transport := b.host.Transport
	if transport == nil {
		transport = &http.Transport{DialContext: b.dial, MaxResponseHeaderBytes: MaxFetchHeaders, ForceAttemptHTTP2: true}
	}
	return &http.Client{Transport: transport, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > MaxRedirects {
			return core.Errorf(core.CodeUnavailable, "more than %d redirects", MaxRedirects)
		}
		if u, err := parseURL(req.URL.String()); err != nil || !allowsURL(b.Grants.HTTP, u) {
			return core.Errorf(core.CodeForbidden, "redirected to %s://%s, which %s.toml does not allow under http", req.URL.Scheme, req.URL.Host, b.Name)
		}
		return nil
	}}
}

// dial resolves the name itself and connects to an address that it has
// checked, so that the name cannot turn in between.
func (b *binding) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = []netip.Addr{a}
	} else if addrs, err = b.host.Lookup(ctx, host); err != nil {
		return nil, err
	}
	err = core.Errorf(core.CodeForbidden, "%s has no address that may be reached: private and loopback ones must be listed themselves", host)
	for _, a := range addrs {
		if !allowsAddr(b.Grants.HTTP, host, a) {
			continue
		}
		conn, dialErr := b.host.Dial(ctx, network, net.JoinHostPort(a.Unmap().String(), port))
		if dialErr == nil {
			return conn, nil
		}
		err = fmt.Errorf("%s: %w", host, dialErr)
	}
	return nil, err
}

// fetchFault is the data of an http event without an answer.
func fetchFault(err error) []byte {
	var coded *core.Error
	if !errors.As(err, &coded) {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			coded = core.Errorf(core.CodeTimeout, "no answer in time")
		} else {
			coded = core.Errorf(core.CodeUnavailable, "%v", err)
		}
	}
	out, _ := json.Marshal(map[string]string{"code": string(coded.Code), "message": coded.Message}) // strings always marshal
	return out
}
