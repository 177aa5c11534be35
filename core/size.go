package core

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sizeUnits are the IEC's (IEC 80000-13) and SI's, the largest of each first; a
// bare K is neither.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}, {"", 1},
}

// ParseSize reads a number of bytes as configurations and manifests write it:
// "64 KiB", "1 GB", "4096". Letter case makes no difference. ok is false for
// what is no such number, or below 0, or over 63 bits.
func ParseSize(text string) (bytes int64, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, u := range sizeUnits {
		digits, found := strings.CutSuffix(text, strings.ToLower(u.name))
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/u.bytes {
			return 0, false
		}
		return n * u.bytes, true
	}
	return 0, false
}

// FormatSize writes a number of bytes for ParseSize, in the largest of the IEC's
// units that it is a whole number of.
func FormatSize(bytes int64) string {
	for _, u := range sizeUnits[:3] {
		if bytes >= u.bytes && bytes%u.bytes == 0 {
			return fmt.Sprintf("%d %s", bytes/u.bytes, u.name)
		}
	}
	return fmt.Sprintf("%d B", bytes)
}
