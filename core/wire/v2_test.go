package wire

import (
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
)

func TestDecodeNestedForEver(t *testing.T) {
	deep := strings.Repeat(`[`, 100_000)
	objects := strings.Repeat(`{"a":`, 100_000)
	for name, frame := range map[string]string{
		"lists":                deep,
		"objects":              objects,
		"closed":               deep + strings.Repeat(`]`, 100_000),
		"in data":              `{"type":"event","event":"a","id":7,"data":` + deep + strings.Repeat(`]`, 100_000) + `}`,
		"objects in data":      `{"type":"event","event":"a","id":7,"data":` + objects + `1` + strings.Repeat(`}`, 100_000) + `}`,
		"before the id":        `{"type":"event","event":"a","data":` + deep + `{"x":"]}\"["}` + strings.Repeat(`]`, 100_000) + `,"id":7}`,
		"twice before the id":  `{"data":` + deep + strings.Repeat(`]`, 100_000) + `,"later":` + objects + `1` + strings.Repeat(`}`, 100_000) + `,"id":7}`,
		"in a field not known": `{"type":"ping","id":7,"later":` + deep + strings.Repeat(`]`, 100_000) + `}`,
		"in since":             `{"type":"subscribe","topic":"t","id":7,"since":{"x":` + deep + strings.Repeat(`]`, 100_000) + `}}`,
		"in the type":          `{"id":7,"type":` + deep,
	} {
		for _, p := range []Protocol{V1, V2} {
			c, err := p.Decode([]byte(frame))
			if err == nil {
				t.Errorf("%s: accepted", name)
				continue
			}
			checkRefusal(t, c, err)
			if p == V2 && strings.Contains(frame, `"id":7`) && c.ID != "7" {
				t.Errorf("%s: the id is %q", name, c.ID)
			}
		}
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	for frame, want := range map[string]string{
		``:                               "frame is empty: send one JSON object",
		`hello`:                          "frame starts with 'h': send one JSON object",
		"\x00":                           "frame starts with 0x00: send one JSON object",
		`{"type":"ping"`:                 "frame is not valid JSON: it ends after 14 bytes, where a comma or } should follow",
		`{"type":"ping" "id":1}`:         "frame is not valid JSON: byte 16 is '\"', where a comma or } should stand",
		`{"type":"ping"}{}`:              "frame goes on after its object, with '{' at byte 16: send one object in each frame",
		`{"type":"subscirbe"}`:           `type "subscirbe" is unknown: send subscribe, unsubscribe, event, publish, presence, history, refresh or ping`,
		`{}`:                             "type is missing or empty: send subscribe, unsubscribe, event, publish, presence, history, refresh or ping",
		`{"type":"subscribe"}`:           "topic is missing or empty",
		`{"type":"ping","id":-1}`:        "id is -1: a number must be a positive integer, written in digits",
		`{"type":"ping","id":[]}`:        "id must be a positive integer or a string, not a list",
		`{"type":"ping","id":1,"id":1}`:  `frame has "id" twice`,
		`{"type":"subscribe","topic":7}`: "topic must be a string, not a number",
		`{"type":"event","event":""}`:    "event is missing or empty: give it a name",
		`{"type":"publish","topic":"t"}`: "message is missing: publish needs one, null at least",
		`{"type":"subscribe","topic":"t","since":"kX3f"}`:  "since must be an object with epoch and offset, not a string",
		`{"type":"history","topic":"t","id":1,"limit":-5}`: "limit must be a positive integer, it is -5",
		"{\"type\":\"ping\xff\"}":                          "frame is not valid UTF-8",
	} {
		_, err := V2.Decode([]byte(frame))
		if err == nil {
			t.Errorf("%s: accepted", frame)
		} else if got := core.AsError(err).Message; got != want {
			t.Errorf("%s:\n got %s\nwant %s", frame, got, want)
		}
	}
}

// A refusal must stay small whatever the frame holds: it is sent back.
func TestRefusalsAreBounded(t *testing.T) {
	long := strings.Repeat("\u0001", 60_000)
	for _, frame := range []string{
		`{"type":"` + strings.Repeat("x", 60_000) + `"}`,
		`{"type":"ping","id":` + strings.Repeat("9", 60_000) + `}`,
		`{"type":"ping","id":-` + strings.Repeat("9", 60_000) + `}`,
		`{"type":"history","topic":"t","id":1,"limit":` + strings.Repeat("9", 60_000) + `}`,
		`{"type":"history","topic":"t","id":1,"limit":{"a":"` + strings.Repeat("9", 60_000) + `"}}`,
		strings.Repeat("\u00ff", 30_000), `{"` + long,
	} {
		c, err := V2.Decode([]byte(frame))
		if err == nil {
			t.Errorf("%.40s: accepted", frame)
			continue
		}
		checkRefusal(t, c, err)
	}
}

func TestAppendEventDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 4096)
	for _, p := range []Protocol{V1, V1Echo, V2} {
		if n := testing.AllocsPerRun(100, func() { buf = p.Append(buf[:0], benchEvent) }); n != 0 {
			t.Errorf("dialect %d allocates %v times an event", p.Dialect(), n)
		}
	}
}

func TestFailureWithoutErrorIsInternal(t *testing.T) {
	got := string(V2.Append(nil, core.Failure{ID: "7"}))
	if !strings.HasPrefix(got, `{"type":"error","id":7,"error":{"code":"internal","message":"`) {
		t.Error(got)
	}
}
