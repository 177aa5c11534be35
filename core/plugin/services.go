package plugin

import (
	"context"
	"time"

	"github.com/driplet/driplet/core"
)

// Services is what plugins can have done, by node. Methods may be called from
// any goroutine; errors that are *core.Error are meant for people.
type Services interface {
	// Publish places an event; it enters no hook. id is an idempotency key of
	// the plugin's, may be empty.
	Publish(ctx context.Context, ev *core.Event, id string) error
	// Subscribe subscribes a session as its own subscribe would, hooks included.
	// info (JSON) is what others see of the member; may be nil.
	Subscribe(ctx context.Context, endpoint string, s core.SessionID, topic string, info []byte) error
	// Unsubscribe and Disconnect tell those clients why. Nobody found is no error.
	Unsubscribe(endpoint string, who core.Audience, topic, reason string) error
	Disconnect(endpoint string, who core.Audience, reason string) error
	// Subscribed reports whether the session is subscribed now.
	Subscribed(endpoint string, s core.SessionID, topic string) bool
	// Members lists a topic's subscribers, one per public id.
	Members(endpoint, topic string) []core.Member
	// History reads what a topic keeps: after since, the oldest limit events;
	// with a nil since, the newest limit. Targets are not looked at: a plugin
	// sees all of a topic whose history it is granted. A topic whose rule keeps
	// none is a *core.Error of CodeNotFound.
	History(ctx context.Context, endpoint, topic string, since *core.Position, limit int) (core.Past, error)
	// Defer keeps ev's request open for timeout and sets ev.Deferred. It fails
	// when too many callers wait for this plugin.
	Defer(ev *core.ClientEvent, plugin string, timeout time.Duration) (core.Handle, error)
	// Reply answers a deferred request, once, with data (JSON, nil is null) or
	// a refusal. A handle that is no longer open is an error.
	Reply(h core.Handle, data []byte, refusal *core.Error) error
}

// Store keeps plugins' state: one KV for each namespace, its keys and values
// bounded by quota bytes together.
type Store interface {
	KV(namespace string, quota int64) core.KV
}

// Meter counts what plugins do. Methods are called often and from any
// goroutine.
type Meter interface {
	// Handled is told of every event: outcome is "ok", "refused", "failed"
	// (trap, deadline, bad answer), "busy" (no free instance) or "paused". fuel
	// is what package meter counted, about the instructions that ran.
	Handled(plugin, endpoint, kind, outcome string, took time.Duration, fuel int64)
	// Resized is told by how many instances, and bytes of guests' memory, there
	// are more or fewer.
	Resized(plugin, endpoint string, instances int, bytes int64)
	// Counted is told of a plugin's own metric.
	Counted(plugin, endpoint, name string, value int64)
	// Serving is told which version serves an endpoint from now on ("": none),
	// and which did before ("": none).
	Serving(plugin, endpoint, old, version string)
	// Reloaded is told of every attempt to change a running plugin.
	Reloaded(plugin string, ok bool)
}
