package transport_test

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/internal/testkit"
)

// subscribe is a frame that gets an answer.
const subscribe = `{"type":"subscribe","topic":"t","id":1}`

const subscribed = `{"type":"reply","id":1,"topic":"t"}`

func TestFragments(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	token := s.User(7)
	const fin = testkit.Fin
	for name, frames := range map[string][][]byte{
		"whole text":        {testkit.MakeFrame(fin|testkit.Text, []byte(subscribe))},
		"whole binary":      {testkit.MakeFrame(fin|testkit.Binary, []byte(subscribe))},
		"two fragments":     {testkit.MakeFrame(testkit.Text, []byte(subscribe[:9])), testkit.MakeFrame(fin, []byte(subscribe[9:]))},
		"binary fragments":  {testkit.MakeFrame(testkit.Binary, []byte(subscribe[:9])), testkit.MakeFrame(fin, []byte(subscribe[9:]))},
		"empty fragments":   {testkit.MakeFrame(testkit.Text, nil), testkit.MakeFrame(0, nil), testkit.MakeFrame(0, []byte(subscribe)), testkit.MakeFrame(0, nil), testkit.MakeFrame(fin, nil)},
		"ping in between":   {testkit.MakeFrame(testkit.Text, []byte(subscribe[:9])), testkit.MakeFrame(fin|testkit.Ping, []byte("now")), testkit.MakeFrame(fin, []byte(subscribe[9:]))},
		"pong in between":   {testkit.MakeFrame(testkit.Text, []byte(subscribe[:9])), testkit.MakeFrame(fin|testkit.Pong, []byte("so")), testkit.MakeFrame(fin, []byte(subscribe[9:]))},
		"split in a letter": {testkit.MakeFrame(testkit.Text, []byte(`{"type":"subscribe","id":1,"topic":"t","x":"`+"\xc3")), testkit.MakeFrame(fin, []byte("\xa9\"}"))},
	} {
		w := s.V2(token)
		for _, f := range frames {
			w.Raw(f)
		}
		if name == "ping in between" {
			if f := w.Next(); f.Opcode() != testkit.Pong || string(f.Payload) != "now" {
				t.Errorf("%s: %x %q came first", name, f.First, f.Payload)
			}
		}
		if got := w.Wait("reply"); got != subscribed {
			t.Errorf("%s: %s", name, got)
		}
		w.Close()
	}
	// A frame of a byte a packet, and every fragment of one byte.
	w := s.V2(token)
	for _, b := range testkit.MakeFrame(fin|testkit.Text, []byte(subscribe)) {
		w.Raw([]byte{b})
	}
	w.Wait(subscribed)
	for i := range subscribe {
		first := byte(0)
		if i == 0 {
			first = testkit.Text
		}
		if i == len(subscribe)-1 {
			first |= fin
		}
		w.Raw(testkit.MakeFrame(first, []byte(subscribe[i:i+1])))
	}
	w.Wait(subscribed)
}

func TestPings(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	w := s.V2(s.User(7))
	for _, payload := range []string{"", "p", "\x00\xff\xfe", strings.Repeat("x", 125)} {
		w.Send(testkit.Ping, payload)
		if f := w.Next(); f.First != testkit.Fin|testkit.Pong || string(f.Payload) != payload {
			t.Errorf("ping %q: %x %q", payload, f.First, f.Payload)
		}
	}
	w.Send(testkit.Pong, "nobody asked")
	w.Say(`{"type":"ping"}`)
	w.Wait(`{"type":"pong"}`)
}

func TestBrokenFrames(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	token := s.User(7)
	const fin = testkit.Fin
	unmasked := append([]byte{fin | testkit.Text, byte(len(subscribe))}, subscribe...)
	for name, test := range map[string]struct {
		frames [][]byte
		code   uint16
		text   string
	}{
		"unmasked":                    {[][]byte{unmasked}, 1002, "masked"},
		"unmasked ping":               {[][]byte{{fin | testkit.Ping, 0}}, 1002, "masked"},
		"RSV1":                        {[][]byte{testkit.MakeFrame(fin|0x40|testkit.Text, []byte(subscribe))}, 1002, "reserved bit"},
		"RSV2":                        {[][]byte{testkit.MakeFrame(fin|0x20|testkit.Text, []byte(subscribe))}, 1002, "reserved bit"},
		"RSV3":                        {[][]byte{testkit.MakeFrame(fin|0x10|testkit.Text, []byte(subscribe))}, 1002, "reserved bit"},
		"RSV1 on a ping":              {[][]byte{testkit.MakeFrame(fin|0x40|testkit.Ping, nil)}, 1002, "reserved bit"},
		"opcode 3":                    {[][]byte{testkit.MakeFrame(fin|3, []byte(subscribe))}, 1002, "codes"},
		"opcode 7":                    {[][]byte{testkit.MakeFrame(fin|7, nil)}, 1002, "codes"},
		"opcode 11":                   {[][]byte{testkit.MakeFrame(fin|11, nil)}, 1002, "codes"},
		"opcode 15, long":             {[][]byte{testkit.MakeFrame(fin|15, make([]byte, 4000))}, 1002, "125"},
		"ping of 126 bytes":           {[][]byte{testkit.MakeFrame(fin|testkit.Ping, make([]byte, 126))}, 1002, "125"},
		"ping in fragments":           {[][]byte{testkit.MakeFrame(testkit.Ping, nil)}, 1002, "order"},
		"continuation of nothing":     {[][]byte{testkit.MakeFrame(fin, []byte(subscribe))}, 1002, "order"},
		"fragment of nothing":         {[][]byte{testkit.MakeFrame(0, []byte(subscribe))}, 1002, "order"},
		"text within fragments":       {[][]byte{testkit.MakeFrame(testkit.Text, []byte("{")), testkit.MakeFrame(fin|testkit.Text, []byte(subscribe))}, 1002, "order"},
		"binary within fragments":     {[][]byte{testkit.MakeFrame(testkit.Text, []byte("{")), testkit.MakeFrame(testkit.Binary, []byte("{"))}, 1002, "order"},
		"a length of 1<<63":           {[][]byte{testkit.Header(fin|testkit.Text, 1<<63)}, 1002, "first bit"},
		"a length of all ones":        {[][]byte{testkit.Header(fin|testkit.Binary, 1<<64-1)}, 1002, "first bit"},
		"a continuation of 1<<63":     {[][]byte{testkit.MakeFrame(testkit.Text, []byte("{")), testkit.Header(fin, 1<<63)}, 1002, "first bit"},
		"a ping of 1<<63":             {[][]byte{testkit.Header(fin|testkit.Ping, 1<<63)}, 1002, "first bit"},
		"a length of 1<<62":           {[][]byte{testkit.Header(fin|testkit.Text, 1<<62)}, 1009, "4,611,686,018,427,387,904 bytes, limit 65,536 (Limits.FrameBytes)"},
		"a fragment of 1<<63-1":       {[][]byte{testkit.MakeFrame(testkit.Text, []byte("{")), testkit.Header(0, 1<<63-1)}, 1009, "limit 65,536"},
		"text that is not UTF-8":      {[][]byte{testkit.MakeFrame(fin|testkit.Text, []byte("{\"type\":\"\xff\"}"))}, 1007, "UTF-8"},
		"fragments that are not":      {[][]byte{testkit.MakeFrame(testkit.Text, []byte("\xc3")), testkit.MakeFrame(fin, []byte("("))}, 1007, "UTF-8"},
		"a close of one byte":         {[][]byte{testkit.MakeFrame(fin|testkit.Close, []byte{3})}, 1002, ""},
		"a close that is not UTF-8":   {[][]byte{testkit.MakeFrame(fin|testkit.Close, []byte{3, 232, 0xff})}, 1007, "UTF-8"},
		"a close of 126 bytes":        {[][]byte{testkit.MakeFrame(fin|testkit.Close, make([]byte, 126))}, 1002, "125"},
		"a close with the code 0":     {[][]byte{closeFrame(0)}, 1002, ""},
		"a close with the code 999":   {[][]byte{closeFrame(999)}, 1002, ""},
		"a close with the code 1005":  {[][]byte{closeFrame(1005)}, 1002, ""},
		"a close with the code 1006":  {[][]byte{closeFrame(1006)}, 1002, ""},
		"a close with the code 1016":  {[][]byte{closeFrame(1016)}, 1002, ""},
		"a close with the code 2999":  {[][]byte{closeFrame(2999)}, 1002, ""},
		"a close with the code 5000":  {[][]byte{closeFrame(5000)}, 1002, ""},
		"a close with the code 65535": {[][]byte{closeFrame(65535)}, 1002, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.In(t)
			w := s.V2(token)
			w.Say(subscribe) // what came before is still answered
			for _, f := range test.frames {
				w.Raw(f)
			}
			before := w.WantClose(test.code, test.text)
			if len(before) != 1 || string(before[0].Payload) != subscribed {
				t.Errorf("before the close frame: %s", before)
			}
		})
	}
	if strings.Contains(s.Log.String(), "panic") {
		t.Error(s.Log)
	}
}

func closeFrame(code uint16) []byte {
	return testkit.MakeFrame(testkit.Fin|testkit.Close, binary.BigEndian.AppendUint16(nil, code))
}

// The same before a client is let in: nobody needs a token to send a frame.
func TestBrokenFramesOfRefused(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	for _, frame := range [][]byte{testkit.Header(testkit.Fin|testkit.Text, 1<<63), {testkit.Fin | testkit.Text, 1, 'x'}, make([]byte, 1<<20)} {
		w := s.Upgrade("/ws/default?v=2&token=x")
		w.Raw(frame)
		w.WantClose(4006, "malformed")
	}
}

func TestCloseHandshake(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	token := s.User(7)
	for _, c := range []struct {
		payload []byte
		want    uint16
	}{
		{nil, 1005}, {[]byte{3, 232}, 1000}, {[]byte("\x03\xe8bye"), 1000}, {[]byte{3, 233}, 1000}, {[]byte{3, 243}, 1000},
		{[]byte{0x0b, 0xb8}, 3000}, {[]byte{0x0f, 0xa0}, 4000}, {[]byte{0x13, 0x87}, 4999},
	} {
		w := s.V2(token)
		w.Say(subscribe)
		w.Wait(subscribed)
		w.Raw(testkit.MakeFrame(testkit.Fin|testkit.Close, c.payload))
		f := w.Next()
		if f.Opcode() != testkit.Close {
			t.Fatalf("%x %q is no close frame", f.First, f.Payload)
		}
		if got := codeOf(f); got != c.want || len(f.Payload) > 2 {
			t.Errorf("close %q is answered by %q", c.payload, f.Payload)
		}
		if rest, err := io.ReadAll(w.In); err != nil || len(rest) > 0 {
			t.Errorf("behind the close frame: %d bytes, %v", len(rest), err)
		}
	}
	testkit.Until(t, "all have left", func() bool { return s.Metric(`driplet_connections{endpoint="default"}`) == 2 })
}

func codeOf(f testkit.Frame) uint16 {
	if len(f.Payload) < 2 {
		return 1005
	}
	return binary.BigEndian.Uint16(f.Payload)
}

// What comes with the close frame's packet, behind it, is not done.
func TestNothingBehindTheCloseFrame(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	w := s.V2(s.User(7))
	w.Raw(append(closeFrame(1000), testkit.MakeFrame(testkit.Fin|testkit.Text, []byte(subscribe))...))
	if before := w.WantClose(1000, ""); len(before) > 0 {
		t.Errorf("%s came as well", before)
	}
}

func TestEndsWithoutCloseFrame(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	token := s.User(7)
	for range 20 {
		half := s.V2(token)
		half.Subscribe("t")
		half.CloseWriteSide()
		if rest, err := io.ReadAll(half.In); err != nil || len(rest) > 0 {
			t.Errorf("after a half-close: %q, %v", rest, err)
		}
		abrupt := s.V2(token)
		abrupt.Subscribe("t")
		abrupt.Raw(testkit.MakeFrame(testkit.Text, []byte("{"))[:5]) // within a frame
		abrupt.Conn.(interface{ SetLinger(int) error }).SetLinger(0)
		abrupt.Close()
	}
	testkit.Until(t, "all have left", func() bool {
		return s.Metric(`driplet_connections{endpoint="default"}`) == 2 && s.Metric("driplet_subscriptions") == 2
	})
}

// The first frame may come in the packet of the handshake, and in pieces.
func TestFrameWithTheHandshake(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	request := testkit.Handshake("/ws/default", "Sec-WebSocket-Protocol: driplet.v2, bearer."+s.User(7))
	large := `{"type":"subscribe","topic":"t","id":1,"pad":"` + strings.Repeat("x", 20000) + `"}`
	for _, frame := range []string{subscribe, large} {
		bytes := testkit.MakeFrame(testkit.Fin|testkit.Text, []byte(frame))
		for _, n := range []int{1, 2, 6, 20, len(bytes)} {
			w := s.Dial()
			w.Raw(append([]byte(request), bytes[:n]...))
			if a := w.Answer(); a.Status != 101 {
				t.Fatal(a)
			}
			w.Wait("welcome")
			w.Raw(bytes[n:])
			w.Wait(subscribed)
			w.Close()
		}
	}
}
