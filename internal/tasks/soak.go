package tasks

import (
	"context"
	"fmt"
	"os"
)

// Soak compares kept numbers with plain ones while writers change orders, for so many minutes: on one server,
// on a standby, across a promotion, over crashes, and where replication applies the changes, all at once.
func Soak(ctx context.Context, minutes int) error {
	if minutes < 1 {
		return fmt.Errorf("soak for %d minutes: say at least 1", minutes)
	}
	ctx, end := session(ctx)
	defer end()
	return run(ctx, os.Stdout, "go", "test", "./internal/soak", "-run", "TestKept", "-v", "-count=1", "-parallel=8",
		fmt.Sprintf("-soak=%dm", minutes), fmt.Sprintf("-timeout=%dm", minutes+10))
}
