package core

import "testing"

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "4096": 4096, "12 B": 12, "64 KiB": 64 << 10, " 8mib ": 8 << 20, "2GiB": 2 << 30, "1 kb": 1000, "3 MB": 3e6, "1 GB": 1e9,
		"9223372036854775807": 1<<63 - 1,
	} {
		if got, ok := ParseSize(text); !ok || got != want {
			t.Errorf("%q: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "KiB", "-1", "-1 KiB", "1.5 MiB", "64 K", "64 KiBs", "0x10", "9223372036854775808", "9007199254740992 KiB"} {
		if got, ok := ParseSize(text); ok || got != 0 {
			t.Errorf("%q is %d", text, got)
		}
	}
}

// What is written is read as the same.
func TestFormatSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1000: "1000 B", 1 << 10: "1 KiB", 1<<10 + 1: "1025 B", 1536 << 10: "1536 KiB", 64 << 20: "64 MiB", 1 << 40: "1024 GiB"} {
		got := FormatSize(n)
		if back, ok := ParseSize(got); got != want || !ok || back != n {
			t.Errorf("%d is %q, which is %d", n, got, back)
		}
	}
}
