package plugin

import "time"

// Limits that a manifest may change, as they are where it is silent.
const (
	// DefaultMemory holds what a handler of messages needs many times over; an
	// instance costs what it touches, and there are several a plugin.
	DefaultMemory = 16 << 20
	// DefaultWASIMemory is for guests that bring a runtime with a collector
	// (Go, JavaScript), which start at some MiB and grow in large steps.
	DefaultWASIMemory = 64 << 20
	// DefaultDeadline: a client's read loop waits for the handler.
	DefaultDeadline = 50 * time.Millisecond
	// DefaultReplyTimeout bounds how long a caller waits for a deferred answer:
	// as long as a person does.
	DefaultReplyTimeout = 5 * time.Second
)

// Bounds of what a manifest may ask for.
const (
	MaxMemory       = 1 << 30          // of 4 GiB that 32 bits can address
	MinMemory       = 64 << 10         // one page of WebAssembly
	MaxStack        = 16 << 20         // an instance keeps the stack that it once took
	MinStack        = 64 << 10         // below it no runtime starts
	MaxDeadline     = 10 * time.Second // beyond it a loop holds a client for too long
	MinDeadline     = time.Millisecond
	MaxReplyTimeout = 5 * time.Minute // proxies give up earlier
	MaxInstances    = 256             // each may take the plugin's whole memory
	MinTimer        = time.Second     // an interval; below it use events
	MaxManifest     = 64 << 10        // bytes of a manifest: they have under a hundred lines
	MaxModule       = 16 << 20        // bytes of a wasm file: compiling takes about a second per 10 MiB
)

// Bounds of one event and of what it may ask for; ABI.md repeats them for guests.
const (
	MaxAnswer       = 64 << 10  // an answer is one frame to a client
	MaxPublishes    = 64        // one event must not become a flood
	MaxFetches      = 8         // each is a connection to somewhere else
	MaxEffects      = 256       // all kinds together
	MaxEffectBytes  = 4 << 20   // copied out of the guest and held until it ends
	MaxPublishData  = 64 << 10  // as a client's own frame
	MaxInfo         = 4 << 10   // repeated to every member of a topic
	MaxReason       = 200       // text for a client; a close frame holds 123
	MaxAudience     = 1000      // names in one unsubscribe or disconnect
	MaxState        = 4 << 10   // carried along with a timer or a fetch
	MaxTimerName    = 64        // a name, not a place for data
	MaxTimers       = 10000     // a plugin and endpoint: they are kept in memory too
	MaxMembers      = 1000      // of one presence call
	MaxHistory      = 1000      // events of one history call
	MaxHistoryBytes = 1 << 20   // and their bytes
	MaxEpoch        = 64        // bytes of an epoch that a guest gives
	MaxScan         = 1000      // pairs of one kv_scan or kv_scan_after
	MaxScanBytes    = 1 << 20   // and their bytes
	MaxKey          = 512       // as the engines'
	MaxValue        = 1 << 20   // as the engines'
	MaxLogLines     = 64        // an event: a loop that logs must not fill the disk
	MaxLogText      = 4 << 10   // bytes of one line
	MaxMetricNames  = 64        // a plugin: each is a time series for ever
	MaxRandom       = 64 << 10  // bytes of one call
	MaxPath         = 1024      // bytes of a path into JSON
	MaxJSON         = 1 << 20   // bytes that one json_get walks, about a millisecond: nothing stops it meanwhile
	MaxFetchBody    = 64 << 10  // a request's body
	MaxFetchAnswer  = 256 << 10 // an answer's body
	MaxFetchHeaders = 16 << 10  // a request's or an answer's headers as JSON
	MaxRedirects    = 3         // each is checked again
	MaxFetching     = 64        // on the wire at a time, a plugin and endpoint
	MaxFetchWaiting = 1024      // with those that wait for it: as many as callers may wait
	MaxFetchBytes   = 16 << 20  // that they hold, with their states
	MaxRefusal      = 512       // bytes of a refusal's message: a sentence
)

const (
	// instanceBytes is from which file size on a guest counts as large: its
	// instances cost megabytes each, so fewer are made.
	instanceBytes = 1 << 20
	// initDeadline bounds _initialize and dr_init together: Go takes 9 ms,
	// JavaScript engines up to 100, slow machines ten times that.
	initDeadline = 5 * time.Second
	// poolWait bounds how long a caller waits for a free instance.
	poolWait = time.Second
	// patientWait is the same for events that nobody waits for.
	patientWait = 30 * time.Second
	// firstBuffer is what dr_alloc is asked for at first: most events fit.
	firstBuffer = 4 << 10
	// queueLength bounds what waits to be told to a plugin on an endpoint.
	queueLength = 4096
	// fetchTimeout and maxFetchTimeout bound an http_fetch from dial to the
	// answer's last byte.
	fetchTimeout    = 5 * time.Second
	maxFetchTimeout = 30 * time.Second
	// fetchIdle is how long a connection waits for the next request: less than
	// the 5 s after which common servers close it, perhaps just then.
	fetchIdle = 4 * time.Second
	// timerQuota holds MaxTimers with full states.
	timerQuota = 64 << 20
	// timerRetry is when a timer comes again that a paused or busy plugin could
	// not take.
	timerRetry = breakerPause
	// The breaker: so many failures in a window pause the plugin.
	breakerFailures = 5
	breakerWindow   = 10 * time.Second
	breakerPause    = 5 * time.Second
	breakerMaxPause = 5 * time.Minute
)
