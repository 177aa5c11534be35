package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/dial"
)

// newOutbound makes a plugin's way out on an endpoint: to allowed, over
// connections that it keeps for a moment.
func (b *binding) newOutbound(allowed []urlPrefix) *outbound {
	transport := b.host.Transport
	if transport == nil {
		dialer := &dial.Dialer{Lookup: b.host.Lookup, Connect: b.host.Dial, Check: b.checkAddr}
		transport = &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: maxFetchTimeout, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: MaxFetchHeaders, MaxIdleConnsPerHost: MaxFetching, IdleConnTimeout: fetchIdle,
		}
	}
	return &outbound{
		allowed: allowed, slots: make(chan struct{}, MaxFetching),
		client: &http.Client{Transport: transport, CheckRedirect: b.redirect},
	}
}

// exchange sends a request and reads its answer into input.
func (b *binding) exchange(ctx context.Context, r *FetchRequest, input *Input) error {
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
	client := b.out.client
	if r.Signed {
		// A signature is for this request alone: a redirect is its answer.
		client = &http.Client{Transport: client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		b.host.Sign(b.endpoint, req, r.Body)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// Its body is the connection itself, which no time bounds any more.
		return core.Errorf(core.CodeUnavailable, "the answer is HTTP 101: nobody asked for another protocol")
	}
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

// redirect checks a redirect as the first URL was checked. Another server than
// the one that was asked gets none of the guest's own headers: they may hold
// what only that one may know.
func (b *binding) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > MaxRedirects {
		return core.Errorf(core.CodeUnavailable, "more than %d redirects", MaxRedirects)
	}
	if u, err := parseURL(req.URL.String()); err != nil || !allowsURL(b.out.allowed, u) {
		return core.Errorf(core.CodeForbidden, "redirected to %s://%s%.200s, which %s.toml does not allow under http", req.URL.Scheme, req.URL.Host, req.URL.EscapedPath(), b.Name)
	}
	if first := via[0].URL; req.URL.Scheme != first.Scheme || hostPort(req.URL) != hostPort(first) {
		kept := http.Header{}
		for _, name := range [...]string{"Accept", "Content-Type", "User-Agent"} {
			if value := req.Header.Get(name); value != "" {
				kept.Set(name, value)
			}
		}
		req.Header = kept
	}
	return nil
}

// checkAddr says why the plugin must not connect to an address of host. It is
// asked at the dial, so that the name cannot turn in between.
func (b *binding) checkAddr(host, port string, a netip.Addr) error {
	if allowsAddr(b.out.allowed, host, port, a) {
		return nil
	}
	return core.Errorf(core.CodeForbidden, "%s has no address that may be reached: private and loopback ones must be listed themselves", host)
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
