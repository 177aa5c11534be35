package plugins

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// language is what a new plugin in one language is made of.
type language struct {
	name      string
	library   embed.FS // the guest library, copied into the plugin's folder driplet
	folder    string   // where it lies in library
	templates string   // folder of templates; their suffix .tmpl is cut off
	extension string   // of the main file, where the templates leave it open
}

func languages() []language {
	return []language{
		{"assemblyscript", assemblyscriptLibrary, "pdk/assemblyscript/driplet", "templates/assemblyscript", ""},
		{"c", cLibrary, "pdk/c/driplet", "templates/c", ""},
		{"go", goLibrary, "pdk/go", "templates/go", ""},
		{"javascript", javascriptLibrary, "pdk/javascript/driplet", "templates/javascript", "js"},
		{"rust", rustLibrary, "pdk/rust/driplet", "templates/rust", ""},
		{"typescript", javascriptLibrary, "pdk/javascript/driplet", "templates/javascript", "ts"},
	}
}

// short are other names of languages.
var short = map[string]string{"js": "javascript", "ts": "typescript", "as": "assemblyscript"}

// Languages lists what Scaffold knows.
func Languages() []string {
	var names []string
	for _, l := range languages() {
		names = append(names, l.name)
	}
	return names
}

// CheckScaffold says what is wrong with a language or a name for Scaffold.
func CheckScaffold(lang, name string) error {
	if !slices.Contains(Languages(), lang) && short[lang] == "" {
		return fmt.Errorf("no language %q: choose one of %s", lang, strings.Join(Languages(), ", "))
	}
	if !validName(name) {
		return fmt.Errorf("%q is no name for a plugin: use 1 to 32 of a-z, 0-9, _ and -, beginning with a letter", name)
	}
	return nil
}

// Scaffold writes a new plugin into dir, which must not exist or be empty: its
// manifest, source, guest library, a test case, and a README that tells how to
// build it. It needs no network, and the library always fits this binary's host.
// name is 1 to 32 of a-z 0-9 _ - and begins with a letter.
func Scaffold(dir, lang, name string) error {
	if err := CheckScaffold(lang, name); err != nil {
		return err
	}
	if long, ok := short[lang]; ok {
		lang = long
	}
	i := slices.IndexFunc(languages(), func(l language) bool { return l.name == lang })
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file: choose a new folder", dir)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: choose a new folder", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l := languages()[i]
	if err := WriteLibrary(filepath.Join(dir, "driplet"), l.name); err != nil {
		return err
	}
	return copyTree(dir, templates, l.templates, strings.NewReplacer("{{name}}", name, "{{ext}}", l.extension).Replace)
}

// WriteLibrary writes the guest library of a language into dir.
func WriteLibrary(dir, lang string) error {
	for _, l := range languages() {
		if l.name == lang {
			if err := copyTree(dir, l.library, l.folder, func(text string) string { return text }); err != nil {
				return err
			}
			return l.writeReference(dir)
		}
	}
	return fmt.Errorf("no language %q: choose one of %s", lang, strings.Join(Languages(), ", "))
}

// elsewhere finds links to what a new plugin does not have beside it.
var elsewhere = regexp.MustCompile(`\[([^]]*)\]\(\.\./[^)]*\)`)

// writeReference writes the library's README beside it, as far as it is about
// using it.
func (l language) writeReference(dir string) error {
	folder := strings.TrimSuffix(l.folder, "/driplet")
	text, err := references.ReadFile(folder + "/README.md")
	if err != nil {
		return err
	}
	about, _, _ := strings.Cut(string(text), "\n`conformance/` is the guest")
	about = strings.ReplaceAll(elsewhere.ReplaceAllString(about, "$1"), "](driplet/", "](")
	return os.WriteFile(filepath.Join(dir, "README.md"), []byte(about), 0o644)
}

// copyTree writes the files below folder into dir; edit changes paths and texts.
func copyTree(dir string, from fs.FS, folder string, edit func(string) string) error {
	return fs.WalkDir(from, folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, file)
		if err != nil {
			return err
		}
		rest := strings.TrimSuffix(strings.TrimPrefix(file, folder+"/"), ".tmpl")
		to := filepath.Join(dir, filepath.FromSlash(edit(rest)))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if path.Ext(rest) == ".sh" {
			mode = 0o755
		}
		return os.WriteFile(to, []byte(edit(string(text))), mode)
	})
}

// validName is the rule of manifests for names of plugins.
func validName(name string) bool {
	if name == "" || len(name) > 32 || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}
