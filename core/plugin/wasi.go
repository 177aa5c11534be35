package plugin

import (
	"context"
	"crypto/rand"
	"encoding/binary"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

const wasiModule = wasi_snapshot_preview1.ModuleName

// The errno of WASI (preview 1) that are told here.
const (
	wasiBadFile     = 8
	wasiFault       = 21
	wasiInvalid     = 28
	wasiUnsupported = 58
)

// maxVectors is how many pieces one read or write may have, and how many events
// one poll_oneoff may wait for: as systems have it for the former (IOV_MAX).
const maxVectors = 1024

// instantiateWASI offers the engine's WASI, but for what takes as long as its
// arguments say: that would go on past any deadline. There are no files, so
// that most of it has nothing to do.
func instantiateWASI(ctx context.Context, r wazero.Runtime) error {
	b := r.NewHostModuleBuilder(wasiModule)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(b)
	for _, f := range wasiFunctions {
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, guest api.Module, s []uint64) {
			s[0] = f.call(ctx, guest.Memory(), s)
		}), valueTypes(f.params), valueTypes("i")).Export(f.name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

// wasiFunctions stand in for the engine's of the same names. Each returns an
// errno.
var wasiFunctions = []struct {
	name, params string
	call         func(ctx context.Context, m api.Memory, s []uint64) uint64
}{
	{"fd_write", "iiii", wasiWrite}, {"fd_read", "iiii", wasiRead}, {"poll_oneoff", "iiii", wasiPoll},
	{"fd_pread", "iiiIi", noFile}, {"fd_pwrite", "iiiIi", noFile},
	{"path_create_directory", "iii", noFile}, {"path_filestat_get", "iiiii", noFile}, {"path_filestat_set_times", "iiiiIIi", noFile},
	{"path_link", "iiiiiii", noFile}, {"path_open", "iiiiiIIii", noFile}, {"path_readlink", "iiiiii", noFile},
	{"path_remove_directory", "iii", noFile}, {"path_rename", "iiiiii", noFile}, {"path_symlink", "iiiii", noFile}, {"path_unlink_file", "iii", noFile},
}

func noFile(context.Context, api.Memory, []uint64) uint64 { return wasiBadFile }

// wasiWrite is fd_write(fd, pieces, how many, written).
func wasiWrite(ctx context.Context, m api.Memory, s []uint64) uint64 {
	if fd := uint32(s[0]); fd != 1 && fd != 2 {
		return wasiBadFile
	}
	n := uint32(s[2])
	if n > maxVectors {
		return wasiInvalid
	}
	pieces, ok := m.Read(uint32(s[1]), n*8)
	if !ok {
		return wasiFault
	}
	out, written := &instanceOf(ctx).printed, 0
	for ; len(pieces) > 0; pieces = pieces[8:] {
		piece, ok := m.Read(binary.LittleEndian.Uint32(pieces), binary.LittleEndian.Uint32(pieces[4:]))
		if !ok {
			return wasiFault
		}
		if len(piece) > 0 {
			out.Write(piece) // takes all of it
		}
		written += len(piece)
	}
	if !m.WriteUint32Le(uint32(s[3]), uint32(written)) {
		return wasiFault
	}
	return 0
}

// wasiRead is fd_read(fd, pieces, how many, read): the standard input is empty.
func wasiRead(_ context.Context, m api.Memory, s []uint64) uint64 {
	if s[0] != 0 {
		return wasiBadFile
	}
	if !m.WriteUint32Le(uint32(s[3]), 0) {
		return wasiFault
	}
	return 0
}

// What poll_oneoff is asked for, and the bytes of a question and an answer.
const (
	pollClock = iota
	pollRead
	pollWrite
	pollQuestion = 48
	pollAnswer   = 32
)

// wasiPoll is poll_oneoff(questions, answers, how many, how many came): all of
// them come at once, since nobody sleeps here.
func wasiPoll(_ context.Context, m api.Memory, s []uint64) uint64 {
	n := uint32(s[2])
	if n == 0 || n > maxVectors {
		return wasiInvalid
	}
	in, ok := m.Read(uint32(s[0]), n*pollQuestion)
	out, ok2 := m.Read(uint32(s[1]), n*pollAnswer)
	if !ok || !ok2 || !m.WriteUint32Le(uint32(s[3]), n) {
		return wasiFault
	}
	for ; len(out) > 0; in, out = in[pollQuestion:], out[pollAnswer:] {
		kind, errno := in[8], uint16(0)
		switch fd := binary.LittleEndian.Uint32(in[16:]); {
		case kind > pollWrite:
			return wasiInvalid
		case kind == pollClock || kind == pollRead && fd == 0:
		case fd > 2:
			errno = wasiBadFile
		default:
			errno = wasiUnsupported
		}
		data := binary.LittleEndian.Uint64(in)
		clear(out[:pollAnswer])
		binary.LittleEndian.PutUint64(out, data)
		binary.LittleEndian.PutUint16(out[8:], errno)
		out[10] = kind
	}
	return 0
}

// chance is where random_get takes its bytes from, in parts between which the
// guest can be stopped.
type chance struct{ in *instance }

// Read fills the beginning of p, and ends a guest that is past its deadline.
func (c chance) Read(p []byte) (int, error) {
	p = p[:min(len(p), MaxRandom)]
	c.in.charge(5 + len(p)>>10) // as the import random
	return rand.Read(p)
}
