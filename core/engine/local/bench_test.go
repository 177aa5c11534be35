package local_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/engine/local"
)

type nobody struct{}

func (nobody) Deliver(*core.Event) {}
func (nobody) Settle()             {}

var background = context.Background()

func start(b *testing.B, path string) *local.Engine {
	b.Helper()
	e, err := local.Open(path, nobody{}, local.Options{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(background)
	ended := make(chan bool)
	go func() { e.Run(ctx); close(ended) }()
	b.Cleanup(func() {
		stop()
		<-ended
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	})
	return e
}

func BenchmarkAppend(b *testing.B) {
	for _, topics := range []int{1, 1000} {
		b.Run(fmt.Sprintf("topics=%d", topics), func(b *testing.B) {
			e := start(b, "")
			var n atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				events := []*core.Event{{Key: core.TopicKey{Endpoint: "default", Topic: fmt.Sprint("topic.", n.Add(1)%int64(topics))}}}
				for pb.Next() {
					if _, err := e.Append(background, events, engine.AppendOptions{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
	b.Run("kept", func(b *testing.B) {
		e := start(b, "")
		var n atomic.Int64
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			key := core.TopicKey{Endpoint: "default", Topic: fmt.Sprint("topic.", n.Add(1))}
			for pb.Next() {
				ev := &core.Event{Key: key, Keep: core.History{Size: 100, Age: time.Hour}}
				if _, err := e.Append(background, []*core.Event{ev}, engine.AppendOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("dedupe", func(b *testing.B) {
		e := start(b, "")
		b.ReportAllocs()
		events := []*core.Event{{Key: core.TopicKey{Endpoint: "default", Topic: "t"}}}
		for i := range b.N {
			_, err := e.Append(background, events, engine.AppendOptions{Dedupe: &engine.Dedupe{Scope: "default", Key: fmt.Sprint(i % 500_000)}})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPublishers is 64 at a time, each on one of 16 topics: with an
// idempotency key and without, in memory, stored soon, and stored first.
func BenchmarkPublishers(b *testing.B) {
	for _, c := range []struct {
		name string
		sync core.Sync
	}{{"memory", core.SyncAlways}, {"batch", core.SyncBatch}, {"always", core.SyncAlways}} {
		for _, dedupe := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/dedupe=%v", c.name, dedupe), func(b *testing.B) {
				path := b.TempDir()
				if c.name == "memory" {
					path = ""
				}
				e := start(b, path)
				b.ReportAllocs()
				b.SetParallelism(64 / runtime.GOMAXPROCS(0))
				var n atomic.Int64
				b.RunParallel(func(pb *testing.PB) {
					key := core.TopicKey{Endpoint: "default", Topic: fmt.Sprint("topic.", n.Add(1)%16)}
					for pb.Next() {
						ev := &core.Event{Key: key, Data: make([]byte, 200), Keep: core.History{Size: 100, Age: time.Hour, Sync: c.sync}}
						var o engine.AppendOptions
						if dedupe {
							o.Dedupe = &engine.Dedupe{Scope: "default", Key: fmt.Sprint(n.Add(1))}
						}
						if _, err := e.Append(background, []*core.Event{ev}, o); err != nil {
							b.Fatal(err)
						}
					}
				})
			})
		}
	}
}

// BenchmarkStart opens a folder with 10,000 topics that keep 10 events each,
// and reads one of them.
func BenchmarkStart(b *testing.B) {
	path := b.TempDir()
	e, err := local.Open(path, nobody{}, local.Options{})
	must(b, err)
	for i := range 100_000 {
		ev := &core.Event{Key: core.TopicKey{Endpoint: "default", Topic: fmt.Sprint("topic.", i%10_000)}, Data: make([]byte, 200), Keep: core.History{Size: 100, Age: time.Hour}}
		_, err := e.Append(background, []*core.Event{ev}, engine.AppendOptions{})
		must(b, err)
	}
	must(b, e.Close())
	for b.Loop() {
		e, err := local.Open(path, nobody{}, local.Options{})
		must(b, err)
		past, err := e.Read(background, core.TopicKey{Endpoint: "default", Topic: "topic.77"}, nil, 100)
		if must(b, err); len(past.Events) != 10 {
			b.Fatal(past)
		}
		b.StopTimer()
		must(b, e.Close())
		b.StartTimer()
	}
}

// BenchmarkRead reads 50 events of 100, as one who reconnects does.
func BenchmarkRead(b *testing.B) {
	e := start(b, "")
	key := core.TopicKey{Endpoint: "default", Topic: "t"}
	var since core.Position
	for i := range 100 {
		ev := &core.Event{Key: key, Keep: core.History{Size: 100, Age: time.Hour}}
		_, err := e.Append(background, []*core.Event{ev}, engine.AppendOptions{})
		if must(b, err); i == 49 {
			since = ev.Pos
		}
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if past, err := e.Read(background, key, &since, 1000); err != nil || len(past.Events) != 50 {
				b.Fatal(past, err)
			}
		}
	})
}

func BenchmarkOnce(b *testing.B) {
	e, err := local.Open("", nobody{}, local.Options{NonceCapacity: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var nonce [16]byte
		for pb.Next() {
			i := n.Add(1)
			for j := range 8 {
				nonce[j] = byte(i >> (8 * j))
			}
			if err := e.Once(background, "default", string(nonce[:]), time.Now()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkKV runs upon 20,000 pairs of 100 bytes, most of them in files.
func BenchmarkKV(b *testing.B) {
	for _, mode := range []string{"memory", "disk"} {
		b.Run(mode, func(b *testing.B) {
			path := ""
			if mode == "disk" {
				path = b.TempDir()
			}
			kv := start(b, path).KV("default/chat", 64<<20)
			const pairs = 20_000
			value := make([]byte, 100)
			for i := range pairs {
				must(b, kv.Apply(background, []core.Write{{Key: fmt.Sprintf("msg/%06d", i), Value: value}}))
			}
			keys := make([]string, 1000)
			for i := range keys {
				keys[i] = fmt.Sprintf("msg/%06d", i*7919%pairs)
			}
			run := func(name string, f func(i int) error) {
				b.Run(name, func(b *testing.B) {
					b.ReportAllocs()
					for i := range b.N {
						must(b, f(i))
					}
				})
			}
			run("get", func(i int) error { _, _, err := kv.Get(background, keys[i%1000]); return err })
			run("get-absent", func(int) error { _, _, err := kv.Get(background, "ban/nobody"); return err })
			run("incr", func(int) error { _, err := kv.Incr(background, "seq/room", 1, 0); return err })
			run("get-hot", func(int) error { _, _, err := kv.Get(background, "seq/room"); return err })
			run("apply", func(i int) error {
				return kv.Apply(background, []core.Write{{Key: keys[i%1000], Value: value}})
			})
			run("apply-ttl", func(i int) error {
				return kv.Apply(background, []core.Write{{Key: keys[i%1000], Value: value, TTL: time.Hour}})
			})
			run("cas", func(int) error {
				old, _, err := kv.Get(background, "cas")
				if err == nil {
					_, err = kv.CAS(background, "cas", old, value[:len(old)%2+1], 0)
				}
				return err
			})
			run("scan50", func(int) error {
				_, err := kv.Scan(background, "msg/", core.ScanOptions{Limit: 50, Reverse: true})
				return err
			})
			run("incr+scan", func(int) error {
				if _, err := kv.Incr(background, "views/minute", 1, 0); err != nil {
					return err
				}
				_, err := kv.Scan(background, "views/", core.ScanOptions{Limit: 50, Reverse: true})
				return err
			})
		})
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
