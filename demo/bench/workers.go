package main

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// workersOf returns how many parallel workers the server plans for a statement.
func workersOf(ctx context.Context, conn *pgx.Conn, sql string, binds ...any) (int, error) {
	var plan []struct{ Plan planNode }
	err := conn.QueryRow(ctx, "EXPLAIN (FORMAT JSON) "+sql, append([]any{pgx.QueryExecModeExec}, binds...)...).Scan(&plan)
	if err != nil {
		return 0, err
	}
	return plan[0].Plan.workers(), nil
}

// planNode is what the benchmark reads of a plan in JSON.
type planNode struct {
	Workers int        `json:"Workers Planned"`
	Plans   []planNode `json:"Plans"`
}

func (n planNode) workers() int {
	most := n.Workers
	for _, child := range n.Plans {
		most = max(most, child.workers())
	}
	return most
}
