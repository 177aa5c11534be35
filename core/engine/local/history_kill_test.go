package local_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/engine/local"
)

const historianPath = "DRIPLET_TEST_HISTORIAN_PATH"

var (
	keepAlways = core.History{Size: 1 << 20, Age: time.Hour, Sync: core.SyncAlways}
	keepBatch  = core.History{Size: 1 << 20, Age: time.Hour}
)

func keeping(topic, name string, keep core.History) *core.Event {
	return &core.Event{Key: core.TopicKey{Endpoint: "e", Topic: topic}, Name: name, Data: []byte(`"` + name + `"`), Keep: keep}
}

func onceFor(name string) engine.AppendOptions {
	return engine.AppendOptions{Dedupe: &engine.Dedupe{Scope: "c", Key: name, Hash: [32]byte{1}}}
}

// historian publishes until it is killed, and tells what was answered.
func historian(path string) {
	e, err := local.Open(path, nobody{}, local.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go e.Run(context.Background())
	for w := range 16 {
		go func() {
			for i := 0; ; i++ {
				topic, keep := fmt.Sprint("always", w%3), keepAlways
				if w%4 == 0 {
					topic, keep = "batch", keepBatch
				}
				name := fmt.Sprintf("%d.%d.%d", os.Getpid(), w, i)
				placed, err := e.Append(context.Background(), []*core.Event{keeping(topic, name, keep)}, onceFor(name))
				if err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				// One write of a whole line: a kill leaves no half of it.
				fmt.Fprintf(os.Stdout, "%s %d %s %s\n", placed[0].Pos.Epoch, placed[0].Pos.Offset, topic, name)
			}
		}()
	}
	select {}
}

type told struct {
	pos         core.Position
	topic, name string
}

// killed runs a historian until it has told of n appends, and kills it.
func killed(t *testing.T, path string, n int) (all []told) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), historianPath+"="+path)
	out, err := cmd.StdoutPipe()
	is(t, err, nil)
	is(t, cmd.Start(), nil)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var x told
		if _, err := fmt.Sscan(lines.Text(), &x.pos.Epoch, &x.pos.Offset, &x.topic, &x.name); err != nil {
			t.Fatal(lines.Text())
		}
		if all = append(all, x); len(all) == n {
			is(t, cmd.Process.Kill(), nil) // what it told until now is read to the end
		}
	}
	_ = cmd.Wait()
	return all
}

// TestKillLosesNothingAnswered kills a process that publishes (SIGKILL),
// several times: what was answered on topics that are always synced is there,
// at its position, and a retry is told so; other topics have another epoch.
func TestKillLosesNothingAnswered(t *testing.T) {
	path := t.TempDir()
	epochs, lost := map[string]string{}, 0
	for round := range 3 {
		all := killed(t, path, 1500)
		e := open(t, path, nobody{}, local.Options{})
		at := map[string]core.Position{}
		kept := map[string][]*core.Event{}
		for _, topic := range []string{"always0", "always1", "always2", "batch"} {
			past, err := e.Read(background, core.TopicKey{Endpoint: "e", Topic: topic}, nil, 1<<20)
			if is(t, err, nil); !past.Whole || len(past.Events) != int(past.Head.Offset) {
				t.Fatalf("%s: %d events of %d", topic, len(past.Events), past.Head.Offset)
			}
			if topic != "batch" && epochs[topic] != "" && epochs[topic] != past.Head.Epoch {
				t.Fatalf("%s has another epoch in round %d", topic, round)
			}
			if topic == "batch" && epochs[topic] == past.Head.Epoch {
				t.Fatalf("%s has the same epoch in round %d", topic, round)
			}
			kept[topic], at[topic], epochs[topic] = past.Events, past.Head, past.Head.Epoch
		}
		for i, x := range all {
			if x.topic == "batch" {
				if x.pos.Epoch == at["batch"].Epoch {
					t.Fatal("a topic that may have lost something has the same epoch")
				}
				if x.pos.Offset > at["batch"].Offset {
					lost++
				}
				continue
			}
			if x.pos.Epoch != at[x.topic].Epoch || x.pos.Offset > at[x.topic].Offset || kept[x.topic][x.pos.Offset-1].Name != x.name {
				t.Fatalf("%+v was answered, and is not there: the head is %v", x, at[x.topic])
			}
			if i%10 > 0 {
				continue
			}
			again, err := e.Append(background, []*core.Event{keeping(x.topic, x.name, keepAlways)}, onceFor(x.name))
			if is(t, err, nil); again[0] != (engine.Placed{Pos: x.pos, Duplicate: true}) {
				t.Fatalf("%+v, sent again, was placed as %+v", x, again[0])
			}
			other := onceFor(x.name)
			other.Dedupe.Hash[0]++
			_, err = e.Append(background, []*core.Event{keeping(x.topic, "other", keepAlways)}, other)
			is(t, err, engine.ErrConflict)
		}
		for topic, head := range at {
			ev := keeping(topic, "after", keepAlways)
			if topic == "batch" {
				ev.Keep = keepBatch
			}
			_, err := e.Append(background, []*core.Event{ev}, engine.AppendOptions{})
			if is(t, err, nil); ev.Pos != (core.Position{Epoch: head.Epoch, Offset: head.Offset + 1}) {
				t.Fatalf("after %v comes %v", head, ev.Pos)
			}
		}
		shut(t, e)
	}
	t.Logf("%d events of a topic that is synced in batches were heard and lost", lost)
}
