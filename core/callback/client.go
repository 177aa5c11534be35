package callback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/dial"
)

// errBadAnswer is in the chain of what is wrong with an answer of status 200.
var errBadAnswer = errors.New("bad answer")

// newClient keeps connections alive, follows no redirect, which would be signed
// for another place, and uses no proxy.
func newClient(dialer *dial.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         dialer.DialContext,
			MaxIdleConnsPerHost: maxInFlight,
			IdleConnTimeout:     idleTimeout,
			DisableCompression:  true, // a small answer must not unpack to a large one
			// A backend that fits its headers into this has enough of them.
			MaxResponseHeaderBytes: 32 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends body to the callback and reads its answer: data, or a refusal of
// the backend's. The error is for the operator.
func (g *Gate) post(ctx context.Context, r *route, body []byte) (data []byte, refusal *core.Error, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "driplet")
	r.key.Sign(req, body, g.now())
	res, err := g.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSwitchingProtocols {
		// Its body is the connection itself, which no time bounds any more.
		return nil, nil, &statusError{res.StatusCode, nil}
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("the answer broke off: %w", err)
	}
	data, refusal, err = parseAnswer(res.StatusCode, answer)
	var status *statusError
	if err != nil && !errors.As(err, &status) {
		err = fmt.Errorf("%w: %w", errBadAnswer, err)
	}
	return data, refusal, err
}
