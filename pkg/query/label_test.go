package query

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestValuesThatReadLikeReservedLabelsAreEscaped(t *testing.T) {
	t.Parallel()
	for label, value := range map[string]Value{
		"web":         {Text: "web"},
		"":            {Text: ""},
		`\`:           {Text: `\`},
		`\web`:        {Text: `\web`},
		"(null) ":     {Text: "(null) "},
		"(null)":      {Null: true},
		`\(null)`:     {Text: "(null)"},
		`\\(null)`:    {Text: `\(null)`},
		`\(others)`:   {Text: "(others)"},
		`\\\(others)`: {Text: `\\(others)`},
	} {
		assert.Equal(t, label, value.Label())
		read, ok := ParseLabel(label)
		assert.True(t, ok)
		assert.Equal(t, value, read)
	}
	_, ok := ParseLabel(LabelOthers)
	assert.False(t, ok, "the others are no value")
}

func TestEveryValueHasALabelOfItsOwn(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string {
		return strings.Repeat(`\`, rapid.IntRange(0, 4).Draw(t, "backslashes")) + rapid.SampledFrom([]string{LabelNull, LabelOthers, "x", ""}).Draw(t, "text")
	}))
	value := rapid.Custom(func(t *rapid.T) Value {
		if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
			return Value{Null: true}
		}
		return Value{Text: text.Draw(t, "text")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := value.Draw(t, "a"), value.Draw(t, "b")
		read, ok := ParseLabel(a.Label())
		require.True(t, ok)
		require.Equal(t, a, read)
		require.NotEqual(t, LabelOthers, a.Label())
		require.Equal(t, a == b, a.Label() == b.Label())
	})
}

func TestEveryLabelButTheOthersStandsForOneValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		label := strings.Repeat(`\`, rapid.IntRange(0, 4).Draw(t, "backslashes")) + rapid.SampledFrom([]string{LabelNull, LabelOthers, "x"}).Draw(t, "text")
		if value, ok := ParseLabel(label); ok {
			require.Equal(t, label, value.Label())
		} else {
			require.Equal(t, LabelOthers, label)
		}
	})
}
