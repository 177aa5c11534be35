package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPluginInspect(t *testing.T) {
	dir := copyPlugin(t, "chat")
	wasm := filepath.Join(dir, "chat.wasm")
	for _, arg := range []string{dir, wasm, filepath.Join(dir, "chat.toml")} {
		r := inProcess(t, "plugin", "inspect", arg)
		for _, want := range []string{
			"file       " + wasm + ", ", "language   AssemblyScript\n", "all with names", "exports    dr_abi ", "the server's limit 16 MiB",
			"imports    env.abort\n", "publish        needs publish, granted: chat.*\n", "kv_get         needs kv, granted: 64 MiB\n",
			"subscribed     needs subscribe or presence, granted: chat.*\n", "loads      yes, in ",
		} {
			if !strings.Contains(r.out, want) {
				t.Errorf("%s: missing %q in\n%s", arg, want, r.out)
			}
		}
		if r.code != 0 || r.err != "" {
			t.Errorf("%+v", r)
		}
	}

	// What is not granted shows with every import that needs it.
	manifest, err := os.ReadFile(filepath.Join(dir, "chat.toml"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "chat.toml"), strings.ReplaceAll(string(manifest), "\nkv = ", "\n# kv = "))
	r := inProcess(t, "plugin", "inspect", dir)
	if r.code != 1 || strings.Count(r.out, `chat.toml grants no "kv": add kv = "8 MiB" under [capabilities], or remove the call`) != 7 || !strings.Contains(r.out, "loads      NO: chat 1.0.0: imports kv_") {
		t.Errorf("%+v", r)
	}

	if !strings.Contains(r.out, "imports kv_incr, ") || !strings.Contains(r.out, "or remove the call (in chat/messages/send)\n") {
		t.Errorf("the handler is not named: %s", r.out)
	}

	lone := filepath.Join(t.TempDir(), "lone.wasm")
	if err := os.Rename(wasm, lone); err != nil {
		t.Fatal(err)
	}
	r = inProcess(t, "plugin", "inspect", "-json", lone)
	var got struct {
		Size, Code, Functions, Named int
		Imports                      []struct{ Module, Name, Type, Needs, Granted, Fault string }
		Fault                        string
	}
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.code != 0 || got.Size < 10_000 || got.Code > got.Size || got.Named != got.Functions || got.Fault != "" {
		t.Errorf("%v, %+v", err, r)
	}
	for _, i := range got.Imports {
		if i.Name == "kv_get" && (i.Type != "(i32 i32 i32 i32) -> i32" || i.Needs != "kv" || i.Granted != "" || i.Fault != "") {
			t.Errorf("%+v", i)
		}
	}

	writeFile(t, lone, "\x00asm\x01\x00\x00\x00\x0c\x09\x01")
	for _, c := range []struct {
		arg  string
		code int
		want string
	}{
		{lone, 1, "loads      NO: it ends too early"},
		{filepath.Join(dir, "none.wasm"), 2, "none.wasm: build the plugin first, or name its folder"},
		{dir, 1, "chat.wasm is not there: build it with driplet plugin build\n"},
	} {
		if r := inProcess(t, "plugin", "inspect", c.arg); r.code != c.code || !strings.Contains(r.out+r.err, c.want) {
			t.Errorf("%s: %+v", c.arg, r)
		}
	}
}
