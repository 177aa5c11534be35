package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/lxzan/gws"

	"github.com/driplet/driplet/core"
)

// Request is a client's frame. Fields that its type does not have stay zero.
type Request struct {
	Type    string          `json:"type"`
	ID      uint64          `json:"id,omitempty"` // Request sets it
	Topic   string          `json:"topic,omitempty"`
	Event   string          `json:"event,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
	Message json.RawMessage `json:"message,omitempty"`
	Since   *Position       `json:"since,omitempty"`
	Proof   string          `json:"proof,omitempty"`
	Limit   int             `json:"limit,omitempty"`
	Token   string          `json:"token,omitempty"`
}

// Position is a place in a topic's history.
type Position struct {
	Epoch  string `json:"epoch"`
	Offset uint64 `json:"offset"`
}

// Past is a message of a history.
type Past struct {
	Message json.RawMessage `json:"message"`
	Event   string          `json:"event"` // "" is message
	Offset  uint64          `json:"offset"`
	From    string          `json:"from"`
}

// Frame is a server's frame. Fields that its type does not have are zero.
type Frame struct {
	Type  string          `json:"type"`
	ID    json.RawMessage `json:"id"`
	Topic string          `json:"topic"`

	Message json.RawMessage `json:"message"`
	Event   string          `json:"event"` // "" is message
	Offset  *uint64         `json:"offset"`
	From    string          `json:"from"`

	Data      json.RawMessage `json:"data"` // of a reply, like those below
	Epoch     string          `json:"epoch"`
	Recovered *bool           `json:"recovered"`
	Missed    int             `json:"missed"` // messages of the past that follow

	Messages []Past    `json:"messages"` // of a history, like those below
	Next     *Position `json:"next"`     // since of the question that goes on; nil: nothing is kept
	More     bool      `json:"more"`

	Session  string `json:"session"` // of a welcome, like those below
	User     string `json:"user"`
	Ping     int    `json:"ping"` // seconds
	MaxFrame int    `json:"max_frame"`
	Expires  int64  `json:"expires"` // unix seconds; 0: never

	Reason string          `json:"reason"`
	Info   json.RawMessage `json:"info"`
	Member json.RawMessage `json:"member"`
	In     int             `json:"in"` // seconds, of expiring

	Error *core.Error `json:"-"`
	Raw   []byte      `json:"-"` // the frame as it came
}

// refusal is an error as it travels.
type refusal struct {
	Code    core.Code       `json:"code"`
	Message string          `json:"message"`
	Reason  string          `json:"reason"`
	Retry   bool            `json:"retry"`
	Data    json.RawMessage `json:"data"`
}

func (r *refusal) coded() *core.Error {
	return &core.Error{Code: r.Code, Message: r.Message, Reason: r.Reason, Retry: r.Retry, Data: r.Data}
}

// decode reads a frame into memory of its own.
func decode(text []byte) (*Frame, error) {
	f := &struct {
		Frame
		Error *refusal `json:"error"`
	}{}
	if err := json.Unmarshal(text, f); err != nil {
		return nil, fmt.Errorf("the server sent a frame that is not of the protocol: %w", err)
	}
	if f.Error != nil {
		f.Frame.Error = f.Error.coded()
	}
	f.Raw = append([]byte(nil), text...)
	return &f.Frame, nil
}

// Request sends r with an id of its own and waits for the answer. A refusal is
// a *core.Error, a connection that ends meanwhile a *Closed: the server may
// have acted on the request.
func (c *Conn) Request(ctx context.Context, r Request) (*Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	answer := make(chan *Frame, 1)
	c.mu.Lock()
	if c.closed != nil {
		c.mu.Unlock()
		return nil, c.closed
	}
	c.last++
	r.ID = c.last
	if c.pending == nil {
		c.pending = map[uint64]chan *Frame{}
	}
	c.pending[r.ID] = answer
	c.mu.Unlock()
	if err := c.Send(r); err != nil {
		c.forget(r.ID)
		return nil, err
	}
	select {
	case f := <-answer:
		switch {
		case f == nil:
			return nil, c.closed
		case f.Error != nil:
			return nil, f.Error
		}
		return f, nil
	case <-ctx.Done():
		c.forget(r.ID)
		return nil, ctx.Err()
	}
}

// Send sends r and waits for nothing: without an ID only refusals are
// answered, and Hear is told them.
func (c *Conn) Send(r Request) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return c.WriteFrame(text)
}

// WriteFrame sends a text frame as it is. Answers to an id in it are Hear's,
// and Tap's.
func (c *Conn) WriteFrame(text []byte) error {
	if err := c.ws.WriteMessage(gws.OpcodeText, text); err != nil {
		return &Closed{Code: closedAbnormal, Err: err}
	}
	return nil
}

// answer gives f to the request that waits for it.
func (c *Conn) answer(f *Frame) bool {
	if f.ID == nil || f.Type != "reply" && f.Type != "error" {
		return false
	}
	id, err := strconv.ParseUint(string(f.ID), 10, 64)
	if err != nil {
		return false
	}
	answer := c.forget(id)
	if answer != nil {
		answer <- f
	}
	return answer != nil
}

func (c *Conn) forget(id uint64) chan *Frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := c.pending[id]
	delete(c.pending, id)
	if len(c.pending) == 0 {
		c.pending = nil
	}
	return answer
}
