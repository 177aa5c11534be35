//go:build wasip1

// The conformance guest (conformance/README.md), in Go.
package main

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	driplet "github.com/driplet/driplet/plugins/pdk/go"
)

func main() {}

type handler = func(e *driplet.Event) (any, error)

func init() {
	for name, h := range map[string]handler{
		"echo": echo, "refuse": refuse, "publish": publish, "subscribe": subscribe, "unsubscribe": unsubscribe, "disconnect": disconnect,
		"subscribed": subscribed, "presence": presence, "history": history, "kv_get": get, "kv_set": set, "kv_cas": cas, "kv_incr": incr, "kv_scan": scan, "kv_pages": pages,
		"fetch": fetch, "timer": timer, "defer": later, "reply": reply, "log": logs, "config": config, "random": random, "field": field,
		"nothing":   func(*driplet.Event) (any, error) { return nil, nil },
		"trap":      func(*driplet.Event) (any, error) { panic("as asked") },
		"kv_delete": func(e *driplet.Event) (any, error) { return nil, driplet.KV.Delete(text(e, "key")) },
		"now":       func(*driplet.Event) (any, error) { return driplet.Now().UnixMilli(), nil },
		"metric": func(e *driplet.Event) (any, error) {
			driplet.Metric(text(e, "name"), number(e, "value"))
			return nil, nil
		},
	} {
		driplet.On("conformance."+name, h)
	}
	driplet.OnConnect(func(e *driplet.Event) (any, error) {
		if e.User == "banned" {
			return nil, driplet.Fail("conformance.banned", "go away")
		}
		return nil, nil
	})
	driplet.OnSubscribe(func(e *driplet.Event) (any, error) {
		switch e.Topic {
		case "conformance.closed":
			return nil, driplet.Fail("conformance.closed", "closed")
		case "conformance.info":
			return driplet.Admit(driplet.Object{"user": e.User}), nil
		}
		return nil, nil
	})
	driplet.OnUnsubscribe(func(e *driplet.Event) (any, error) { return nil, driplet.KV.Set("left/"+e.Topic, e.User) })
	driplet.OnPublish(filter)
	driplet.OnDisconnect(func(e *driplet.Event) (any, error) { return nil, driplet.KV.Set("gone", e.User) })
	driplet.OnTimer("tick", func(e *driplet.Event) (any, error) {
		return nil, driplet.Publish("conformance.done", driplet.Object{"timer": e.Event, "state": string(e.State)}, driplet.PublishOptions{})
	})
	driplet.OnHTTP(http)
}

func http(e *driplet.Event) (any, error) {
	o := driplet.Object{"type": nil, "body": string(e.Data)}
	if s, ok := e.Headers.String("content-type"); ok {
		o["type"] = s
	}
	if e.Method == "" {
		o["status"], o["state"] = e.Status, string(e.State)
		return nil, driplet.Publish("conformance.done", o, driplet.PublishOptions{})
	}
	if code := text(e, "code"); code != "" {
		return nil, driplet.Fail(code, text(e, "message"))
	}
	if e.Data.Has("key") {
		return later(e)
	}
	o["method"], o["query"], o["session"], o["user"], o["endpoint"] = e.Method, e.Query, e.Session, e.User, e.Endpoint
	return o, nil
}

func text(e *driplet.Event, path string) string { s, _ := e.Data.String(path); return s }

func number(e *driplet.Event, path string) int64 { n, _ := e.Data.Int(path); return n }

func millis(e *driplet.Event, path string) time.Duration {
	return time.Duration(number(e, path)) * time.Millisecond
}

// orNull is JSON as it is, or null.
func orNull(v driplet.Value) any {
	if len(v) == 0 {
		return nil
	}
	return driplet.Value(bytes.Clone(v))
}

func echo(e *driplet.Event) (any, error) {
	return driplet.Object{
		"event": e.Event, "topic": e.Topic, "session": e.Session, "user": e.User, "request": e.Request, "claims": orNull(e.Claims),
		"time": e.Time.UnixMilli(), "data": orNull(e.Data), "account": e.Account, "endpoint": e.Endpoint,
	}, nil
}

func field(e *driplet.Event) (any, error) {
	path, most, low, high := text(e, "path"), 10, number(e, "low"), int64(10)
	if n, ok := e.Data.Int("max"); ok {
		most = int(n)
	}
	if n, ok := e.Data.Int("high"); ok {
		high = n
	}
	var value any
	switch text(e, "as") {
	case "string":
		value = e.String(path, most)
	case "string_or":
		value = e.StringOr(path, most, "fallback")
	case "id":
		value = e.ID(path, most)
	case "integer":
		value = e.Int(path, low, high)
	default:
		value = e.IntOr(path, low, high, -1)
	}
	return value, e.Err()
}

func refuse(e *driplet.Event) (any, error) {
	r := driplet.Fail(text(e, "code"), text(e, "message"))
	if e.Data.Has("data") {
		r.Data = e.Data.Get("data")
	}
	return nil, r
}

func publish(e *driplet.Event) (any, error) {
	o := driplet.PublishOptions{Event: text(e, "event"), Except: text(e, "except"), ID: text(e, "id")}
	if e.Data.Has("target") {
		o.Target = e.Data.Get("target")
	}
	if keep, given := e.Data.Bool("history"); given {
		o.NoHistory = !keep
	}
	return nil, driplet.Publish(text(e, "topic"), e.Data.Get("message"), o)
}

func subscribe(e *driplet.Event) (any, error) {
	var info any
	if e.Data.Has("info") {
		info = e.Data.Get("info")
	}
	return nil, driplet.Subscribe(text(e, "session"), text(e, "topic"), info)
}

func who(e *driplet.Event) (list []driplet.Who) {
	for _, s := range e.Data.Texts("sessions") {
		list = append(list, driplet.Session(s))
	}
	for _, u := range e.Data.Texts("users") {
		list = append(list, driplet.User(u))
	}
	return list
}

func unsubscribe(e *driplet.Event) (any, error) {
	return nil, driplet.Unsubscribe(text(e, "topic"), text(e, "reason"), who(e)...)
}

func disconnect(e *driplet.Event) (any, error) {
	return nil, driplet.Disconnect(text(e, "reason"), who(e)...)
}

func subscribed(e *driplet.Event) (any, error) {
	return driplet.Subscribed(text(e, "session"), text(e, "topic"))
}

func presence(e *driplet.Event) (any, error) {
	members, count, err := driplet.Presence(text(e, "topic"), int(number(e, "limit")))
	ids := driplet.List{}
	for _, m := range members {
		ids = append(ids, m.ID)
	}
	return driplet.Object{"count": count, "ids": ids}, err
}

func history(e *driplet.Event) (any, error) {
	o := driplet.HistoryOptions{Limit: int(number(e, "limit"))}
	if e.Data.Has("limit") && o.Limit == 0 {
		o.Limit = -1
	}
	if epoch, ok := e.Data.String("since.epoch"); ok {
		o.Since = driplet.Position{Epoch: epoch, Offset: uint64(number(e, "since.offset"))}
	}
	past, err := driplet.History(text(e, "topic"), o)
	events := driplet.List{}
	for _, p := range past.Events {
		events = append(events, driplet.List{p.Offset, p.Event, p.From, p.Data, p.Target})
	}
	return driplet.Object{
		"kept": past.Kept, "epoch": past.Head.Epoch, "offset": past.Head.Offset, "next": past.Next.Offset,
		"whole": past.Whole, "more": past.More, "events": events,
	}, err
}

func get(e *driplet.Event) (any, error) {
	v, ok, err := driplet.KV.Get(text(e, "key"))
	if err != nil || !ok {
		return nil, err
	}
	return string(v), nil
}

func set(e *driplet.Event) (any, error) {
	if err := driplet.KV.Set(text(e, "key"), text(e, "value"), millis(e, "ttl")); err != nil {
		return nil, err
	}
	return get(e)
}

func cas(e *driplet.Event) (any, error) {
	var old, next any
	if s, ok := e.Data.String("old"); ok {
		old = s
	}
	if s, ok := e.Data.String("new"); ok {
		next = s
	}
	return driplet.KV.CAS(text(e, "key"), old, next, millis(e, "ttl"))
}

func incr(e *driplet.Event) (any, error) {
	return driplet.KV.Incr(text(e, "key"), number(e, "delta"), millis(e, "ttl"))
}

func scan(e *driplet.Event) (any, error) {
	f := driplet.KV.Scan
	if back, _ := e.Data.Bool("reverse"); back {
		f = driplet.KV.ScanBack
	}
	pairs, err := f(text(e, "prefix"), int(number(e, "limit")))
	out := driplet.List{}
	for _, p := range pairs {
		out = append(out, driplet.List{p.Key, string(p.Value)})
	}
	return out, err
}

func pages(e *driplet.Event) (any, error) {
	prefix, limit := text(e, "prefix"), int(number(e, "limit"))
	for _, key := range e.Data.Texts("delete") {
		if err := driplet.KV.Delete(key); err != nil {
			return nil, err
		}
	}
	for _, key := range e.Data.Texts("set") {
		if err := driplet.KV.Set(key, "new"); err != nil {
			return nil, err
		}
	}
	after, every := driplet.KV.ScanAfter, driplet.KV.All
	if back, _ := e.Data.Bool("reverse"); back {
		after, every = driplet.KV.ScanBackAfter, driplet.KV.AllBack
	}
	out := driplet.List{}
	if limit == 0 {
		for p, err := range every(prefix) {
			if err != nil {
				return nil, err
			}
			out = append(out, p.Key+"="+string(p.Value))
		}
		return out, nil
	}
	for last := ""; ; {
		page, err := after(prefix, last, limit)
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, p := range page {
			out = append(out, p.Key+"="+string(p.Value))
			last = p.Key
		}
		if err := driplet.KV.Delete(last); err != nil {
			return nil, err
		}
	}
}

func fetch(e *driplet.Event) (any, error) {
	r := driplet.Request{Method: text(e, "method"), URL: text(e, "url"), Body: []byte(text(e, "body")), Timeout: millis(e, "timeout")}
	r.Signed, _ = e.Data.Bool("signed")
	if key, ok := e.Data.String("headers.X-Key"); ok {
		r.Headers = driplet.Object{"X-Key": key}
	}
	return nil, driplet.HTTP.Fetch(r, []byte(text(e, "state")))
}

func timer(e *driplet.Event) (any, error) {
	if at := number(e, "at"); at != 0 {
		return nil, driplet.Timer.Set(text(e, "name"), time.UnixMilli(at), []byte(text(e, "state")))
	}
	return nil, driplet.Timer.Cancel(text(e, "name"))
}

func later(e *driplet.Event) (any, error) {
	h, err := driplet.Defer()
	if err != nil {
		return nil, err
	}
	return nil, driplet.KV.Set(text(e, "key"), strconv.FormatInt(int64(h), 10))
}

func reply(e *driplet.Event) (any, error) {
	v, ok, err := driplet.KV.Get(text(e, "key"))
	if err != nil || !ok {
		return nil, errors.New("no handle")
	}
	h, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return nil, err
	}
	if code := text(e, "code"); code != "" {
		return nil, driplet.Reply(driplet.Handle(h), nil, driplet.Fail(code, text(e, "message")))
	}
	return nil, driplet.Reply(driplet.Handle(h), e.Data.Get("answer"), nil)
}

func logs(e *driplet.Event) (any, error) {
	[]func(string){driplet.Log.Debug, driplet.Log.Info, driplet.Log.Warn, driplet.Log.Error}[number(e, "level")](text(e, "text"))
	return nil, nil
}

func config(*driplet.Event) (any, error) {
	c := driplet.Config("")
	most, _ := c.Int("max_text")
	title, _ := driplet.Config("title").String("")
	second, _ := c.Bool("deep.list.1.yes")
	return driplet.Object{"max_text": most, "title": title, "second": second}, nil
}

func random(*driplet.Event) (any, error) {
	a, b := make([]byte, 16), make([]byte, 16)
	err := errors.Join(driplet.Random(a), driplet.Random(b))
	return !bytes.Equal(a, b), err
}

func filter(e *driplet.Event) (any, error) {
	message, target := e.Data.Get("message"), e.Data.Get("target")
	switch text(e, "do") {
	case "pass":
		return driplet.Pass(), nil
	case "drop":
		return driplet.Drop(), nil
	case "replace":
		return driplet.Replace(message), nil
	case "retarget":
		return driplet.Retarget(target), nil
	case "both":
		return driplet.Both(message, target), nil
	case "refuse":
		return nil, driplet.Fail("conformance.no", "not this")
	case "see":
		return driplet.Replace(driplet.Object{
			"event": e.Event, "topic": e.Topic, "session": e.Session, "user": e.User, "account": e.Account,
			"claims": e.Claims, "target": e.Target, "message": e.Data,
		}), nil
	}
	return nil, nil
}
