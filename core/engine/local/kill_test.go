package local_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine/local"
)

const victimPath = "DRIPLET_TEST_VICTIM_PATH"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimPath); path != "" {
		victim(path)
		return
	}
	if path := os.Getenv(historianPath); path != "" {
		historian(path)
	}
	os.Exit(m.Run())
}

// victim writes until it is killed, and tells what has reached the disk.
func victim(path string) {
	e, err := local.Open(path, nobody{}, local.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go e.Run(context.Background())
	kv := e.KV("n", 8<<20)
	for i := 1; ; i++ {
		n := []byte(strconv.Itoa(i))
		writes := []core.Write{{Key: "a", Value: n}, {Key: "b", Value: n}, {Key: fmt.Sprintf("c%05d", i%2000), Value: make([]byte, i%300)}}
		if err := kv.Apply(context.Background(), writes); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if i%1000 == 0 {
			local.Tick(e)
			fmt.Println(i)
		}
	}
}

// TestKill kills a process that writes (SIGKILL), several times: the store
// opens again, every call is whole, and what was synced is there.
func TestKill(t *testing.T) {
	path := t.TempDir()
	for range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), victimPath+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines, synced := bufio.NewScanner(out), 0
		for synced < 5000 && lines.Scan() {
			if synced, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(lines.Text())
			}
			if synced == 3000 { // meanwhile the folder is taken
				refused(t, path, "is another driplet running on it?")
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()

		e := open(t, path, nobody{}, local.Options{})
		kv := e.KV("n", 8<<20)
		a, _, err := kv.Get(background, "a")
		is(t, err, nil)
		b, _, err := kv.Get(background, "b")
		is(t, err, nil)
		if n, _ := strconv.Atoi(string(a)); string(a) != string(b) || n < synced {
			t.Fatalf("after the kill a is %s, b is %s; %d was synced", a, b, synced)
		}
		pairs, err := kv.Scan(background, "c", core.ScanOptions{Limit: 5000})
		if is(t, err, nil); len(pairs) != 2000 {
			t.Fatalf("%d pairs, want 2000", len(pairs))
		}
		shut(t, e)
	}
}
