package catalog

import (
	"encoding/json"
	"errors"
	"testing"
)

// FuzzParse checks that Parse neither panics nor fails without a reason, that
// what it accepts survives being written and read, and that the schema, which
// may know less, never refuses what Parse accepts.
func FuzzParse(f *testing.F) {
	f.Add([]byte(fromFile(f, "example.yaml")))
	f.Add([]byte(fromFile(f, "full.yaml")))
	for _, test := range brokenCatalogs {
		f.Add([]byte(edited(f, test.set)))
	}
	for _, raw := range []string{"", "null", "{}", "[]", `{"version":1,"version":1}`, `{"tables":{"":{}},"metrics":{"":null}}`} {
		f.Add([]byte(raw))
	}
	schema := compiledSchema(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := Parse(raw)
		if err != nil {
			var found Errors
			if !errors.Is(err, ErrEmpty) && (!errors.As(err, &found) || len(found) == 0) {
				t.Fatalf("an error without problems: %v", err)
			}
			_ = err.Error()
			return
		}
		if err := schema.Validate(instance(t, raw)); err != nil {
			t.Fatalf("the schema refuses what Parse accepts: %v\n%s", err, raw)
		}
		for _, name := range c.MetricNames() {
			m, ok := c.Metric(c.Prefix + name)
			if !ok || m.Name != name || len(m.Views()) == 0 {
				t.Fatalf("metric %q is not found, or has no view", name)
			}
			_ = c.DimensionsOf(m)
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(again); err != nil {
			t.Fatalf("written anew it is refused: %v\n%s", err, again)
		}
	})
}
