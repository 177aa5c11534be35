package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds what a server may answer.
const maxAnswer = 16 << 20

// exchange sends a request and reads the whole answer. A redirect is not
// followed: it would carry a signature or a token to a place that nobody named.
// at is what errors call the server, advice says what to look at where no answer
// came.
func exchange(req *http.Request, at string, advice func(error) string) (res *http.Response, answer []byte, err error) {
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if res, err = c.Do(req); err != nil {
		return nil, nil, fmt.Errorf("no answer from %s: %w. %s", at, errors.Unwrap(err), advice(err))
	}
	defer res.Body.Close()
	if answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return nil, nil, fmt.Errorf("the answer of %s broke off: %w", at, err)
	}
	return res, answer, nil
}

// refusal is the server's own text, which says what to do.
func refusal(url, what string, res *http.Response, answer []byte) error {
	var body struct {
		Error struct{ Code, Message, Reason string }
	}
	if json.Unmarshal(answer, &body) == nil && body.Error.Message != "" {
		code := body.Error.Code
		if body.Error.Reason != "" {
			code += ", " + body.Error.Reason
		}
		return fmt.Errorf("%s (%s)", body.Error.Message, code)
	}
	return fmt.Errorf("%s answered %s: is it %s?", url, res.Status, what)
}
