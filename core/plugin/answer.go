package plugin

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/driplet/driplet/core"
)

// shared are the codes that a plugin may use besides its own.
var shared = map[core.Code]bool{
	core.CodeBadRequest: true, core.CodeUnauthorized: true, core.CodeExpired: true, core.CodeForbidden: true,
	core.CodeNotFound: true, core.CodeNoHandler: true, core.CodeConflict: true, core.CodeTooLarge: true,
	core.CodeRateLimited: true, core.CodeQuota: true, core.CodeTimeout: true, core.CodePluginFailed: true,
	core.CodeUnavailable: true, core.CodeInternal: true,
}

// parseRefusal reads the JSON of a refusal by the plugin of that name. The
// error tells the plugin's author what is wrong with it.
func parseRefusal(plugin string, src []byte) (*core.Error, error) {
	var r struct {
		Code    string          `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if valid, _ := jsonText(src); !valid {
		return nil, fmt.Errorf("its refusal is not JSON: %.80q", src)
	}
	if err := json.Unmarshal(src, &r); err != nil {
		return nil, fmt.Errorf("its refusal is not {\"code\",\"message\",\"data\"?}: %.80q", src)
	}
	if !shared[core.Code(r.Code)] && !ownCode(plugin, r.Code) {
		return nil, fmt.Errorf("it refuses with the code %.80q: use one of the shared codes or %q", r.Code, plugin+".<name>")
	}
	if len(r.Message) > MaxRefusal {
		r.Message = strings.ToValidUTF8(r.Message[:MaxRefusal], "")
	}
	e := core.Errorf(core.Code(r.Code), "%s", r.Message)
	if len(r.Data) > 0 {
		data, ok := copyJSON(r.Data)
		if !ok {
			return nil, fmt.Errorf("its refusal's data is not JSON that can be passed on")
		}
		e.Data = data
	}
	return e, nil
}

// ownCode checks "<plugin>.<name>".
func ownCode(plugin, code string) bool {
	name, ok := strings.CutPrefix(code, plugin+".")
	if !ok || name == "" || len(code) > 64 {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// parseVerdict reads the answer of a connect or subscribe hook: consent, with
// the member's info or nil, or a refusal, or an error for the plugin's author.
func parseVerdict(kind Kind, src []byte) (info []byte, refusal *core.Error, err error) {
	switch string(src) {
	case "", "null", "true":
		return nil, nil, nil
	case "false":
		return nil, core.Errorf(core.CodeForbidden, "refused"), nil
	}
	bad := fmt.Errorf("its %s hook answers %.80q: answer nothing, true, false or a refusal", kind, src)
	if kind != KindSubscribe {
		return nil, nil, bad
	}
	var v map[string]json.RawMessage
	if valid, _ := jsonText(src); !valid || json.Unmarshal(src, &v) != nil || len(v) != 1 || v["info"] == nil {
		return nil, nil, fmt.Errorf("%w, or {\"info\":…}", bad)
	}
	info, _ = copyJSON(v["info"])
	if len(info) > MaxInfo {
		return nil, nil, fmt.Errorf("its info has %d bytes, the limit is %d", len(info), MaxInfo)
	}
	return info, nil, nil
}
