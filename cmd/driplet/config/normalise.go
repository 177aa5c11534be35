package config

import (
	"math"
	"strconv"
	"strings"
)

// normalise turns a value into the type that its key has: string, int64,
// float64, bool or []string. Text from outside is read as that type; a list
// there is separated by commas.
func (s shape) normalise(v any) (any, bool) {
	text, isOutside := v.(outside)
	switch s {
	case shapeText, shapeDuration:
		if isOutside {
			return string(text), true
		}
		out, ok := v.(string)
		return out, ok
	case shapeInteger:
		if isOutside {
			n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			return n, err == nil
		}
		n, ok := v.(int64)
		return n, ok
	case shapeNumber:
		return normaliseNumber(v)
	case shapeBool:
		if isOutside {
			b, err := strconv.ParseBool(strings.TrimSpace(string(text)))
			return b, err == nil
		}
		b, ok := v.(bool)
		return b, ok
	case shapeSize:
		if isOutside {
			return string(text), true
		}
		if n, ok := v.(int64); ok {
			return n, true
		}
		out, ok := v.(string)
		return out, ok
	case shapeTexts:
		return normaliseTexts(v)
	}
	return nil, false
}

func normaliseNumber(v any) (any, bool) {
	switch v := v.(type) {
	case outside:
		n, err := strconv.ParseFloat(strings.TrimSpace(string(v)), 64)
		return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return nil, false
}

func normaliseTexts(v any) (any, bool) {
	switch v := v.(type) {
	case outside:
		out := []string{}
		for part := range strings.SplitSeq(string(v), ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
		return out, true
	case list:
		out := make([]string, 0, len(v))
		for _, item := range v {
			s, ok := item.value.(string)
			if !ok {
				return nil, false
			}
			out = append(out, s)
		}
		return out, true
	}
	return nil, false
}
