package provisioned

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func variables(name string) string {
	return map[string]string{"HOST": "db:5432", "PORT": "5432", "ON": "true", "RATE": "0.5", "DOLLAR": "a$b"}[name]
}

func TestVariablesAreReplacedAsGrafanaDoes(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"plain":                "plain",
		"$HOST":                "db:5432",
		"${HOST}/x":            "db:5432/x",
		"$__env{HOST}":         "db:5432",
		"$UNSET":               "",
		"a $UNSET b":           "a  b",
		"$$HOST":               "$HOST",
		"x ~ '^a$$' and $HOST": "x ~ '^a$' and db:5432",
		"$DOLLAR":              "a$b",
		"":                     "",
	} {
		got, err := Expand(value, variables)
		require.NoError(t, err, value)
		assert.Equal(t, want, got, value)
	}
}

func TestOtherExpandersAreRefused(t *testing.T) {
	t.Parallel()
	_, err := Expand("$__file{/etc/passwd}", variables)
	assert.ErrorContains(t, err, "$__file{/etc/passwd} is not understood")
}

func TestValuesOfJSONDataAreExpandedAndTyped(t *testing.T) {
	t.Parallel()
	got, err := expandAll(map[string]any{
		"$HOST":    "$PORT", // keys are left alone
		"literal":  "5432",
		"truth":    "$ON",
		"fraction": "${RATE}",
		"text":     "$HOST",
		"escaped":  "$$1$PORT",
		"number":   7,
		"nothing":  nil,
		"list":     []any{"$PORT", map[string]any{"deep": "$HOST"}},
	}, variables)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"$HOST":    int64(5432),
		"literal":  "5432",
		"truth":    true,
		"fraction": 0.5,
		"text":     "db:5432",
		"escaped":  "$15432",
		"number":   7,
		"nothing":  nil,
		"list":     []any{int64(5432), map[string]any{"deep": "db:5432"}},
	}, got)
}
