package soak

import (
	"os"
	"testing"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }
