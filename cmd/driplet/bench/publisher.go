package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

// publisher sends signed messages over one HTTP/1.1 connection, each after the
// answer to the one before it. net/http's client would cost about as much as
// the server.
type publisher struct {
	run    *run
	stream int
	url    *url.URL
	conn   net.Conn
	in     *bufio.Reader
	used   bool    // the connection has served a request
	seqs   []int64 // by topic
	nonce  int64
	body   []byte
	text   []byte
}

// answerTimeout bounds one publish.
const answerTimeout = 15 * time.Second

func (r *run) newPublisher(stream int) (*publisher, error) {
	u, err := url.Parse(r.plan.API + "/message")
	if err != nil {
		return nil, err
	}
	return &publisher{run: r, stream: stream, url: u, seqs: make([]int64, r.plan.Topics)}, nil
}

func (p *publisher) close() {
	if p.conn != nil {
		p.conn.Close()
		p.conn = nil
	}
}

// everybody as the receiver of a message.
const everybody = -1

// send publishes the next message to a topic, to everybody there or to one
// user. at stands in its mark.
func (p *publisher) send(ctx context.Context, topic int, to, at int64) error {
	r := p.run
	seq := p.seqs[topic] + 1
	r.ledger.post(topic, to == everybody)
	began := time.Now()
	err := p.deliver(ctx, topic, mark{stream: p.stream, seq: seq, at: at, to: to})
	var refusal *core.Error
	if err != nil {
		r.ledger.unpost(topic, to == everybody)
	}
	if err == nil || !errors.As(err, &refusal) {
		p.seqs[topic] = seq // used, or nobody knows
	}
	if err == nil {
		r.sent.Add(1)
		r.mu.Lock()
		r.answers.add(int64(time.Since(began)))
		r.mu.Unlock()
	}
	return err
}

func (p *publisher) deliver(ctx context.Context, topic int, m mark) error {
	for {
		p.write(topic, m)
		again, err := p.exchange(ctx)
		if err == nil {
			return nil
		}
		var refusal *core.Error
		if !errors.As(err, &refusal) {
			p.close()
		}
		if !again || ctx.Err() != nil {
			return err
		}
	}
}

// write prepares the request in p.text.
func (p *publisher) write(topic int, m mark) {
	r := p.run
	p.nonce++
	b := append(p.body[:0], `{"nonce":"`...)
	b = append(b, r.id...)
	b = strconv.AppendInt(append(b, '-'), int64(p.stream), 10)
	b = strconv.AppendInt(append(b, '-'), p.nonce, 10)
	b = strconv.AppendInt(append(b, `","timestamp":`...), time.Now().Unix(), 10)
	b = append(b, `,"topic":`...)
	b = appendJSON(b, r.plan.topic(topic))
	b = append(b, `,"message":`...)
	b = appendMark(b, r.id, m, r.plan.Size)
	if m.to != everybody {
		b = append(b, `,"target":{"include":{`...)
		b = appendJSON(b, r.plan.UserClaim)
		b = append(b, ":["...)
		b = appendJSON(b, r.user(m.to))
		b = append(b, "]}}"...)
	}
	p.body = append(b, '}')
	t := append(p.text[:0], "POST "...)
	t = append(t, p.url.RequestURI()...)
	t = append(t, " HTTP/1.1\r\nHost: "...)
	t = append(t, p.url.Host...)
	t = append(t, "\r\nUser-Agent: driplet-bench\r\nContent-Type: application/json\r\n"+auth.HeaderSignature+": "...)
	t = append(t, auth.SignBody(r.plan.APISecret, p.body)...)
	t = append(t, "\r\nContent-Length: "...)
	t = strconv.AppendInt(t, int64(len(p.body)), 10)
	t = append(t, "\r\n\r\n"...)
	p.text = append(t, p.body...)
}

func appendJSON(dst []byte, s string) []byte {
	text, _ := json.Marshal(s) // strings always can
	return append(dst, text...)
}

// exchange sends p.text and reads the answer. again: the server had closed an
// idle connection.
func (p *publisher) exchange(ctx context.Context) (again bool, err error) {
	if p.conn == nil {
		if p.conn, err = dialHTTP(ctx, p.url); err != nil {
			return false, fmt.Errorf("no connection to %s: %w", p.url.Host, err)
		}
		p.in, p.used = bufio.NewReaderSize(p.conn, 4<<10), false
	}
	p.conn.SetDeadline(time.Now().Add(answerTimeout))
	if _, err := p.conn.Write(p.text); err != nil {
		return p.used, fmt.Errorf("publishing: %w", err)
	}
	if _, err := p.in.Peek(1); err != nil {
		return p.used, fmt.Errorf("no answer to a publish: %w", err)
	}
	res, err := http.ReadResponse(p.in, &http.Request{Method: http.MethodPost})
	if err != nil {
		return false, fmt.Errorf("the answer to a publish cannot be read: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return false, fmt.Errorf("the answer to a publish broke off: %w", err)
	}
	p.used = true
	if res.Close {
		p.close()
	}
	if res.StatusCode != http.StatusOK {
		return false, p.refusal(res, text)
	}
	return false, nil
}

// refusal is the server's own text.
func (p *publisher) refusal(res *http.Response, text []byte) error {
	var body struct {
		Error struct {
			Code            core.Code
			Message, Reason string
			Retry           bool
		}
	}
	if json.Unmarshal(text, &body) == nil && body.Error.Message != "" {
		e := body.Error
		return &core.Error{Code: e.Code, Message: e.Message, Reason: e.Reason, Retry: e.Retry}
	}
	return core.Errorf(core.CodeNotFound, "%s answered %s: is it an endpoint's API?", p.url, res.Status)
}

func dialHTTP(ctx context.Context, u *url.URL) (net.Conn, error) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	address := net.JoinHostPort(u.Hostname(), port)
	if u.Scheme == "https" {
		d := tls.Dialer{Config: &tls.Config{NextProtos: []string{"http/1.1"}}}
		return d.DialContext(ctx, "tcp", address)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}
