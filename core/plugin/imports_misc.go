package plugin

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"strconv"
	"strings"
)

// timerSet is timer_set(name, at, state).
func (in *instance) timerSet(s []uint64) (int64, error) {
	if in.full(OpTimer, s[4]) {
		return 0, ErrnoLimit
	}
	name, err := in.text(s[0], s[1], MaxTimerName)
	if err != nil || !validTimerName(name) || int64(s[2]) < 0 {
		return 0, ErrnoBadArgument
	}
	state, err := in.bytes(s[3], s[4], MaxState)
	if err != nil {
		return 0, err
	}
	if in.b.timers.full(name) && s[2] != 0 {
		return 0, ErrnoLimit
	}
	e, err := in.effect(OpTimer, len(name)+len(state))
	if err != nil {
		return 0, err
	}
	e.Name, e.At, e.State = name, int64(s[2]), state
	return 0, nil
}

// log(level, text).
func (in *instance) log(s []uint64) (int64, error) {
	b, err := in.span(s[1], s[2])
	if err != nil {
		return 0, err
	}
	levels := [...]slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
	if uint32(s[0]) >= uint32(len(levels)) {
		return 0, ErrnoBadArgument
	}
	if in.logLines == MaxLogLines {
		return 0, ErrnoLimit
	}
	in.logLines++
	in.logged(levels[uint32(s[0])], b)
	if uint32(s[0]) == 3 {
		in.cried = len(in.lines)
	}
	return 0, nil
}

// logged writes one line of the guest's to the log and to the trace.
func (in *instance) logged(level slog.Level, line []byte) {
	text := strings.ToValidUTF8(string(line[:min(len(line), MaxLogText)]), "\uFFFD")
	in.b.logger().Log(in.b.host.background, level, text, "event", in.name, "kind", in.kind.String())
	in.lines = append(in.lines, text) // of a failure they are kept, whoever looks
}

// metric(name, value).
func (in *instance) metric(s []uint64) (int64, error) {
	name, err := in.text(s[0], s[1], 64)
	if err != nil || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return 0, ErrnoBadArgument
	}
	if !in.b.counters.admit(name) {
		return 0, ErrnoLimit
	}
	if m := in.b.host.Meter; m != nil {
		m.Counted(in.b.Name, in.b.endpoint.Name, name, int64(s[2]))
	}
	return 0, nil
}

// configGet is config_get(path, out).
func (in *instance) configGet(s []uint64) (int64, error) {
	path, err := in.path(s[0], s[1])
	if err != nil {
		return 0, err
	}
	in.charge(len(in.b.config) >> 6)
	value, err := jsonFind(in, in.b.config, string(path))
	if err != nil {
		return 0, err
	}
	return in.outValue(s[2], s[3], value)
}

// jsonGet is json_get(json, path, out).
func (in *instance) jsonGet(s []uint64) (int64, error) {
	if uint32(s[1]) > MaxJSON {
		return 0, ErrnoBadArgument
	}
	src, err := in.span(s[0], s[1])
	if err != nil {
		return 0, err
	}
	path, err := in.path(s[2], s[3])
	if err != nil {
		return 0, err
	}
	in.charge(len(src) >> 6)
	if bytes.Equal(src, in.data) {
		value, err := in.lookup(path)
		if err != nil {
			return 0, err
		}
		return in.outValue(s[4], s[5], value)
	}
	value, err := jsonFind(in, src, string(path))
	if err != nil {
		return 0, err
	}
	// In between, since the result may lie where the guest's text does.
	result := appendTyped(in.scratchFor(len(value)+1), value)
	in.lend(result)
	return in.out(s[4], s[5], result)
}

func (in *instance) path(ptr, length uint64) ([]byte, error) {
	b, err := in.span(ptr, length)
	if err != nil || len(b) > MaxPath {
		return nil, ErrnoBadArgument
	}
	return b, nil
}

// outValue writes a JSON value of the host's to the guest's buffer, as json_get
// returns it: at once where it certainly fits.
func (in *instance) outValue(ptr, capacity uint64, value []byte) (int64, error) {
	if most := uint32(len(value) + 1); most <= uint32(capacity) {
		if view, ok := in.mem.Read(uint32(ptr), most); ok {
			in.charge(int(most >> 10))
			return int64(len(appendTyped(view[:0], value))), nil
		}
	}
	result := appendTyped(in.scratch[:0], value)
	in.lend(result)
	return in.out(ptr, capacity, result)
}

// now().
func (in *instance) now([]uint64) (int64, error) {
	ms := in.b.host.Now().UnixMilli()
	if in.noting() && !in.told {
		in.told = true
		in.read(Read{Op: "now", Found: true, Value: strconv.AppendInt(nil, ms, 10)})
	}
	return ms, nil
}

// random(buffer).
func (in *instance) random(s []uint64) (int64, error) {
	if uint32(s[1]) > MaxRandom {
		return 0, ErrnoBadArgument
	}
	b, err := in.span(s[0], s[1])
	if err != nil {
		return 0, err
	}
	rand.Read(b) // never fails since Go 1.24
	return 0, nil
}
