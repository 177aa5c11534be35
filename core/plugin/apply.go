package plugin

import (
	"context"
	"errors"

	"github.com/driplet/driplet/core"
)

// apply does what a handler asked for: its kv writes as one commit first, so
// that a full store applies nothing and everybody who hears of the rest finds
// the state that goes with it; then the rest in call order. The refusal, when
// there is one, is for the caller: nothing was applied. A caller who leaves
// takes nothing back: its context does not count.
func (b *binding) apply(fx *effects) *core.Error {
	ctx := context.Background()
	if writes := fx.writes(); len(writes) > 0 {
		if err := b.kv.Apply(ctx, writes); err != nil {
			if errors.Is(err, core.ErrQuota) {
				b.logger().Warn("the plugin's store is full: nothing of this event was applied", "quota", b.Grants.KV)
				return core.Errorf(core.CodeQuota, "the store of the plugin %s is full: raise kv in %s.toml", b.Name, b.Name)
			}
			b.logger().Error("the plugin's store failed: nothing of this event was applied", "error", err)
			return core.Errorf(core.CodeUnavailable, "the store of the plugin %s cannot be written; try again later", b.Name)
		}
	}
	for i := range fx.list {
		e := &fx.list[i]
		if err := b.effect(ctx, e); err != nil {
			b.logger().Warn("an effect of the plugin could not be applied", "effect", string(e.Op), "topic", e.Topic, "error", err)
		}
	}
	return nil
}

func (b *binding) effect(ctx context.Context, e *Effect) error {
	services, endpoint := b.host.services(), b.endpoint.Name
	switch e.Op {
	case OpPublish:
		id := e.ID
		if id != "" {
			id = b.Name + "/" + id // plugins' keys never meet
		}
		return services.Publish(ctx, &core.Event{
			Key: core.TopicKey{Endpoint: endpoint, Topic: e.Topic}, Name: e.Event, Data: e.Data, Target: e.target, Except: e.Except,
			NoHistory: e.NoHistory,
		}, id)
	case OpReply:
		b.waiting.remove(e.Handle)
		return services.Reply(e.Handle, e.Data, e.Refusal)
	case OpSubscribe:
		return services.Subscribe(context.WithValue(ctx, originKey{}, b.Name), endpoint, e.Session, e.Topic, e.Info)
	case OpUnsubscribe:
		return services.Unsubscribe(endpoint, e.Who, e.Topic, e.Reason)
	case OpDisconnect:
		return services.Disconnect(endpoint, e.Who, e.Reason)
	case OpFetch:
		b.fetch(e.Request, e.State)
	case OpTimer:
		return b.timers.set(ctx, e.Name, e.At, e.State)
	}
	return nil
}

// originKey finds the plugin that a subscription comes from in its context: it
// is not asked about its own.
type originKey struct{}
