package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tiny is a run that takes seconds. Its figures mean nothing.
func tiny(out *strings.Builder) config {
	return config{rounds: 1, workers: 0, coldRows: 20_000, days: 2, perDay: 3_000, scale: 5_000, codes: 5_000, turn: 5 * time.Millisecond,
		written: 2_000, viewers: []int{2}, refresh: time.Second, watch: time.Second, providePlugin: linkPlugin, out: out}
}

func TestEverySubjectMeasuresWhatItPromises(t *testing.T) {
	t.Parallel()
	for name, promised := range map[string][]string{
		"cold":     {"(a)", "(b)", "(c)"},
		"days":     {"(d, e)", "(i)", "(j)", "(k)"},
		"scale":    {"(m)"},
		"triggers": {"(f)", "(g)", "(h)"},
		"values":   {`(n) the first 100 values that begin with ""`, `with "c0000"`},
		"viewers":  {"(l) 2 viewers", "statements sent to the store"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chosen, err := choose([]string{name}, "")
			require.NoError(t, err)
			var out strings.Builder
			require.NoError(t, run(t.Context(), tiny(&out), chosen))
			for _, line := range promised {
				assert.Contains(t, out.String(), line)
			}
		})
	}
}

func TestSubjectsAreNamedByArgumentsOrElseByTheEnvironment(t *testing.T) {
	t.Parallel()
	names := func(args []string, env string) (names []string) {
		chosen, err := choose(args, env)
		require.NoError(t, err)
		for _, s := range chosen {
			names = append(names, s.name)
		}
		return names
	}
	assert.Equal(t, []string{"triggers", "cold"}, names(nil, "triggers, cold"))
	assert.Equal(t, []string{"days"}, names([]string{"days"}, "cold"))
	assert.Contains(t, names(nil, ""), "cold")

	_, err := choose(nil, "speed")
	require.ErrorContains(t, err, `no subject "speed": name some of cold, `)
}

func TestAMissedTargetIsSaid(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, report(&out, []result{
		{what: "speed", value: 2, format: "%.0f×", target: "≥ 3×"},
		{what: "noise", value: 1, format: "%.0f dB"},
	}))
	lines := strings.Split(out.String(), "\n")
	assert.Regexp(t, `^speed +2× +≥ 3× +NO`, lines[1])
	assert.Regexp(t, `^noise +1 dB +reported`, lines[2])
}
