package wire

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
)

func protocolText(t *testing.T) string {
	src, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func TestProtocolListsEveryCode(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([0-9]{3}) \\| (yes|no) \\|").FindAllStringSubmatch(protocolText(t), -1)
	listed := map[core.Code]bool{}
	for _, r := range rows {
		code := core.Code(r[1])
		listed[code] = true
		if got := strconv.Itoa(Status(code)); got != r[2] {
			t.Errorf("%s is HTTP %s, PROTOCOL.md says %s", code, got, r[2])
		}
		if got := core.Errorf(code, "x").Retry; got != (r[3] == "yes") {
			t.Errorf("%s: retry is %v, PROTOCOL.md says %s", code, got, r[3])
		}
	}
	for _, code := range []core.Code{
		core.CodeBadRequest, core.CodeUnauthorized, core.CodeExpired, core.CodeForbidden, core.CodeNotFound,
		core.CodeNoHandler, core.CodeConflict, core.CodeTooLarge, core.CodeRateLimited, core.CodeQuota,
		core.CodeTimeout, core.CodePluginFailed, core.CodeUnavailable, core.CodeInternal,
	} {
		if !listed[code] {
			t.Errorf("PROTOCOL.md does not list %s", code)
		}
	}
	if len(listed) != 14 {
		t.Errorf("PROTOCOL.md lists %d codes", len(listed))
	}
}

func TestProtocolListsEveryCloseCode(t *testing.T) {
	text := protocolText(t)
	for _, code := range []uint16{
		core.CloseGoingAway, core.CloseTooLarge, core.CloseExpired, core.CloseDisconnected, core.CloseTooSlow,
		core.CloseRateLimited, core.CloseProtocol, core.CloseUnauthorized, core.CloseNotFound, core.CloseOrigin,
	} {
		if !strings.Contains(text, "\n| "+strconv.Itoa(int(code))+" |") {
			t.Errorf("PROTOCOL.md does not list %d", code)
		}
	}
}

// TestProtocolExamples holds the examples of a client's frames to the decoder
// and all others to JSON.
func TestProtocolExamples(t *testing.T) {
	text := protocolText(t)
	_, fromClient, _ := strings.Cut(text, "## Version 2: frames from the client")
	fromClient, fromServer, _ := strings.Cut(fromClient, "## Version 2: frames from the server")
	examples := func(s string) (lines []string) {
		for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(s, -1) {
			lines = append(lines, strings.Split(strings.TrimSpace(block[1]), "\n")...)
		}
		if len(lines) == 0 {
			t.Fatal("no examples")
		}
		return lines
	}
	for _, line := range examples(fromClient) {
		if _, err := V2.Decode([]byte(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, line := range examples(fromServer) {
		checkJSON(t, []byte(line))
	}
}
