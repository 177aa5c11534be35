package wire

import (
	"testing"

	"github.com/driplet/driplet/core"
)

func TestAppendHTTPError(t *testing.T) {
	refused := core.Errorf(core.CodeUnauthorized, "timestamp is 340 s behind this server: synchronise clocks").WithReason(core.ReasonClockSkew)
	for _, c := range []struct {
		err  *core.Error
		want string
	}{
		{refused, `{"error":{"code":"unauthorized","message":"timestamp is 340 s behind this server: synchronise clocks","reason":"clock_skew","retry":false}}`},
		{core.Errorf(core.CodeRateLimited, "a \"b\"\n\xff"), `{"error":{"code":"rate_limited","message":"a \"b\"\n` + "\uFFFD" + `","retry":true}}`},
		{&core.Error{Code: "chat.banned", Message: "no", Data: []byte(`{}`)}, `{"error":{"code":"chat.banned","message":"no","retry":false,"data":{}}}`},
		{nil, `{"error":{"code":"internal","message":"the server failed to handle this; its log says why","retry":true}}`},
	} {
		if got := string(AppendHTTPError(nil, c.err)); got != c.want {
			t.Errorf("\n got %s\nwant %s", got, c.want)
		}
	}
}

func TestStatus(t *testing.T) {
	for code, want := range map[core.Code]int{
		core.CodeBadRequest: 400, core.CodeUnauthorized: 401, core.CodeExpired: 401, core.CodeForbidden: 403,
		core.CodeNotFound: 404, core.CodeNoHandler: 404, core.CodeConflict: 409, core.CodeTooLarge: 413,
		core.CodeRateLimited: 429, core.CodeQuota: 403, core.CodeTimeout: 504, core.CodePluginFailed: 502,
		core.CodeUnavailable: 503, core.CodeInternal: 500, "chat.banned": 422, "": 500, "unheard_of": 500,
	} {
		if got := Status(code); got != want {
			t.Errorf("%q is %d, want %d", code, got, want)
		}
	}
}
