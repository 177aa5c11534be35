package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// language is how plugins in one language look, and are built.
type language struct {
	name       string
	mark       string   // a file that only this language's plugins have, for endings that two share
	extensions []string // of the main file
	mains      []string // its names without ending, the first that is there; NAME is the plugin's
	build      func(*job, context.Context) error
}

func languages() []language {
	return []language{
		{"assemblyscript", asConfig, []string{".ts"}, []string{"index"}, (*job).assemblyscript},
		{"javascript", "", []string{".ts", ".mts", ".js", ".mjs"}, []string{"main", "index", "NAME"}, (*job).javascript},
		{"go", "", []string{".go"}, []string{"main", "NAME"}, (*job).golang},
		{"rust", "", []string{".rs"}, []string{"main", "lib", "NAME"}, (*job).rust},
		{"c", "", []string{".c"}, []string{"main", "NAME"}, (*job).c},
	}
}

// Knows reports whether Run would find the source of the plugin name in dir.
func Knows(dir, name string) bool {
	_, _, err := find(&Options{Dir: dir, Name: name})
	return err == nil
}

// find tells the language of a plugin, and its main file.
func find(o *Options) (*language, string, error) {
	there := func(file string) bool {
		info, err := os.Stat(filepath.Join(o.Dir, file))
		return err == nil && info.Mode().IsRegular()
	}
	var known []string
	for _, l := range languages() {
		if l.mark != "" && !there(l.mark) {
			continue
		}
		if o.File != "" {
			if slices.Contains(l.extensions, filepath.Ext(o.File)) {
				if !there(o.File) {
					return nil, "", fmt.Errorf("there is no file %s", filepath.Join(o.Dir, o.File))
				}
				return &l, o.File, nil
			}
			continue
		}
		for _, name := range l.mains {
			for _, ext := range l.extensions {
				file := strings.ReplaceAll(name, "NAME", o.Name) + ext
				if there(file) {
					return &l, file, nil
				}
			}
		}
		known = append(known, l.mains[0]+l.extensions[0])
	}
	if o.File != "" {
		return nil, "", fmt.Errorf("%s: plugins are built from files that end in .ts, .js, .go, .rs and .c", o.File)
	}
	return nil, "", fmt.Errorf("%s holds no source of a plugin that is known: it needs one of %s; or name the file", o.Dir, strings.Join(known, ", "))
}
