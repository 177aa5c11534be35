package local

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// Options adjust an Engine. The zero value is ready for use.
type Options struct {
	Now            func() time.Time // nil: time.Now
	NonceCapacity  int              // 0: DefaultNonceCapacity
	RecordCapacity int              // idempotency records; 0: DefaultRecordCapacity
	HistoryBytes   int64            // of memory, for what topics keep; 0: DefaultHistoryBytes
	Logger         *slog.Logger     // nil: silence. The store speaks at debug, of faults at error
}

// Engine implements engine.Engine.
type Engine struct {
	now       func() time.Time
	log       *slog.Logger
	deliver   engine.Deliverer
	lanes     lanes
	records   *records
	nonces    *nonces
	stamps    stamps
	store     *store
	path      string
	histories *histories
	committer committer
	noPlace   []engine.Placed // what topics without history answer, shared
	closing   sync.Mutex      // keeps tick and Close apart
	closed    bool
}

var _ engine.Engine = (*Engine)(nil)

// Open makes an Engine that hands placed events to d. Path is the folder of
// its data, made if it is missing; "" keeps everything in memory. The error is
// for the operator: it names the folder and says what to do.
//
// Of Pebble's own, Open starts goroutines that sleep until there is something
// to write. Run does the housekeeping; Close ends everything.
func Open(path string, d engine.Deliverer, o Options) (*Engine, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.NonceCapacity == 0 {
		o.NonceCapacity = DefaultNonceCapacity
	}
	if o.RecordCapacity == 0 {
		o.RecordCapacity = DefaultRecordCapacity
	}
	if o.HistoryBytes == 0 {
		o.HistoryBytes = DefaultHistoryBytes
	}
	st, err := openStore(path, o)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		now: o.Now, log: o.Logger, deliver: d, path: path, store: st,
		records: newRecords(o.Now, int64(o.RecordCapacity)),
		nonces:  newNonces(o.Now, int64(o.NonceCapacity)),
		noPlace: make([]engine.Placed, 16),
	}
	e.lanes.init()
	e.histories = newHistories(o.Now, o.HistoryBytes, &e.lanes)
	if path != "" {
		if err := errors.Join(e.recallNonces(), e.recallHistories(), e.recallRecords()); err != nil {
			return nil, errors.Join(err, st.close())
		}
	}
	return e, nil
}

// KV opens a namespace, see engine.Engine.
func (e *Engine) KV(namespace string, quota int64) core.KV {
	s := e.store.space(namespace)
	s.mu.Lock()
	s.quota = quota
	s.mu.Unlock()
	return s
}

// Close writes out what must outlast the process, and releases the folder.
func (e *Engine) Close() error {
	e.closing.Lock()
	defer e.closing.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	var err error
	if e.path != "" {
		err = errors.Join(e.rememberNonces(), e.rememberHistories())
	}
	return errors.Join(err, e.store.close())
}
