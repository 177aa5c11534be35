package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/driplet/driplet/plugins"
)

func TestPluginNew(t *testing.T) {
	for _, lang := range plugins.Languages() {
		dir := t.TempDir()
		r := execute(t, program(dir, nil, "plugin", "new", "--lang", lang, "quiz"))
		if r.code != 0 || r.out != "quiz is ready: quiz/README.md tells how to build and try it\n" {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", lang, r.code, r.out, r.err)
		}
		for _, file := range []string{"README.md", "quiz.toml"} {
			if _, err := os.Stat(filepath.Join(dir, "quiz", file)); err != nil {
				t.Errorf("%s: %v", lang, err)
			}
		}
		if r = execute(t, program(dir, nil, "plugin", "new", "-lang", lang, "quiz")); r.code != 1 || !strings.Contains(r.err, "quiz is not empty: choose a new folder") {
			t.Errorf("%s again: exit %d, stderr %q", lang, r.code, r.err)
		}
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "taken"), "")
	if r := execute(t, program(dir, nil, "plugin", "new", "-lang", "c", "taken")); r.code != 1 || r.err != "driplet: taken is a file: choose a new folder\n" {
		t.Errorf("%+v", r)
	}
	for args, want := range map[string]string{
		"":                     "it takes one name, not 0",
		"quiz":                 "choose a language with -lang: ",
		"-lang go a b":         "it takes one name, not 2",
		"-lang cobol quiz":     `no language "cobol": choose one of `,
		"-lang go ../Quiz":     `"../Quiz" is no name for a plugin`,
		"-lang go -dir x Quiz": `"Quiz" is no name for a plugin`,
	} {
		dir := t.TempDir()
		r := execute(t, program(dir, nil, append([]string{"plugin", "new"}, strings.Fields(args)...)...))
		if r.code != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("plugin new %s: exit %d, stderr %q", args, r.code, r.err)
		}
		if files, _ := os.ReadDir(dir); len(files) > 0 {
			t.Errorf("plugin new %s left %v", args, files)
		}
	}
}
