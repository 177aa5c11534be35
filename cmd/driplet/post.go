package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/transport/client"
)

// postTimeout is for a whole publish: a person waits for it.
const postTimeout = 10 * time.Second

// destination is an endpoint's message route and its APISecret.
type destination struct{ url, secret string }

// publication is the body of POST /api/{endpoint}/message (native protocol).
type publication struct {
	Nonce     string         `json:"nonce"`
	Timestamp int64          `json:"timestamp"`
	Message   any            `json:"message"`
	Topic     string         `json:"topic"`
	Target    map[string]any `json:"target,omitempty"`
	Event     string         `json:"event,omitempty"`
	Except    string         `json:"except,omitempty"`
	ID        string         `json:"id,omitempty"`
}

// receipt is the server's answer to it.
type receipt struct {
	Epoch     string  `json:"epoch"`
	Offset    *uint64 `json:"offset"`
	Duplicate bool    `json:"duplicate"`
}

func (r *receipt) describe(topic string, targeted bool) string {
	text := "published to " + topic
	if targeted {
		text += ", for those whose claims match"
	}
	if r.Offset != nil {
		text += fmt.Sprintf(", at offset %d of epoch %s", *r.Offset, r.Epoch)
	}
	if r.Duplicate {
		text = "nothing sent: this id was published to " + topic + " before"
	}
	return text
}

// post signs a publication (version 1: the exact body bytes) and sends it.
func post(ctx context.Context, to destination, p publication) (*receipt, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // the message goes out as it was written
	if err := enc.Encode(p); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, bytes.NewReader(body.Bytes()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(auth.HeaderSignature, auth.SignBody(to.secret, body.Bytes()))
	res, answer, err := exchange(req, to.url, client.Advice)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, refusal(to.url, "an endpoint's API", res, answer)
	}
	r := &receipt{}
	if err := json.Unmarshal(answer, r); err != nil {
		return nil, fmt.Errorf("%s answered with something else than JSON: is it an endpoint's API?", to.url)
	}
	return r, nil
}
