package callback

import "time"

const (
	// maxAnswerBytes bounds a backend's answer, which is buffered whole before
	// any of it is believed.
	maxAnswerBytes = 64 << 10
	// maxInFlight bounds the requests to one callback at a time: more would
	// only queue at the backend, whose workers are fewer.
	maxInFlight = 64
	// maxWaiting bounds the events that one callback has not answered yet.
	maxWaiting = 1024
	// idleTimeout closes a connection before the backend does: the shortest
	// usual keep-alive is 5 s, and a request that crosses the backend's close
	// is lost, since sending it again could act twice.
	idleTimeout = 4 * time.Second
	// grace is how much longer node keeps a caller than the gate: the gate
	// answers first, and node only where the gate fails to.
	grace = 5 * time.Second
)
