package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/meter"
)

// instance is one running copy of a module, for one endpoint. One event at a
// time; whoever has taken it from the pool owns it.
type instance struct {
	b       *binding
	mod     api.Module
	mem     api.Memory
	event   api.Function
	alloc   api.Function
	buf     uint32 // the guest's buffer for events
	room    uint32 // and its size
	stack   [4]uint64
	ctx     guestContext
	ready   bool // _initialize and dr_init are over
	printed outputs

	// The event being handled. Times are since the instance was made.
	kind     Kind
	name     string // of what happened: Input.Event
	session  string
	data     []byte            // as it came: the guest may write over its own
	index    index             // of data
	client   *core.ClientEvent // of connect to message; else nil
	began    time.Duration
	until    time.Duration
	limit    time.Duration // of what runs, for errors
	entered  time.Duration // the lane; 0: it is not there
	budget   int
	taken    int        // bytes that the host has allocated since they were paid for
	granted  int64      // fuel, since the instance was made
	fuel     api.Global // what is left of it; nil when not metered
	spent    int64      // as of the last spend
	fx       *effects
	logLines int
	lines    []string
	cried    int    // how many lines there were with the last error among them; 0: none is
	traced   bool   // somebody looks: note what the guest is told
	reads    []Read // then
	noted    int    // bytes of them
	told     bool   // the time is among them
	scratch  []byte
	copies   []byte        // room for the values of a scan
	listed   int           // bytes that the last one had
	topics   [2]askedTopic // that were asked for last, and are topics
	keys     [2]string     // of the store that were asked for last
	named    string        // the event name that was published last

	made time.Time
	slab []byte // room for the next answers
	size int64  // of its memory, as it was told last
}

// newInstance makes an instance and initialises it with the configuration.
func newInstance(b *binding) (*instance, error) {
	in := &instance{b: b, made: time.Now()}
	in.ctx = guestContext{context.Background(), in}
	in.printed.in = in
	in.begin(initDeadline) // a module's own start function runs within instantiate
	if b.isShaky() && !in.enter(poolWait) {
		return nil, errBusy
	}
	mod, err := b.instantiate(&in.ctx, &in.printed)
	if err != nil {
		in.leave()
		return nil, in.explain(stopped(err))
	}
	in.mod, in.mem = mod, mod.Memory()
	if m := b.host.Meter; m != nil {
		m.Resized(b.Name, b.endpoint.Name, 1, 0)
	}
	in.resized()
	in.fuel = mod.ExportedGlobal(meter.FuelExport)
	in.event, in.alloc = mod.ExportedFunction("dr_event"), mod.ExportedFunction("dr_alloc")
	if err := in.initialise(); err != nil {
		in.close()
		return nil, err
	}
	in.spend() // what initialising took is no event's
	in.ready = true
	return in, nil
}

func (in *instance) initialise() error {
	if f := in.mod.ExportedFunction("_initialize"); f != nil {
		if err := in.run(f, nil, initDeadline); err != nil {
			return fmt.Errorf("_initialize: %w", err)
		}
	}
	if err := in.run(in.mod.ExportedFunction("dr_abi"), in.stack[:1], initDeadline); err != nil {
		if in.mod.ExportedFunction("_start") != nil && in.mod.ExportedFunction("_initialize") == nil {
			return fmt.Errorf("dr_abi: %w. %s", err, "I"+asLibrary[1:]) // its runtime was not started
		}
		return fmt.Errorf("dr_abi: %w", err)
	}
	if v := int32(in.stack[0]); v != ABIVersion {
		return fmt.Errorf("it speaks abi %d, this server %d: rebuild it with this server's guest library", v, ABIVersion)
	}
	if err := in.grow(max(firstBuffer, len(in.b.config)), initDeadline); err != nil {
		return err
	}
	f := in.mod.ExportedFunction("dr_init")
	if f == nil {
		return nil
	}
	if !in.mem.Write(in.buf, in.b.config) {
		return errBuffer
	}
	in.stack[0], in.stack[1] = uint64(in.buf), uint64(len(in.b.config))
	if err := in.run(f, in.stack[:], initDeadline); err != nil {
		return fmt.Errorf("dr_init: %w", err)
	}
	answer, refused, err := in.answer(in.stack[0])
	if err != nil {
		return fmt.Errorf("dr_init: %w", err)
	}
	if !refused {
		return nil
	}
	refusal, err := parseRefusal(in.b.Name, answer)
	if err != nil {
		return fmt.Errorf("dr_init: %w", err)
	}
	return fmt.Errorf("it refuses its configuration: %s", refusal.Message)
}

var errBuffer = errors.New("its dr_alloc returned a buffer outside its memory")

// grow asks for a buffer of at least n bytes.
func (in *instance) grow(n int, limit time.Duration) error {
	size := uint32(firstBuffer)
	for int(size) < n {
		size *= 2
	}
	in.stack[0] = uint64(size)
	if err := in.run(in.alloc, in.stack[:1], limit); err != nil {
		return fmt.Errorf("dr_alloc: %w", err)
	}
	in.buf, in.room = uint32(in.stack[0]), size
	if in.buf == 0 {
		return fmt.Errorf("its dr_alloc returned 0 for %d bytes: it is out of memory; raise memory under [limits] in %s.toml, or take smaller events", size, in.b.Name)
	}
	if uint64(in.buf)+uint64(size) > uint64(in.mem.Size()) {
		return errBuffer
	}
	return nil
}

// handle gives one event to the guest. The answer is a copy. After an error
// the instance must be thrown away.
func (in *instance) handle(input *Input, client *core.ClientEvent) (answer []byte, refused bool, err error) {
	in.kind, in.name, in.session, in.data, in.index.state = input.Kind, input.Event, input.Session, input.Data, unread
	in.client, in.fx, in.logLines, in.lines, in.cried, in.reads, in.told, in.noted = client, nil, 0, nil, 0, nil, false, 0
	in.traced = in.b.host.Trace != nil || in.b.ring.watched()
	in.printed.tail = in.printed.tail[:0]
	in.taken = -freeBytes
	size, more := input.size(), 0
	if in.b.looks {
		more = in.index.shown(input)
		size += more
	}
	limit := in.b.Limits.Deadline
	if size > int(in.room) {
		if err := in.grow(size, limit); err != nil {
			return nil, false, err
		}
	}
	view, ok := in.mem.Read(in.buf, uint32(size))
	if !ok {
		return nil, false, errBuffer
	}
	size = len(input.appendShown(view[:0:size], &in.index, more))
	in.stack[0], in.stack[1], in.stack[2] = uint64(input.Kind), uint64(in.buf), uint64(size)
	if err := in.run(in.event, in.stack[:], limit); err != nil {
		return nil, false, err
	}
	return in.answer(in.stack[0])
}

// answer copies what ptr << 32 | len names.
func (in *instance) answer(packed uint64) (answer []byte, refused bool, err error) {
	length := uint32(packed)
	refused = length&refusalBit != 0
	length &^= refusalBit
	if length > MaxAnswer {
		return nil, false, fmt.Errorf("its answer has %d bytes, the limit is %d: publish what is long, or answer in parts", length, MaxAnswer)
	}
	if length == 0 {
		return nil, refused, nil
	}
	view, ok := in.mem.Read(uint32(packed>>32), length)
	if !ok {
		return nil, false, errors.New("its answer lies outside its memory")
	}
	return in.keep(view), refused, nil
}

// slabBytes is how much room for answers is made at once: an answer in a piece
// of memory of its own costs the collector more than the event. Whoever keeps
// an answer keeps so much at most.
const slabBytes = 4 << 10

// keep copies b to memory that is never written again.
func (in *instance) keep(b []byte) []byte {
	if len(b) > slabBytes/8 {
		return bytes.Clone(b)
	}
	if len(b) > cap(in.slab)-len(in.slab) {
		in.slab = make([]byte, 0, slabBytes)
	}
	at := len(in.slab)
	in.slab = append(in.slab, b...)
	return in.slab[at:len(in.slab):len(in.slab)]
}

// effect collects one more effect, which holds size bytes and is to be filled
// in by the caller.
func (in *instance) effect(op Op, size int) (*Effect, error) {
	if in.fx == nil {
		in.fx = in.b.host.newEffects()
	}
	return in.fx.add(op, size)
}

// forget lets go of the event that is over.
func (in *instance) forget() {
	in.name, in.session, in.data, in.client, in.fx = "", "", nil, nil, nil
	if max(cap(in.scratch), cap(in.copies)) > maxScratch {
		in.yieldRoom()
	}
}

// full is asked before anything is copied, so that a loop over what is refused
// costs next to nothing. lengths are those of the call's large spans.
func (in *instance) full(op Op, lengths ...uint64) bool {
	size := 0
	for _, n := range lengths {
		size += int(uint32(n))
	}
	return in.fx != nil && in.fx.full(op, size)
}

func (in *instance) grants() *Grants { return &in.b.Grants }

func (in *instance) claims() *core.Claims {
	if in.client == nil {
		return nil
	}
	return in.client.Claims
}

// close frees what the instance holds. It leaves the lane last: unmapping its
// memory may take as long as an event.
func (in *instance) close() {
	defer in.leave()
	in.yieldRoom()
	if m := in.b.host.Meter; m != nil {
		m.Resized(in.b.Name, in.b.endpoint.Name, -1, -in.size)
	}
	if err := in.mod.Close(context.Background()); err != nil {
		in.b.logger().Error("an instance could not be closed", "error", err)
	}
}
