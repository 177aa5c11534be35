package main

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestPluginRoutes(t *testing.T) {
	plugins := t.TempDir()
	put := func(name, manifest string) {
		writeFile(t, filepath.Join(plugins, name+".toml"), "name = \""+name+"\"\nversion = \"1.0\"\nabi = 1\n"+manifest)
		writeFile(t, filepath.Join(plugins, name+".wasm"), string(answering(name)))
	}
	put("all", "events = [\"*\"]\ntimers = { sweep = \"every 10m\" }\n")
	put("room", "events = [\"room.*\", \"room.admin.*\"]\ntopics = [\"room.*\"]\nhooks = [\"subscribe\", \"connect\", \"http\"]\norder = 2\n")
	put("early", "events = [\"early.go\"]\ntopics = [\"room.vip\"]\nhooks = [\"subscribe\"]\norder = 1\n")
	config := filepath.Join(write(t, "[Global]\nPluginDir = "+strconv.Quote(plugins)+"\n"+minimal+`
[[Endpoints.default.Callbacks]]
Match = "room.admin.kick*"
URL = "https://shop.example/kick"
[[Endpoints.default.Callbacks]]
Match = "mod_*"
URL = "https://shop.example/event"
[Endpoints.shop]
APISecret = "x-0123456789abcdef"
JWTSecret = "y-0123456789abcdef"
Plugins = ["room"]
[[Endpoints.shop.Callbacks]]
Match = "mod_*"
URL = "https://shop.example/event"
[Endpoints.mute]
APISecret = "v-0123456789abcdef"
JWTSecret = "w-0123456789abcdef"
Plugins = []
`), "config.toml")
	routes := func(args ...string) result {
		t.Helper()
		return inProcess(t, append([]string{"plugin", "routes", "-config", config}, args...)...)
	}
	want := `ENDPOINT  KIND       PATTERN           GOES TO                              VERSION
default   event      room.admin.*      room                                 1.0
default   event      early.go          early                                1.0
default   event      room.*            room                                 1.0
default   event      *                 all                                  1.0
default   event      room.admin.kick*  callback https://shop.example/kick   
default   event      mod_*             callback https://shop.example/event  
default   connect    -                 room                                 1.0
default   subscribe  room.vip          early                                1.0
default   subscribe  room.*            room                                 1.0
default   http       /hook/default/room  room                               1.0
default   timer      sweep, every 10m0s  all                                  1.0
shop      event      room.admin.*      room                                 1.0
shop      event      room.*            room                                 1.0
shop      event      mod_*             callback https://shop.example/event  
shop      connect    -                 room                                 1.0
shop      subscribe  room.*            room                                 1.0
shop      http       /hook/shop/room   room                                 1.0
mute      -          -                 nothing                              
`
	r := routes()
	squeeze := regexp.MustCompile(` +`)
	if squeeze.ReplaceAllString(r.out, " ") != squeeze.ReplaceAllString(want, " ") || r.code != 0 {
		t.Errorf("exit %d, stderr %q, stdout\n%s", r.code, r.err, r.out)
	}
	for event, want := range map[string]string{
		"room.admin.kick": `shop: "room.admin.kick" goes to the plugin room 1.0 by "room.admin.*": the longest literal text before its first * of the patterns that fit
  not to the plugin room 1.0 by "room.*"
`,
		"mod_quiz":   "shop: \"mod_quiz\" goes to the callback https://shop.example/event by \"mod_*\": the only pattern that fits\n",
		"early.gone": "shop: \"early.gone\" goes nowhere: no pattern of a plugin or a callback fits; a client that sends it gets no_handler\n",
	} {
		if r := routes("-endpoint", "shop", event); r.code != 0 || r.out != want {
			t.Errorf("%s: exit %d, stderr %q, stdout %q", event, r.code, r.err, r.out)
		}
	}
	if r := routes("mod_quiz"); !strings.HasPrefix(r.out, `default: "mod_quiz" goes to the plugin all 1.0 by "*": plugins come before callbacks
  not to the callback https://shop.example/event by "mod_*"
shop: `) {
		t.Errorf("stdout %q", r.out)
	}
	put("rival", "events = [\"room.*\"]\n")
	if r := routes(); r.code != 1 || !strings.Contains(r.err, "equally specific on endpoint default") {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
	for args, want := range map[string]string{"-endpoint none": "has no endpoint 'none'", "a b": "it takes one event, not 2"} {
		if r := routes(strings.Fields(args)...); r.code != 2 || !strings.Contains(r.err, want) {
			t.Errorf("%s: exit %d, stderr %q", args, r.code, r.err)
		}
	}
}
