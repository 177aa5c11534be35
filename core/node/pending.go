package node

import (
	"sync"
	"time"

	"github.com/driplet/driplet/core"
)

// pending holds the requests whose handlers answer later.
type pending struct {
	mu     sync.Mutex
	last   core.Handle
	open   map[core.Handle]*openRequest
	counts map[pluginAt]int
}

// pluginAt is a plugin on an endpoint: what waits for it there is in nobody
// else's way.
type pluginAt struct{ plugin, endpoint string }

// openRequest is a caller that waits: a client, or a backend.
type openRequest struct {
	session  *Session
	id       core.RequestID
	backend  *core.HTTPRequest // instead of session and id
	plugin   pluginAt
	deadline time.Time
}

// settle gives the caller its answer.
func (n *Node) settle(r *openRequest, data []byte, refusal *core.Error) {
	switch {
	case r.backend != nil:
		r.backend.Answer(data, refusal)
	case refusal != nil:
		n.Refuse(r.session, r.id, refusal)
	default:
		n.Hub.Send(r.session.Session, core.Reply{ID: r.id, HasData: true, Data: data})
	}
}

// maxPending bounds the callers that wait for a plugin on one endpoint: a plugin
// that never answers must not gather requests without end.
const maxPending = 1024

// pendingSweep is how late a caller may learn of its timeout.
const pendingSweep = 100 * time.Millisecond

func (p *pending) init() {
	p.open = map[core.Handle]*openRequest{}
	p.counts = map[pluginAt]int{}
}

// add opens a request; ok is false when too many of the plugin's wait already.
func (p *pending) add(r *openRequest) (core.Handle, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts[r.plugin] >= maxPending {
		return 0, false
	}
	p.last++
	p.open[p.last] = r
	p.counts[r.plugin]++
	return p.last, true
}

// take closes a request, once.
func (p *pending) take(h core.Handle) *openRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.takeLocked(h)
}

func (p *pending) takeLocked(h core.Handle) *openRequest {
	r := p.open[h]
	if r == nil {
		return nil
	}
	delete(p.open, h)
	if p.counts[r.plugin]--; p.counts[r.plugin] == 0 {
		delete(p.counts, r.plugin)
	}
	return r
}

func (p *pending) drop(h core.Handle) bool { return p.take(h) != nil }

// expired closes and returns the requests whose time is over.
func (p *pending) expired(now time.Time) []*openRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*openRequest
	for h, r := range p.open {
		if now.After(r.deadline) {
			out = append(out, p.takeLocked(h))
		}
	}
	return out
}

func (n *Node) expirePending(now time.Time) {
	for _, r := range n.pending.expired(now) {
		n.settle(r, nil, core.Errorf(core.CodeTimeout, "the plugin %s did not answer in time", r.plugin.plugin))
	}
}

// Defer keeps a message's caller waiting for Reply, for timeout at most.
func (n *Node) Defer(ev *core.ClientEvent, plugin string, timeout time.Duration) (core.Handle, error) {
	s := n.session(ev.Session)
	if ev.HTTP == nil && (s == nil || ev.Request == "") || ev.Deferred != 0 {
		return 0, core.Errorf(core.CodeBadRequest, "nobody waits for an answer")
	}
	h, ok := n.pending.add(&openRequest{session: s, id: ev.Request, backend: ev.HTTP, plugin: pluginAt{plugin, ev.Endpoint}, deadline: n.Now().Add(timeout)})
	if !ok {
		return 0, core.Errorf(core.CodeUnavailable, "%d callers wait for the plugin %s already", maxPending, plugin)
	}
	ev.Deferred = h
	return h, nil
}

// Reply answers a deferred request, once: with data (nil is null), or with a
// refusal. A handle that is unknown, answered or timed out is CodeNotFound.
func (n *Node) Reply(h core.Handle, data []byte, refusal *core.Error) error {
	r := n.pending.take(h)
	if r == nil {
		return core.Errorf(core.CodeNotFound, "nobody waits for this answer any more")
	}
	n.settle(r, data, refusal)
	return nil
}

// Reject answers an event of a client with a refusal, also one that carries no
// request: then nobody waits, and only a refusal is told. A client that has
// gone hears nothing.
func (n *Node) Reject(ev *core.ClientEvent, refusal *core.Error) {
	if s := n.session(ev.Session); s != nil {
		n.Refuse(s, ev.Request, refusal)
	}
}
