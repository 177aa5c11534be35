//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the repository's.
const root = "../.."

// block is one fenced block of README.md. info is the word behind the fence.
type block struct {
	line       int
	info, text string
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)\n```$")

func readReadme(t *testing.T) (text string, blocks []block) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text = string(data)
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		blocks = append(blocks, block{strings.Count(text[:m[0]], "\n") + 1, text[m[2]:m[3]], text[m[4]:m[5]]})
	}
	if fences := strings.Count("\n"+text, "\n```"); fences != 2*len(blocks) {
		t.Fatalf("README.md has %d fences, but %d blocks with a language: each has one, so that it can be run", fences, len(blocks))
	}
	return text, blocks
}

// Every example of README.md runs, one after the other, as a reader would go
// through them: shell blocks in a shell, files in the folder of the tour, pages
// in Chromium. Only the ports differ, as those may be taken.
func TestReadme(t *testing.T) {
	_, blocks := readReadme(t)
	r := newReader(t)
	listening := `client.isConnected() && client.subscribe("news").ready.then(() => true)`
	// What a reader sees after a block, by the block's last line.
	see := map[string]func(){
		"php -S 127.0.0.1:8080 >php.log 2>&1 &": func() {
			r.awaitSite()
			r.browser.open("news", r.site+"/")
			r.browser.until("news", listening)
		},
		"php push.php": func() {
			r.browser.until("news", shown("For editors"))
		},
		`driplet publish -topic news -include roles=editor -exclude uid=7 '{"text":"For other editors"}'`: func() {
			r.aside(`driplet publish -topic news '{"text":"For all"}'`)
			r.browser.until("news", shown("For editors", "For all"))
		},
		"driplet serve, again": func() {
			r.browser.open("greeter", r.site+"/greeter.html")
			r.browser.until("greeter", `document.body.innerText.trim().split(/\s*\n\s*/).join() === "7 said hello,as number 1"`)
			r.browser.until("news", listening)
			r.aside("php push.php")
			r.browser.until("news", shown("For editors", "For all", "For editors"))
		},
	}
	ran := map[string]bool{}
	for _, b := range blocks {
		r.run(b)
		key := b.text[strings.LastIndex(b.text, "\n")+1:]
		if ran[key] {
			key += ", again"
		}
		ran[key] = true
		if look := see[key]; look != nil {
			look()
			delete(see, key)
		}
	}
	for key := range see {
		t.Errorf("README.md has no block any more that ends in %q", key)
	}
	r.allUsed()
}

// shown is true in index.html when its list is exactly this.
func shown(items ...string) string {
	return `Array.from(document.querySelectorAll("#news li"), (li) => li.textContent).join("|") === "` + strings.Join(items, "|") + `"`
}

// The limits that README.md tells are those of the configuration.
func TestReadmeLimits(t *testing.T) {
	text, _ := readReadme(t)
	check := execute(t, program(write(t, minimal), nil, "config", "check")).out
	rows := regexp.MustCompile("(?m)^\\|.*\\| `([A-Z][A-Za-z]+ = [^`]+)` \\|$").FindAllStringSubmatch(text, -1)
	if len(rows) < 6 {
		t.Errorf("README.md tells %d limits with their keys, not 6", len(rows))
	}
	for _, row := range rows {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(row[1]) + ` +# default\b`).MatchString(check) {
			t.Errorf("README.md tells %q, which is no default of the configuration", row[1])
		}
	}
}

// go install takes the module by its address only without replacements.
func TestInstallable(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`(?m)^replace\b`).Match(mod) {
		t.Error("go.mod has a replace directive: go install refuses it")
	}
	if !strings.HasPrefix(string(mod), "module github.com/driplet/driplet\n") {
		t.Error("go.mod names another module than README.md")
	}
}
