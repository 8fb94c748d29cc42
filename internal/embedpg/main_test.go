package embedpg_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// When set, the test binary starts a server, tells its parent where it is, and waits to be killed.
const ownerEnv = "EMBEDPG_TEST_OWNER"

func TestMain(m *testing.M) {
	if os.Getenv(ownerEnv) != "" {
		server, err := embedpg.Start(context.Background(), embedpg.Options{})
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println(server.DSN("postgres"))
		select {}
	}
	os.Exit(embedpg.Main(m))
}
