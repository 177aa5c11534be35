package transport

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/wire"
)

// pipe is an outlet and the client that reads from it, over real sockets.
type pipe struct {
	out    *outlet
	client net.Conn
	read   *bufio.Reader
}

// overBoth runs a test over plain TCP and over TLS.
func overBoth(t *testing.T, limit int, test func(t *testing.T, p *pipe)) {
	t.Run("tcp", func(t *testing.T) { test(t, connect(t, limit, nil)) })
	t.Run("tls", func(t *testing.T) { test(t, connect(t, limit, selfSigned(t))) })
}

func connect(t *testing.T, limit int, secure *tls.Config) *pipe {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if secure != nil {
		l = TLSListener(l, secure)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if tc, ok := c.(*tls.Conn); ok && err == nil {
			err = tc.Handshake()
		}
		if err != nil {
			c = nil
		}
		accepted <- c
	}()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	raw.(*net.TCPConn).SetReadBuffer(64 << 10)
	client := raw
	if secure != nil {
		client = tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
		if err := client.(*tls.Conn).Handshake(); err != nil {
			t.Fatal(err)
		}
	}
	server := <-accepted
	if server == nil {
		t.Fatal("no connection")
	}
	if tc, ok := server.(*net.TCPConn); ok {
		tc.SetWriteBuffer(64 << 10)
	}
	t.Cleanup(func() { raw.Close(); server.Close() })
	client.SetReadDeadline(time.Now().Add(time.Minute))
	out := &outlet{conn: server, kernel: kernelOf(server), limit: limit, budget: unbounded(), metrics: metrics.New().Transport}
	return &pipe{out, client, bufio.NewReader(client)}
}

func unbounded() *budget {
	b := &budget{}
	b.init(Budget{})
	return b
}

func selfSigned(t *testing.T) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// say writes a message of n bytes on a topic.
func (p *pipe) say(topic string, policy core.Overflow, text string, n int) {
	ev := &core.Event{Key: core.TopicKey{Endpoint: "e", Topic: topic}, Overflow: policy,
		Data: []byte(`"` + text + strings.Repeat(".", n) + `"`)}
	p.out.write(&hub.Batch{Frames: []*hub.Frame{hub.NewFrame(wire.V1, ev)}})
}

// next reads one whole frame, whatever it is.
func (p *pipe) next() (opcode byte, payload string, err error) {
	var head [2]byte
	if _, err := io.ReadFull(p.read, head[:]); err != nil {
		return 0, "", err
	}
	n := uint64(head[1])
	switch n {
	case 126:
		var b [2]byte
		io.ReadFull(p.read, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		io.ReadFull(p.read, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	buf := make([]byte, n)
	_, err = io.ReadFull(p.read, buf)
	return head[0], string(buf), err
}

// all reads until the connection ends or a message says "end".
func (p *pipe) all(t *testing.T) (texts []string, closed string) {
	for {
		opcode, payload, err := p.next()
		switch {
		case err != nil:
			return texts, ""
		case opcode == opClose:
			return texts, payload
		case opcode != 0x81:
			t.Fatalf("a torn stream: opcode %#x after %d messages", opcode, len(texts))
		default:
			text := payload[strings.Index(payload, `:"`)+2:]
			text = text[:strings.IndexAny(text, `."`)]
			if texts = append(texts, text); text == "end" {
				return texts, closed
			}
		}
	}
}

func TestSlowReaderWithinTheLimitLosesNothing(t *testing.T) {
	overBoth(t, 16<<20, func(t *testing.T, p *pipe) {
		for i := range 500 {
			p.say("t", core.OverflowClose, fmt.Sprint(i), 8000)
		}
		p.say("t", core.OverflowClose, "end", 0)
		texts, _ := p.all(t)
		if len(texts) != 501 || texts[499] != "499" {
			t.Errorf("%d messages, want 501 in order", len(texts))
		}
		if !p.out.settle() {
			t.Error("the outlet failed")
		}
	})
}

// The server waits a second for a client to read why it is given up: on a
// starved machine it may take a few attempts.
func TestCloseTooSlow(t *testing.T) {
	for name, secure := range map[string]*tls.Config{"tcp": nil, "tls": selfSigned(t)} {
		t.Run(name, func(t *testing.T) {
			closed := ""
			for attempt := 0; closed == "" && attempt < 20; attempt++ {
				p := connect(t, 100<<10, secure)
				said := 0
				for ; said < 5000 && !p.out.givenUp(); said++ {
					p.say("t", core.OverflowClose, fmt.Sprint(said), 8000)
				}
				var texts []string
				if texts, closed = p.all(t); len(texts) > 4000 || len(texts) > said {
					t.Errorf("%d messages of %d", len(texts), said)
				}
				for i, text := range texts {
					if text != fmt.Sprint(i) {
						t.Fatalf("message %d says %s", i, text)
					}
				}
			}
			if !strings.Contains(closed, "Limits.QueueBytes") {
				t.Errorf("closed with %q", closed)
			}
		})
	}
}

func TestDropOldest(t *testing.T) {
	overBoth(t, 100<<10, func(t *testing.T, p *pipe) {
		for i := range 5000 {
			p.say("t", core.OverflowDropOldest, fmt.Sprint(i), 8000)
			if i%1000 == 0 {
				p.say("never", core.OverflowClose, fmt.Sprint("kept", i), 0)
			}
		}
		p.say("t", core.OverflowDropOldest, "end", 0)
		texts, closed := p.all(t)
		if closed != "" || len(texts) > 4000 || texts[len(texts)-1] != "end" || texts[len(texts)-2] != "4999" {
			t.Errorf("%d messages, closed with %q, the last %v", len(texts), closed, texts[max(0, len(texts)-3):])
		}
		kept, last := 0, -1
		for _, text := range texts[:len(texts)-1] {
			if strings.HasPrefix(text, "kept") {
				kept++
				continue
			}
			var n int
			fmt.Sscan(text, &n)
			if n <= last {
				t.Fatalf("%d came after %d", n, last)
			}
			last = n
		}
		if kept != 5 {
			t.Errorf("%d of 5 messages that may not be lost", kept)
		}
	})
}

func TestLatest(t *testing.T) {
	overBoth(t, 100<<10, func(t *testing.T, p *pipe) {
		for i := range 20000 {
			p.say([]string{"a", "b"}[i%2], core.OverflowLatest, fmt.Sprint(i), 8000)
		}
		p.say("c", core.OverflowClose, "end", 0)
		texts, closed := p.all(t)
		n := len(texts)
		if closed != "" || n > 15000 || texts[n-2] != "19999" || texts[n-3] != "19998" {
			t.Errorf("%d messages, closed with %q, the last %v", n, closed, texts[max(0, n-4):])
		}
	})
}

func TestControlFramesWaitTheirTurn(t *testing.T) {
	overBoth(t, 16<<20, func(t *testing.T, p *pipe) {
		for range 500 {
			p.say("t", core.OverflowDropOldest, "x", 8000)
		}
		p.out.control(pingFrame)
		p.out.end(closeFrame(core.CloseReason{Code: core.CloseGoingAway, Text: "bye"}))
		p.say("t", core.OverflowClose, "late", 0)
		pings, messages := 0, 0
		for {
			opcode, payload, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			switch opcode {
			case 0x89:
				pings++
			case 0x81:
				messages++
			case opClose:
				if pings != 1 || messages != 500 || !strings.HasSuffix(payload, "bye") {
					t.Errorf("%d pings and %d messages before the close frame %q", pings, messages, payload)
				}
				return
			}
		}
	})
}
