package client

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// read is the connection's one goroutine.
func (c *Conn) read() { c.end(c.run()) }

func (c *Conn) run() error {
	data, n := c.in.rest, 0
	for {
		rest, need, err := c.take(data)
		if n > 0 && c.dialer.Tap != nil {
			c.dialer.Tap.Flush(n)
		}
		if err != nil {
			return err
		}
		c.in.keep(rest, need)
		for data = nil; data == nil; {
			data, n, err = c.in.read()
			switch {
			case errors.Is(err, os.ErrDeadlineExceeded) && !c.closing.Load():
				c.in.release()
				data = nil
				if err := c.silent(); err != nil {
					return err
				}
			case err != nil:
				return err
			}
		}
		if c.ping > 0 {
			c.heard, c.asked = time.Now(), false
		}
	}
}

// take handles the whole frames in data and returns what is left of it.
func (c *Conn) take(data []byte) (rest []byte, need int, err error) {
	for {
		p, size, err := cut(data)
		if err != nil {
			c.ws.WriteClose(1002, []byte(err.Error()))
			return nil, 0, fmt.Errorf("the server broke RFC 6455: %w", err)
		}
		if size == 0 || size > len(data) {
			return data, size, nil
		}
		if err := c.piece(p); err != nil {
			return nil, 0, err
		}
		data = data[size:]
	}
}

func (c *Conn) piece(p piece) error {
	switch p.opcode {
	case opText, opBinary, opContinuation:
		return c.assemble(p)
	case opPing:
		c.ws.WritePong(p.payload)
	case opClose:
		how := closedBy(p.payload)
		c.ws.WriteClose(max(how.Code, 1000), nil)
		return how
	}
	return nil
}

// assemble makes messages of fragments; most are whole.
func (c *Conn) assemble(p piece) error {
	if (p.opcode == opContinuation) != c.pieced {
		return errors.New("the server mixes the fragments of two messages")
	}
	if p.final && !c.pieced {
		return c.frame(p.payload)
	}
	if len(c.pieces)+len(p.payload) > maxFrame {
		return fmt.Errorf("a message in fragments is over the limit of %d bytes", maxFrame)
	}
	c.pieces = append(c.pieces, p.payload...)
	c.pieced = !p.final
	if c.pieced {
		return nil
	}
	whole := c.pieces
	c.pieces = nil
	return c.frame(whole)
}

// frame handles one frame of the protocol.
func (c *Conn) frame(text []byte) error {
	switch {
	case c.refusal != nil:
		return nil // only the close frame matters now
	case c.opening != nil:
		return c.first(text)
	}
	if c.dialer.Tap != nil && c.dialer.Tap.Frame(text) {
		return nil
	}
	if c.dialer.Hear == nil && bytes.HasPrefix(text, []byte(`{"type":"message"`)) {
		return nil
	}
	f, err := decode(text)
	if err != nil {
		return err
	}
	if c.answer(f) || c.dialer.Hear == nil {
		return nil
	}
	c.dialer.Hear(c, f)
	return nil
}

// first expects the welcome, or the error that comes in its place.
func (c *Conn) first(text []byte) error {
	f, err := decode(text)
	if err != nil {
		return err
	}
	switch {
	case f.Type == "error" && f.Error != nil:
		c.refusal = f.Error // the close frame behind it has the code
		return nil
	case f.Type != "welcome":
		return fmt.Errorf("the first frame is %q and not a welcome: is this version 2 of the protocol?", f.Type)
	}
	c.welcome = *f
	if f.Ping > 0 {
		c.ping = time.Duration(f.Ping) * time.Second
		c.heard = time.Now()
		c.socket.SetReadDeadline(c.heard.Add(c.ping))
	}
	c.opening <- nil
	c.opening = nil
	return nil
}

// answerWait is how long a silent server may take to answer a ping.
const answerWait = 10 * time.Second

// silent runs when the read deadline has passed. It is moved only here, so
// that a busy connection pays nothing for it.
func (c *Conn) silent() error {
	quiet := time.Since(c.heard)
	switch {
	case quiet < c.ping:
		c.socket.SetReadDeadline(c.heard.Add(c.ping))
	case c.asked:
		return errors.New("the server has gone silent")
	default:
		c.asked = true
		c.socket.SetReadDeadline(time.Now().Add(answerWait))
		return c.Send(Request{Type: "ping"})
	}
	if c.closing.Load() {
		c.socket.SetReadDeadline(time.Now().Add(closeWait)) // Close may just have set it
	}
	return nil
}
