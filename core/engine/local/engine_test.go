package local_test

import (
	"testing"

	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/engine/enginetest"
	"github.com/driplet/driplet/core/engine/local"
)

func TestMemory(t *testing.T) { enginetest.Run(t, opener(func(*testing.T) string { return "" })) }

func TestDisk(t *testing.T) {
	enginetest.Run(t, opener(func(t *testing.T) string { return t.TempDir() }))
}

func opener(path func(*testing.T) string) enginetest.Open {
	return func(t *testing.T, d engine.Deliverer, clock *enginetest.Clock) engine.Engine {
		return open(t, path(t), d, local.Options{
			Now: clock.Now, NonceCapacity: enginetest.Capacity, RecordCapacity: enginetest.Capacity,
		})
	}
}

func open(t *testing.T, path string, d engine.Deliverer, o local.Options) *local.Engine {
	t.Helper()
	e, err := local.Open(path, d, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
