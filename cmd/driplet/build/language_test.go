package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A plugin's language shows in its files.
func TestFind(t *testing.T) {
	for files, want := range map[string]string{
		"main.ts":                    "javascript main.ts",
		"main.mjs":                   "javascript main.mjs",
		"index.js":                   "javascript index.js",
		"quiz.ts":                    "javascript quiz.ts",
		"index.ts asconfig.json":     "assemblyscript index.ts",
		"index.ts main.ts":           "javascript main.ts",
		"main.go quiz.go":            "go main.go",
		"lib.rs":                     "rust lib.rs",
		"main.c helper.c":            "c main.c",
		"quiz.c":                     "c quiz.c",
		"other.c":                    "",
		"main.py":                    "",
		"main.ts/":                   "", // a folder
		"main.js asconfig.json":      "javascript main.js",
		"=other.ts other.ts main.go": "javascript other.ts",
		"=other.c other.c main.ts":   "c other.c",
		"=main.ts":                   "", // is not there
	} {
		dir := t.TempDir()
		o := &Options{Dir: dir, Name: "quiz"}
		for _, file := range strings.Fields(files) {
			switch {
			case file[0] == '=':
				o.File = file[1:]
			case strings.HasSuffix(file, "/"):
				if err := os.Mkdir(filepath.Join(dir, file), 0o700); err != nil {
					t.Fatal(err)
				}
			default:
				if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		got := ""
		if l, file, err := find(o); err == nil {
			got = l.name + " " + file
		}
		if got != want {
			t.Errorf("%s: %q, want %q", files, got, want)
		}
	}
}

// A plugin in Rust that does not say no_std gets the standard library.
func TestWantsStd(t *testing.T) {
	for source, want := range map[string]bool{"#![no_std]\nuse driplet::fail;\n": false, "//! A plugin.\n#![no_std]\n": false, "use std::fmt;\n": true} {
		b := &job{Options: Options{Dir: t.TempDir()}, Built: Built{File: "main.rs"}}
		if err := os.WriteFile(filepath.Join(b.Dir, "main.rs"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := b.wantsStd(); err != nil || got != want {
			t.Errorf("%q: %t, %v", source, got, err)
		}
	}
}
