//go:build wasip1

package driplet

import "unsafe"

// Handler handles one event. Its answer goes to the caller as JSON: an Object,
// a List, a string, number or bool, or a Value; nil is no answer. An error made
// by Fail reaches the caller as it is; any other is logged, and the caller gets
// plugin_failed.
type Handler func(e *Event) (any, error)

// kind is an event's kind, as ABI.md numbers them.
const (
	kindConnect     = 1
	kindDisconnect  = 2
	kindSubscribe   = 3
	kindUnsubscribe = 4
	kindMessage     = 5
	kindPublish     = 6
	kindTimer       = 7
	kindHTTP        = 8
)

// What is registered: written in init, only read afterwards.
var (
	messages routes
	timers   routes
	hooks    [kindHTTP + 1]Handler
)

// On handles a client's event. A name that ends in * takes all that begin so
// and have no handler of their own.
func On(name string, h Handler) { messages.add(name, h) }

// OnConnect is asked before a connection is admitted: an error refuses it.
func OnConnect(h Handler) { hooks[kindConnect] = h }

// OnDisconnect is told when a connection is gone.
func OnDisconnect(h Handler) { hooks[kindDisconnect] = h }

// OnSubscribe is asked before a subscription to one of the manifest's topics:
// return nil or Admit, or an error to refuse it.
func OnSubscribe(h Handler) { hooks[kindSubscribe] = h }

// OnUnsubscribe is told when a connection has left one of the manifest's topics.
func OnUnsubscribe(h Handler) { hooks[kindUnsubscribe] = h }

// OnPublish is asked before a message of a client or a backend is placed on one
// of the manifest's topics: return Pass, Drop, Replace, Retarget or Both, or an
// error to refuse it; nil passes.
func OnPublish(h Handler) { hooks[kindPublish] = h }

// OnTimer handles the timer of this name, of the manifest or of Timer.Set.
func OnTimer(name string, h Handler) { timers.add(name, h) }

// OnHTTP handles the answers to HTTP.Fetch, of which the event's State tells
// which; and, where the manifest's hooks hold "http", a backend's requests: then
// its Method is not empty, and the backend gets what the handler returns.
func OnHTTP(h Handler) { hooks[kindHTTP] = h }

// Admit admits to a topic, with what others see of this member in presence.
func Admit(info any) Object { return Object{"info": info} }

// none knows no event: that of kinds which have one handler.
var none routes

// handle runs the handler of the event at ptr.
func handle(kind int32, ptr unsafe.Pointer) (any, error) {
	names := &none
	switch kind {
	case kindMessage:
		names = &messages
	case kindTimer:
		names = &timers
	}
	e, h := readEvent(ptr, names)
	if names == &none && uint(kind) < uint(len(hooks)) {
		h = hooks[kind]
	}
	switch {
	case h != nil:
		return h(e)
	case kind == kindMessage:
		return nil, Fail("no_handler", "no handler for the event "+e.Event)
	case kind == kindHTTP && e.Method != "":
		return nil, Fail("no_handler", "no handler for requests")
	}
	return nil, nil
}
