package plugin

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/discover"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
)

func TestWhatTheServerDoesNotAcceptIsDeselected(t *testing.T) {
	t.Parallel()
	column := func(name string, class discover.Class) *discover.Column {
		return &discover.Column{Name: name, SQL: name, Class: class, NotNull: true, Allowed: map[string][]string{"channel": {"web", "app"}}[name]}
	}
	for about, test := range map[string]struct {
		report *postgres.Report
		gone   []string
	}{
		"a metric and what is divided by it": {
			&postgres.Report{Metrics: []postgres.MetricReport{{Metric: "orders_revenue", Problem: message.Verbatim("no such column")}}},
			[]string{"metrics.orders_revenue", "metrics.orders_average_value"},
		},
		"a dimension": {
			&postgres.Report{Tables: []postgres.TableReport{{Table: "orders", Problems: []message.Message{message.Verbatim("tables.orders.dimensions.channel.column: no such column")}}}},
			[]string{"tables.orders.dimensions.channel"},
		},
		"a table with all that reads it": {
			&postgres.Report{Tables: []postgres.TableReport{{Table: "orders", Problems: []message.Message{message.Verbatim("the role lacks SELECT")}}}},
			[]string{"tables.orders", "tables.orders.dimensions.channel", "metrics.orders_created", "metrics.orders_revenue"},
		},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			proposal, err := discover.Propose(&discover.Schema{Relations: []*discover.Relation{{
				Schema: "public", Name: "orders", SQLSchema: "public", SQLName: "orders", Kind: "table", Rows: 10,
				Columns: []*discover.Column{column("id", discover.Integer), column("created_at", discover.Timestamptz), column("total", discover.Numeric), column("channel", discover.Text)},
			}}}, discover.Options{Timezone: "UTC"})
			require.NoError(t, err)
			require.True(t, rejectProblems(proposal, test.report))
			assert.False(t, rejectProblems(proposal, test.report), "once is enough")
			selected := map[string]bool{proposal.Tables[0].Path: proposal.Tables[0].Selected}
			for _, item := range append(append([]discover.Item{}, proposal.Dimensions...), proposal.Metrics...) {
				selected[item.Path] = item.Selected
			}
			for _, path := range test.gone {
				chosen, known := selected[path]
				assert.True(t, known, path)
				assert.False(t, chosen, path)
			}
			if len(test.gone) < 3 {
				assert.True(t, selected["metrics.orders_created"])
			}
		})
	}
}
