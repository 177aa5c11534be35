package callback

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/driplet/driplet/core"
)

// parseAnswer reads what a backend answered: data for the caller (compact JSON,
// nil is null), or a refusal for it, or an error that tells the operator what
// is wrong with the answer.
func parseAnswer(status int, body []byte) (data []byte, refusal *core.Error, err error) {
	switch {
	case status == http.StatusNoContent:
		return nil, nil, nil
	case status != http.StatusOK:
		return nil, nil, &statusError{status, body}
	case len(body) > maxAnswerBytes:
		return nil, nil, fmt.Errorf("the answer has more than %d bytes", maxAnswerBytes)
	case len(bytes.TrimSpace(body)) == 0:
		return nil, nil, errors.New("the answer is empty: send JSON, null if there is nothing to say, or status 204")
	}
	if data, err = core.CompactJSON(nil, body); err != nil {
		return nil, nil, fmt.Errorf("the answer cannot be read: %s: %s", core.AsError(err).Message, excerpt(body))
	}
	fields := refusalFields(data)
	if fields == nil {
		return data, nil, nil
	}
	var code, message string
	if json.Unmarshal(fields["code"], &code) != nil || !validCode(core.Code(code)) {
		return nil, nil, fmt.Errorf("error.code is %.60s: it must be a code of Driplet's, or your own in the form \"chat.banned\"", fields["code"])
	}
	if json.Unmarshal(fields["message"], &message) != nil || message == "" {
		return nil, nil, errors.New("error.message is missing: it must be a text that tells the caller what to do")
	}
	refusal = core.Errorf(core.Code(code), "%s", message)
	if d := fields["data"]; d != nil && string(d) != "null" {
		refusal.Data = d
	}
	return nil, refusal, nil
}

// refusalFields are what stands in the answer's "error" if that is an object
// with a code; else the answer is data, and nil is returned.
func refusalFields(answer []byte) map[string]json.RawMessage {
	if answer[0] != '{' || !bytes.Contains(answer, []byte(`"error"`)) {
		return nil
	}
	var whole, fields map[string]json.RawMessage
	if json.Unmarshal(answer, &whole) != nil || json.Unmarshal(whole["error"], &fields) != nil || fields["code"] == nil {
		return nil
	}
	return fields
}

// ownCode is how a backend names codes of its own, as plugins do.
var ownCode = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}\.[a-z0-9][a-z0-9_-]{0,63}$`)

func validCode(c core.Code) bool { return c.Shared() || ownCode.MatchString(string(c)) }

// statusError is an answer other than 200.
type statusError struct {
	status int
	body   []byte
}

// Error shows the operator the answer's beginning.
func (e *statusError) Error() string {
	if e.status == http.StatusUnauthorized {
		return fmt.Sprintf("the answer was HTTP 401, so the backend may hold another APISecret or another clock: %s", excerpt(e.body))
	}
	return fmt.Sprintf("the answer was HTTP %d: %s", e.status, excerpt(e.body))
}

func excerpt(body []byte) string { return fmt.Sprintf("%.300q", body) }
