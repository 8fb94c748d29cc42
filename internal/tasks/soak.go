package tasks

import (
	"context"
	"fmt"
	"os"
)

// Soak compares kept numbers with plain ones while writers change orders, for so many minutes.
func Soak(ctx context.Context, minutes int) error {
	if minutes < 1 {
		return fmt.Errorf("soak for %d minutes: say at least 1", minutes)
	}
	ctx, end := session(ctx)
	defer end()
	return run(ctx, os.Stdout, "go", "test", "./internal/soak", "-run", "TestKept", "-v", "-count=1",
		fmt.Sprintf("-soak=%dm", minutes), fmt.Sprintf("-timeout=%dm", minutes+10))
}
