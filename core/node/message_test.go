package node

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

var nonces atomic.Int64

func body(rest string) string {
	return fmt.Sprintf(`{"nonce":"n%d","timestamp":%d%s}`, nonces.Add(1), time.Now().Unix(), rest)
}

func TestMessageRefusals(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	at := time.Now().Unix()
	for name, test := range map[string]struct{ body, code, text string }{
		"empty":             {``, "bad_request", "empty"},
		"not JSON":          {`{`, "bad_request", "not valid JSON"},
		"a list":            {`[]`, "bad_request", "not a JSON object"},
		"no JSON space":     {"\u00a0" + `{"topic":"t"}`, "bad_request", "not valid JSON"},
		"deep":              {strings.Repeat("[", 100000), "bad_request", "deeper than 128"},
		"invalid UTF-8":     {"{\"topic\":\"\xff\"}", "bad_request", "UTF-8"},
		"no nonce":          {fmt.Sprintf(`{"timestamp":%d,"message":1,"topic":"t"}`, at), "bad_request", "nonce"},
		"empty nonce":       {fmt.Sprintf(`{"nonce":"","timestamp":%d,"message":1,"topic":"t"}`, at), "bad_request", "nonce"},
		"long nonce":        {fmt.Sprintf(`{"nonce":%q,"timestamp":%d,"message":1,"topic":"t"}`, strings.Repeat("n", 129), at), "bad_request", "nonce"},
		"no timestamp":      {`{"nonce":"x","message":1,"topic":"t"}`, "bad_request", "timestamp"},
		"timestamp as text": {fmt.Sprintf(`{"nonce":"x","timestamp":"%d","message":1,"topic":"t"}`, at), "bad_request", "timestamp"},
		"half a second":     {fmt.Sprintf(`{"nonce":"x","timestamp":%d.5,"message":1,"topic":"t"}`, at), "bad_request", "timestamp"},
		"stale":             {fmt.Sprintf(`{"nonce":"x","timestamp":%d,"message":1,"topic":"t"}`, at-340), "unauthorized", "behind this server"},
		"ahead":             {fmt.Sprintf(`{"nonce":"x","timestamp":%d,"message":1,"topic":"t"}`, at+340), "unauthorized", "ahead"},
		"no topic":          {body(`,"message":1`), "bad_request", "topic"},
		"empty topic":       {body(`,"message":1,"topic":""`), "bad_request", "topic"},
		"long topic":        {body(`,"message":1,"topic":"` + strings.Repeat("t", 201) + `"`), "bad_request", "201 bytes"},
		"control character": {body(`,"message":1,"topic":"a\u0001"`), "bad_request", "U+0001"},
		"topic as number":   {body(`,"message":1,"topic":5`), "bad_request", "topic"},
		"no message":        {body(`,"topic":"t"`), "bad_request", "message is missing"},
		"typo in target":    {body(`,"message":1,"topic":"t","target":{"inclde":{"uid":1}}`), "bad_request", "inclde"},
		"object in target":  {body(`,"message":1,"topic":"t","target":{"include":{"uid":{"a":1}}}`), "bad_request", "uid"},
		"list as target":    {body(`,"message":1,"topic":"t","target":[1]`), "bad_request", "target"},
		"target twice":      {body(`,"message":1,"topic":"t","target":{"include":{"uid":1}},"target":{}`), "bad_request", "target stands twice"},
		"Target as well":    {body(`,"message":1,"topic":"t","target":{"include":{"uid":1}},"Target":null`), "bad_request", "target stands twice"},
		"except twice":      {body(`,"message":1,"topic":"t","except":"a","except":null`), "bad_request", "except stands twice"},
		"empty event":       {body(`,"message":1,"topic":"t","event":""`), "bad_request", "event"},
		"empty id":          {body(`,"message":1,"topic":"t","id":""`), "bad_request", "id"},
	} {
		_, err := w.publish(test.body)
		if e := core.AsError(err); err == nil || string(e.Code) != test.code || !strings.Contains(e.Message, test.text) {
			t.Errorf("%s: %v, want %s with %q", name, err, test.code, test.text)
		}
	}
}

func TestSignatures(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	ctx := context.Background()
	b := []byte(body(`,"message":1,"topic":"t"`))
	r := auth.Request{Method: "POST", URI: "/api/default/message", Body: b}
	if _, err := w.Message(ctx, "default", r); core.AsError(err).Reason != core.ReasonSignatureMissing {
		t.Error(err)
	}
	r.Signature = auth.SignBody("another secret", b)
	if _, err := w.Message(ctx, "default", r); core.AsError(err).Reason != core.ReasonSignatureMismatch {
		t.Error(err)
	}
	r.Signature = auth.SignBody(apiSecret, b)
	if _, err := w.Message(ctx, "nowhere", r); core.AsError(err).Code != core.CodeNotFound {
		t.Error(err)
	}
	if _, err := w.Message(ctx, "DEFAULT", r); err != nil {
		t.Errorf("endpoint names have no case: %v", err)
	}
	if _, err := w.Message(ctx, "default", r); core.AsError(err).Reason != core.ReasonReplayed {
		t.Error(err)
	}
	// As a whole: the body needs neither nonce nor timestamp.
	r = auth.Request{Method: "POST", URI: "/api/default/message", Body: []byte(`{"message":1,"topic":"t"}`), Nonce: "v2", Timestamp: fmt.Sprint(time.Now().Unix())}
	r.Signature = auth.SignRequest(apiSecret, r)
	if _, err := w.Message(ctx, "default", r); err != nil {
		t.Error(err)
	}
	if _, err := w.Message(ctx, "default", r); core.AsError(err).Reason != core.ReasonReplayed {
		t.Error(err)
	}
}

// TestNonceIsSpentLast: what is refused for another reason may be mended and
// sent again with its nonce.
func TestNonceIsSpentLast(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	at := time.Now().Unix()
	if _, err := w.publish(fmt.Sprintf(`{"nonce":"once","timestamp":%d,"message":1,"topic":""}`, at)); err == nil {
		t.Fatal("an empty topic was taken")
	}
	if _, err := w.publish(fmt.Sprintf(`{"nonce":"once","timestamp":%d,"message":1,"topic":"t"}`, at)); err != nil {
		t.Error(err)
	}
}

func TestReplayRace(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	c := w.join(user(1))
	w.do(c, `{"type":"subscribe","topic":"t","id":1}`)
	b := body(`,"message":"only once","topic":"t"`)
	var won, replayed atomic.Int64
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			switch _, err := w.publish(b); {
			case err == nil:
				won.Add(1)
			case core.AsError(err).Reason == core.ReasonReplayed:
				replayed.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || replayed.Load() != 31 {
		t.Errorf("%d were taken and %d refused as replayed, want 1 and 31", won.Load(), replayed.Load())
	}
	w.publish(body(`,"message":"end","topic":"t"`))
	c.wait(t, `"end"`)
	if n := c.count("only once"); n != 1 {
		t.Errorf("it was heard %d times", n)
	}
}

func TestIdempotency(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	c := w.join(user(1))
	w.do(c, `{"type":"subscribe","topic":"t","id":1}`)
	for i := range 3 {
		r, err := w.publish(body(`,"message":"same","topic":"t","id":"k"`))
		if err != nil || r.Duplicate != (i > 0) {
			t.Errorf("%d: %+v %v", i, r, err)
		}
	}
	if _, err := w.publish(body(`,"message":"other","topic":"t","id":"k"`)); core.AsError(err).Code != core.CodeConflict {
		t.Error(err)
	}
	w.publish(body(`,"message":"end","topic":"t"`))
	c.wait(t, `"end"`)
	if n := c.count(`"same"`); n != 1 {
		t.Errorf("it was heard %d times", n)
	}
}

// TestTextOfNumbers: a message reaches its clients with the numbers and strings
// that were sent.
func TestTextOfNumbers(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	c := w.join(user(1))
	w.do(c, `{"type":"subscribe","topic":"t","id":1}`)
	if _, err := w.publish(body(`,"message": { "n" : 1.50e3, "s":"\u00e9<" } ,"topic":"t"`)); err != nil {
		t.Fatal(err)
	}
	c.wait(t, `"message":{"n":1.50e3,"s":"\u00e9<"}`)
}
