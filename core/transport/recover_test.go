package transport_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

// rover is a client that comes and goes, and remembers what it heard of each
// topic, from where.
type rover struct {
	s      *testkit.Server
	uid    int
	r      *rand.Rand
	w      *testkit.Socket
	topics map[string]*roved
	asked  int
}

type roved struct {
	epoch    string
	from, at uint64 // offsets: where it began, and how far it has come
	waits    int    // id of the request whose answer is to come; 0: it hears
	heard    []uint64
	ended    bool
}

func (v *rover) send(format string, args ...any) error {
	_, err := v.w.Write(testkit.MakeFrame(testkit.Fin|testkit.Text, fmt.Appendf(nil, format, args...)))
	return err
}

func (v *rover) subscribe(topic string) error {
	v.asked++
	p, since := v.topics[topic], ""
	p.waits = v.asked
	if p.epoch != "" {
		since = fmt.Sprintf(`,"since":{"epoch":%q,"offset":%d}`, p.epoch, p.at)
	}
	return v.send(`{"type":"subscribe","topic":%q,"id":%d%s}`, topic, v.asked, since)
}

func (v *rover) connect() error {
	v.w = v.s.V2(v.s.User(v.uid))
	for topic := range v.topics {
		if err := v.subscribe(topic); err != nil {
			return err
		}
	}
	return nil
}

// hear handles one frame; its error is a fault of the server.
func (v *rover) hear(frame []byte) error {
	var m struct {
		Type, Topic, Reason, Epoch string
		ID                         int
		Offset                     uint64
		Recovered                  *bool
		Message                    json.RawMessage
	}
	if err := json.Unmarshal(frame, &m); err != nil {
		return err
	}
	p := v.topics[m.Topic]
	switch {
	case m.Type == "reply" && p != nil && m.ID == p.waits:
		if p.epoch != "" && (m.Recovered == nil || !*m.Recovered || m.Epoch != p.epoch || m.Offset < p.at) {
			return fmt.Errorf("at %s/%d: %s", p.epoch, p.at, frame)
		}
		if p.epoch == "" {
			p.from = m.Offset
		}
		p.epoch, p.at, p.waits = m.Epoch, m.Offset, 0
	case m.Type == "unsubscribed" && m.Reason == core.ReasonGap:
		return v.subscribe(m.Topic)
	case m.Type == "message" && p.waits == 0:
		if m.Offset <= p.at {
			return fmt.Errorf("at %d: %s", p.at, frame)
		}
		p.at, p.heard = m.Offset, append(p.heard, m.Offset)
		p.ended = p.ended || string(m.Message) == `"end"`
	case m.Type == "message", m.Type == "reply":
	default:
		return fmt.Errorf("%s", frame)
	}
	return nil
}

// roam follows the topics to their end, by whatever it comes upon.
func (v *rover) roam(done *atomic.Bool) error {
	if err := v.connect(); err != nil {
		return err
	}
	for patience := time.Now().Add(60 * time.Second); ; {
		v.w.SetReadDeadline(patience)
		f, err := v.w.ReadFrame()
		if err != nil {
			return err
		}
		if f.Opcode() == testkit.Text {
			if err := v.hear(f.Payload); err != nil {
				return err
			}
		}
		ended := true
		for _, p := range v.topics {
			ended = ended && p.ended
		}
		if ended {
			return nil
		}
		if done.Load() || v.r.IntN(20) > 0 {
			continue
		}
		topic := []string{"k.a", "k.b"}[v.r.IntN(2)]
		switch v.r.IntN(4) {
		case 0: // the connection breaks
			v.w.Conn.(*net.TCPConn).SetLinger(0)
			v.w.Close()
			err = v.connect()
		case 1: // asks again while it hears
			err = v.subscribe(topic)
		case 2:
			if err = v.send(`{"type":"unsubscribe","topic":%q}`, topic); err == nil {
				err = v.subscribe(topic)
			}
		case 3: // reads nothing for a while
			time.Sleep(time.Duration(v.r.IntN(50)) * time.Millisecond)
		}
		if err != nil {
			return err
		}
	}
}

// TestRoving has clients that come, go, ask again and read slowly while
// messages are published to all and to some: each hears what is addressed to
// it, once and in order, whatever it did meanwhile.
func TestRoving(t *testing.T) {
	s := testkit.Start(t, testkit.Options{
		Endpoint: func(e *core.Endpoint) {
			e.Topics = []core.TopicRule{{Match: testkit.Pattern(t, "k.*"), Overflow: core.OverflowDropOldest, History: core.History{Size: 10_000, Age: time.Hour}}}
			e.Limits.QueueBytes = 256 << 10
			e.Limits.EventsPerSecond = 0
		},
		Wrap: func(l net.Listener) net.Listener { return tight{l} },
	})
	const publishes, clients = 600, 6
	// Who hears what: the message's index in its topic's list is its offset less 1.
	targets := []string{"", "", `,"target":{"include":{"uid":1}}`, `,"target":{"include":{"uid":[2,3]}}`, `,"target":{"exclude":{"uid":1}}`}
	hears := func(uid, target int) bool {
		return target < 2 || target == 2 && uid == 1 || target == 3 && uid != 1 || target == 4 && uid != 1
	}
	logs := map[string][]int{}
	var rovers []*rover
	var group sync.WaitGroup
	var done atomic.Bool
	for i := range clients {
		v := &rover{s: s, uid: 1 + i%3, r: rand.New(rand.NewPCG(uint64(i), 7)), topics: map[string]*roved{"k.a": {}, "k.b": {}}}
		rovers = append(rovers, v)
		group.Go(func() {
			if err := v.roam(&done); err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	r := rand.New(rand.NewPCG(1, 1))
	say := func(topic, message string, target int) {
		logs[topic] = append(logs[topic], target)
		if a := s.Post(testkit.Body(fmt.Sprintf(`"topic":%q,"message":%s%s`, topic, message, targets[target]))); a.Status != 200 ||
			!strings.Contains(a.Body, fmt.Sprintf(`"offset":%d}`, len(logs[topic]))) || !strings.Contains(a.Body, `"epoch":"`) {
			t.Errorf("publish: %d %s", a.Status, a.Body)
		}
	}
	for range publishes {
		say([]string{"k.a", "k.b"}[r.IntN(2)], fmt.Sprintf("%q", strings.Repeat("x", r.IntN(200))), r.IntN(len(targets)))
	}
	done.Store(true)
	for _, topic := range []string{"k.a", "k.b"} {
		say(topic, `"end"`, 0)
	}
	group.Wait()
	for i, v := range rovers {
		for topic, p := range v.topics {
			var want []uint64
			for n, target := range logs[topic] {
				if offset := uint64(n + 1); offset > p.from && hears(v.uid, target) {
					want = append(want, offset)
				}
			}
			if fmt.Sprint(p.heard) != fmt.Sprint(want) {
				t.Errorf("client %d, user %d, on %s from %d heard\n%v, want\n%v", i, v.uid, topic, p.from, p.heard, want)
			}
		}
	}
}
