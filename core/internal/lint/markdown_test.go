package lint

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// Every link of the project's Markdown to one of its files leads there, and a
// link to a heading to one that exists. What is on the web is not asked.
func TestLinks(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "vendor"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".md":
			return nil
		}
		files++
		for _, fault := range deadLinks(t, file) {
			rel, _ := filepath.Rel(root, file)
			t.Errorf("%s: %s", rel, fault)
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Errorf("%d files of Markdown, %v", files, err)
	}
}

var (
	fences   = regexp.MustCompile("(?ms)^```.*?^```$")
	links    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headings = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

func deadLinks(t *testing.T, file string) (faults []string) {
	t.Helper()
	for _, m := range links.FindAllStringSubmatch(fences.ReplaceAllString(readText(t, file), ""), -1) {
		path, anchor, _ := strings.Cut(m[1], "#")
		if strings.Contains(path, "://") {
			continue
		}
		to := filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
		if path == "" {
			to = file
		}
		if _, err := os.Stat(to); err != nil {
			faults = append(faults, m[1]+" leads nowhere")
		} else if anchor != "" && !hasHeading(readText(t, to), anchor) {
			faults = append(faults, m[1]+" names no heading there")
		}
	}
	return faults
}

// hasHeading makes anchors as GitHub does: lower case, without punctuation,
// with dashes for spaces.
func hasHeading(text, anchor string) bool {
	for _, m := range headings.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
		made := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])
		if made == anchor {
			return true
		}
	}
	return false
}

func readText(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestDeadLinks(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.md": "[x](b.md) [x](b.md#two-words) [x](https://example.com/none) [x](#one)\n# One\n",
		"b.md": "[x](c.md) [x](a.md#two) [x](#three)\n## Two, `words`\n```\n[x](none.md)\n```\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := deadLinks(t, filepath.Join(dir, "a.md")); len(got) > 0 {
		t.Errorf("a.md: %q", got)
	}
	if got := strings.Join(deadLinks(t, filepath.Join(dir, "b.md")), ", "); got != "c.md leads nowhere, a.md#two names no heading there, #three names no heading there" {
		t.Errorf("b.md: %q", got)
	}
}
