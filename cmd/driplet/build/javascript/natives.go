package javascript

import (
	"regexp"
	"strings"
)

// natives are the adapter's functions by number: natives.ts there has them in
// this order. Those from publish on are imports of the ABI.
var natives = []string{
	"main", "answer", "abort", "places", "config", "field", "value", "number", "here",
	"publish", "reply", "defer", "subscribe", "unsubscribe", "disconnect", "subscribed", "presence",
	"kv_get", "kv_set", "kv_delete", "kv_cas", "kv_incr", "kv_scan",
	"http_fetch", "timer_set", "log", "metric", "now", "random", "json",
	"history", "give", "getter", "changed", "kv_scan_after",
}

// prefix begins the names of natives in scripts.
const prefix = "driplet$"

// wrapper makes a bundle a function of the natives, which the adapter calls.
func wrapper() (before, after string) {
	return "(function(" + prefix + strings.Join(natives, ","+prefix) + "){", "})"
}

var (
	mentioned = regexp.MustCompile(`driplet\$(\w+)`)
	// subscribedCall is how an author's file looks that asks e.subscribed(…): a
	// method of the library's class, which no bundler can find to be unused.
	subscribedCall = regexp.MustCompile(`\bsubscribed\b`)
	// pagesCall is how one looks that calls kv.scanAfter(…) or kv.all(…): the
	// store is one object, of which a bundler leaves nothing out.
	pagesCall = regexp.MustCompile(`\b(scanAfter|all)\b`)
)

// natives tells which of the ABI's functions a bundle calls: what it does not
// mention it does not import, so that its manifest need not grant it.
func (b *bundled) natives() map[string]bool {
	used := map[string]bool{}
	_, body, _ := strings.Cut(string(b.script), "\n") // behind the wrapper's parameters
	for _, m := range mentioned.FindAllStringSubmatch(body, -1) {
		used[m[1]] = true
	}
	if b.asksSubscribed {
		used["subscribed"] = true
	}
	if !b.pages {
		delete(used, "kv_scan_after")
	}
	return used
}
