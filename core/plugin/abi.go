package plugin

// ABIVersion is what dr_abi returns and a manifest's abi says.
const ABIVersion = 1

// abiModule is the module that guests import from.
const abiModule = "driplet_v1"

// Kind numbers the events of the ABI (ABI.md, 2). All but the timer are
// those of core.HookKind.
type Kind uint8

// The kinds of events that a module gets.
const (
	KindConnect Kind = iota + 1
	KindDisconnect
	KindSubscribe
	KindUnsubscribe
	KindMessage
	KindPublish
	KindTimer
	KindHTTP
)

var kindNames = [...]string{"?", "connect", "disconnect", "subscribe", "unsubscribe", "message", "publish", "timer", "http"}

// String is the kind's name as manifests and logs write it.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return kindNames[0]
	}
	return kindNames[k]
}

// KindNamed finds the kind of a name; 0 is none.
func KindNamed(name string) Kind {
	for i, n := range kindNames[1:] {
		if n == name {
			return Kind(i + 1)
		}
	}
	return 0
}

// Errno is what an import returns when it does not do what it was asked for
// (ABI.md, 4).
type Errno int32

// The errnos.
const (
	ErrnoNotFound    Errno = -1
	ErrnoDenied      Errno = -2
	ErrnoBadArgument Errno = -3
	ErrnoLimit       Errno = -4
	ErrnoQuota       Errno = -5
	ErrnoConflict    Errno = -6
	ErrnoUnavailable Errno = -7
	ErrnoNoRequest   Errno = -8
	ErrnoNotHere     Errno = -9
)

var errnoNames = [...]string{"ok", "not_found", "denied", "bad_argument", "limit", "quota", "conflict", "unavailable", "no_request", "not_here"}

// String is the errno's name in ABI.md.
func (e Errno) String() string {
	if e > 0 || int(-e) >= len(errnoNames) {
		return "?"
	}
	return errnoNames[-e]
}

// Error makes an Errno an error inside the host.
func (e Errno) Error() string { return "errno " + e.String() }

// refusalBit marks a length as that of a refusal.
const refusalBit = 1 << 31
