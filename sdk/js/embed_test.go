package sdkjs

import (
	"io/fs"
	"strings"
	"testing"
)

func TestFilesHoldsBothBuilds(t *testing.T) {
	for _, name := range []string{"driplet.mjs", "driplet.js"} {
		b, err := fs.ReadFile(Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(b), "/*! Driplet ") {
			t.Errorf("%s starts with %.40q", name, b)
		}
	}
	entries, err := fs.ReadDir(Files(), ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("%d files are served, want 2", len(entries))
	}
}
