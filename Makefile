# make test runs everything, and installs what it needs first.
.PHONY: test tools lint go fuzz plugins js php browser demo build

test: tools lint go fuzz js php browser
	@echo "all tests passed"

tools:
	@.ci/tools
	@cd plugins && npm ci --no-audit --no-fund --silent
	@cd sdk/js && npm ci --no-audit --no-fund --silent

lint:
	@test -z "$$(gofmt -l cmd core plugins sdk examples)" || { gofmt -l cmd core plugins sdk examples; echo "gofmt would change these files" >&2; exit 1; }
	go vet ./...

# With the race detector, but for the passes of wazero's compiler: a function is
# compiled by one goroutine, and a Go plugin's would take ten seconds in place of
# two each time. What takes longest comes first. The plugins in the binary are
# rebuilt and compared. How large a stack is shows only without.
compiler := github.com/tetratelabs/wazero/internal/engine/wazevo
unraced := $(foreach passes,frontend ssa backend/...,-gcflags=$(compiler)/$(passes)=-race=false)

go: tools
	go test -race $(unraced) -timeout 30m ./plugins ./...
	go test -run TestStacks ./core/transport/

fuzz:
	@.ci/fuzz

js: tools
	cd sdk/js && npm test

php: tools
	sdk/php/test.sh

# Chromium drives both demos.
browser: tools
	node --test --test-concurrency=1 examples/test/*.test.mjs

build:
	CGO_ENABLED=0 go build -trimpath -ldflags=-s -o bin/driplet ./cmd/driplet

# Rebuilds what is committed in built form: the plugins' wasm and the SDK.
plugins:
	plugins/build.sh
	cd sdk/js && npm run build

demo:
	go run ./cmd/driplet demo
