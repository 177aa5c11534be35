package auth

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/driplet/driplet/core"
)

// DefaultUserClaim is the key of custom that names the user where a token has
// no sub and the endpoint no UserClaim.
const DefaultUserClaim = "uid"

// maxUserBytes bounds a user's name: it goes into frames, presence and logs.
const maxUserBytes = 255

// maxPatterns bounds the lists topics and publish of a token: each pattern is
// tried at a subscribe, and costs memory twenty times its text.
const maxPatterns = 500

// readClaims reads a payload whose signature was good.
func readClaims(payload []byte, userClaim string, now time.Time) (*core.Claims, error) {
	if err := core.CheckJSON(payload); err != nil {
		return nil, unauthorized(err)
	}
	if payload = bytes.TrimSpace(payload); payload[0] != '{' {
		return nil, core.Errorf(core.CodeUnauthorized, "the token's payload must be a JSON object")
	}
	var f payloadFields
	for key, value := range core.JSONMembers(payload) {
		if field := f.slot(key); field != nil {
			*field = value
		}
	}
	c := &core.Claims{}
	if err := readTimes(c, f.exp, f.nbf, now); err != nil {
		return nil, err
	}
	var err error
	if c.Attributes, err = core.ParseAttributes(f.custom); err != nil {
		return nil, unauthorized(err)
	}
	if len(c.Attributes) > 0 {
		if c.Custom, err = core.CompactJSON(make([]byte, 0, len(f.custom)), f.custom); err != nil {
			return nil, unauthorized(err)
		}
	}
	if c.User, err = readUser(c, f.sub, userClaim); err != nil {
		return nil, err
	}
	if c.Topics, err = readPatterns("topics", f.topics); err != nil {
		return nil, err
	}
	c.Publish, err = readPatterns("publish", f.publish)
	return c, err
}

// payloadFields are the claims that this server reads, as JSON; nil is absent.
type payloadFields struct {
	exp, nbf, custom, sub, topics, publish []byte
}

func (f *payloadFields) slot(key []byte) *[]byte {
	switch string(key) {
	case "exp":
		return &f.exp
	case "nbf":
		return &f.nbf
	case "custom":
		return &f.custom
	case "sub":
		return &f.sub
	case "topics":
		return &f.topics
	case "publish":
		return &f.publish
	}
	return nil
}

// readTimes checks exp and nbf, without leeway. iat, iss and aud are the
// issuer's own business.
func readTimes(c *core.Claims, exp, nbf []byte, now time.Time) error {
	if exp != nil {
		at, err := unixSeconds("exp", exp)
		if err != nil {
			return err
		}
		if late := now.Unix() - at; late >= 0 {
			return expired(late)
		}
		c.Expires = at
	}
	if nbf != nil {
		at, err := unixSeconds("nbf", nbf)
		if err != nil {
			return err
		}
		if early := at - now.Unix(); early > 0 {
			return core.Errorf(core.CodeUnauthorized, "the token is good only in %d s (nbf): synchronise clocks", early)
		}
	}
	return nil
}

// unixSeconds reads a NumericDate (RFC 7519, 2), which may have a fraction.
func unixSeconds(name string, raw []byte) (int64, error) {
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !(v >= 0 && v < millisecondsFrom) {
		return 0, core.Errorf(core.CodeUnauthorized, "the token's %s is %.40s: it must be a number of unix seconds", name, raw)
	}
	return int64(math.Floor(v)), nil
}

// readUser is sub, or else a key of custom, as text; "" is anonymous.
func readUser(c *core.Claims, sub []byte, userClaim string) (string, error) {
	user := ""
	if len(sub) > 0 && string(sub) != "null" {
		v, scalar, err := core.ParseValues(sub)
		if err != nil {
			return "", unauthorized(err)
		}
		if scalar && !v.List {
			user, scalar = v.Values[0].Text()
		}
		if !scalar || v.List {
			return "", core.Errorf(core.CodeUnauthorized, "the token's sub must be a string or a number")
		}
	}
	if user == "" {
		if userClaim == "" {
			userClaim = DefaultUserClaim
		}
		user, _ = c.Text(userClaim)
	}
	if user == "0" {
		return "", nil
	}
	if len(user) > maxUserBytes || hasControl(user) {
		return "", core.Errorf(core.CodeUnauthorized, "the token's user has %d bytes: the limit is %d, without control characters", len(user), maxUserBytes)
	}
	return user, nil
}

// readPatterns reads a list of patterns; absent, null and empty grant nothing.
func readPatterns(name string, raw []byte) ([]core.Pattern, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	v, ok, err := core.ParseValues(raw)
	if err != nil {
		return nil, unauthorized(err)
	}
	if !ok || !v.List {
		return nil, core.Errorf(core.CodeUnauthorized, "the token's %s must be a list of patterns", name)
	}
	if len(v.Values) > maxPatterns {
		return nil, core.Errorf(core.CodeUnauthorized, "the token's %s has %d patterns, the limit is %d", name, len(v.Values), maxPatterns)
	}
	if len(v.Values) == 0 {
		return nil, nil
	}
	out := make([]core.Pattern, 0, len(v.Values))
	for _, value := range v.Values {
		text, isText := value.Text()
		if !isText {
			return nil, core.Errorf(core.CodeUnauthorized, "the token's %s must be a list of patterns, which are strings", name)
		}
		p, err := core.ParsePattern(text)
		if err != nil {
			return nil, unauthorized(err)
		}
		out = append(out, p)
	}
	return out, nil
}

// unauthorized says of a fault in a token what the vocabulary says of faults
// anywhere.
func unauthorized(err error) error {
	return core.Errorf(core.CodeUnauthorized, "the token is refused: %s", core.AsError(err).Message)
}
