package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const guideOfPlugins = "../../plugins/README.md"

// commandSection is what the guide says of the author's commands.
func commandSection(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(guideOfPlugins)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## The author's commands\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if !found {
		t.Fatalf("%s has no section on the author's commands", guideOfPlugins)
	}
	return section
}

// commandListings are the listings of what the commands print: an event, and
// the words of failures.
func commandListings(t *testing.T) (out []string) {
	t.Helper()
	for _, m := range regexp.MustCompile("(?s)\n```\n(.*?)```\n").FindAllStringSubmatch(commandSection(t), -1) {
		out = append(out, m[1])
	}
	if len(out) != 2 {
		t.Fatalf("the section on the author's commands has %d listings: teach this test what the new one shows", len(out))
	}
	return out
}

// figures replaces what differs from run to run, and from build to build.
func figures(text string) string {
	for pattern, name := range map[string]string{
		`\(\d[\d.]*(µs|ms|s), fuel [\d,]+\)`: "(TIME, fuel FUEL)",
		`deadline of \d[\d.]*(ms|s)`:         "deadline of TIME", // plugin test grants more than a server
		`at a fuel of \d+`:                   "at a fuel of FUEL",
		`"at":\d+`:                           `"at":TIME`,
		`main\.go:\d+`:                       "main.go:LINE",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, name)
	}
	return text
}

// What the guide says that the commands print is what they print.
func TestGuideOfTheCommands(t *testing.T) {
	listings := commandListings(t)
	shown := func(r result, listing string) {
		t.Helper()
		for line := range strings.Lines(listing) {
			if !strings.Contains(figures(r.out+r.err), figures(strings.TrimSpace(line))) {
				t.Errorf("%s shows a line that is not printed:\n%s\nbut\n%s%s", guideOfPlugins, line, r.out, r.err)
			}
		}
	}
	chat := copyPlugin(t, "chat")
	writeFile(t, filepath.Join(chat, "cases", "guide.json"), `{"subscribed": {"chat.lobby": ["session-7"]}, "event": {"event": "chat.send", "data": {"room": "lobby", "text": "hi"}}}`)
	shown(inProcess(t, "plugin", "test", "-v", chat, "guide"), listings[0])

	// A plugin that fails in the first two ways, and one that lacks what it needs.
	failures := strings.SplitAfter(listings[1], "\n")
	if len(failures) != 4 {
		t.Fatalf("%d lines of failures", len(failures)-1)
	}
	quiz := newPlugin(t, "go")
	source, err := os.ReadFile(filepath.Join(quiz, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(quiz, "main.go"), strings.Replace(string(source), "func init() {\n", "func init() {\n\tdriplet.On(\"quiz.trap\", trap)\n\tdriplet.On(\"quiz.loop\", loop)\n", 1)+`
func trap(e *driplet.Event) (any, error) {
	var scores map[string]int
	scores[e.User]++
	return scores, nil
}

func loop(e *driplet.Event) (any, error) {
	for n := 0; ; n++ {
		if n < 0 {
			return n, nil
		}
	}
}
`)
	writeFile(t, filepath.Join(quiz, "cases", "fails.json"), `{"steps": [{"event": {"event": "quiz.trap"}, "expect": {"answer": 1}}, {"event": {"event": "quiz.loop"}, "expect": {"answer": 1}}]}`)
	if r := buildPlugin(t, quiz); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	shown(inProcess(t, "plugin", "test", quiz, "fails"), failures[0]+failures[1])
	moodle := copyPlugin(t, "moodle")
	manifest, err := os.ReadFile(filepath.Join(moodle, "moodle.toml"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(moodle, "moodle.toml"), regexp.MustCompile(`(?m)^http = .*$`).ReplaceAllString(string(manifest), ""))
	shown(inProcess(t, "plugin", "inspect", moodle), failures[2])
}

// The commands and flags that the guide names are there.
func TestGuideNamesCommands(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `driplet ((?:plugin )?[a-z]+)[^`]*` \\|(.*)\\|$").FindAllStringSubmatch(commandSection(t), -1)
	if len(rows) < 7 {
		t.Fatalf("%d rows of commands", len(rows))
	}
	for _, row := range rows {
		help := inProcess(t, append([]string{"help"}, strings.Fields(row[1])...)...)
		if help.code != 0 {
			t.Errorf("driplet %s: %+v", row[1], help)
		}
		for _, flag := range regexp.MustCompile("`(-[a-z]+)`").FindAllStringSubmatch(row[2], -1) {
			if !regexp.MustCompile(`(?m)^ +` + flag[1] + `\b`).MatchString(help.out) {
				t.Errorf("driplet %s has no flag %s:\n%s", row[1], flag[1], help.out)
			}
		}
	}
}
