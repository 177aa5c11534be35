package wire

import (
	"encoding/json"
	"testing"

	"github.com/driplet/driplet/core"
)

var benchEvent = &core.Event{
	Key:  core.TopicKey{Endpoint: "default", Topic: "chat.lobby"},
	Pos:  core.Position{Epoch: "kX3f", Offset: 123456},
	Name: "chat.message",
	Data: []byte(`{"id":17,"from":"42","text":"The quick brown fox jumps over the lazy dog, twice, and says so in a room full of people.","at":1700000000123}`),
	From: "42",
}

func benchmarkAppend(b *testing.B, p Protocol, o core.Outgoing) {
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = p.Append(buf[:0], o)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkAppendV1Event(b *testing.B) { benchmarkAppend(b, V1, benchEvent) }
func BenchmarkAppendV2Event(b *testing.B) { benchmarkAppend(b, V2, benchEvent) }
func BenchmarkAppendV2Reply(b *testing.B) {
	benchmarkAppend(b, V2, core.Reply{ID: "17", HasData: true, Data: []byte(`{"id":17}`)})
}

// benchFrame has 150 bytes, as a chat's call has.
var benchFrame = []byte(`{"type":"event","event":"chat.send","topic":"chat.lobby","data":{"room":"lobby","text":"The quick brown fox jumps over the lazy dogs.","n":1},"id":1234}`)

var benchSpaced = []byte(`{"type": "event", "event": "chat.send", "topic": "chat.lobby", "data": {"room": "lobby", "text": "The quick brown fox jumps over dogs.", "n": 1}, "id": 7}`)

func benchmarkDecode(b *testing.B, p Protocol, frame []byte) {
	b.ReportAllocs()
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		if _, err := p.Decode(frame); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeV2Event(b *testing.B)       { benchmarkDecode(b, V2, benchFrame) }
func BenchmarkDecodeV2EventSpaced(b *testing.B) { benchmarkDecode(b, V2, benchSpaced) }
func BenchmarkDecodeV2Subscribe(b *testing.B) {
	benchmarkDecode(b, V2, []byte(`{"type":"subscribe","topic":"chat.lobby","id":1}`))
}
func BenchmarkDecodeV1Subscribe(b *testing.B) {
	benchmarkDecode(b, V1, []byte(`{"type":"subscribe","topic":"chat.lobby"}`))
}

// BenchmarkDecodeEncodingJSON is what the scanner is measured against: the
// same fields through encoding/json, without the checks that it lacks.
func BenchmarkDecodeEncodingJSON(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(benchFrame)))
	for b.Loop() {
		var f struct {
			Type, Event, Topic string
			ID, Data           json.RawMessage
		}
		if err := json.Unmarshal(benchFrame, &f); err != nil {
			b.Fatal(err)
		}
		if _, err := core.CompactJSON(nil, f.Data); err != nil {
			b.Fatal(err)
		}
	}
}
