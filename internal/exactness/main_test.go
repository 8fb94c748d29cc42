package exactness_test

import (
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

// Variables of the environment that choose what is looked at.
const (
	varWorlds = "EXACTNESS_WORLDS" // how many worlds
	varFrom   = "EXACTNESS_FROM"   // the seed of the first
	varWorld  = "EXACTNESS_WORLD"  // the seed of the only one
	varCase   = "EXACTNESS_CASE"   // the only question
	varNow    = "EXACTNESS_NOW"    // the time of day of live worlds
)

func setting(t testing.TB, name string, fallback int) int {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return fallback
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// now is the time around which live worlds are made.
var now = sync.OnceValue(func() time.Time {
	if at, err := time.Parse(time.RFC3339Nano, os.Getenv(varNow)); err == nil {
		return at
	}
	return time.Now().UTC().Truncate(time.Second)
})
