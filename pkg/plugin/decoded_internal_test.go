package plugin

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAQueryIsDecodedOnceAndNotManyAreRemembered(t *testing.T) {
	t.Parallel()
	var d decodings
	const text = `{"metrics": ["orders"], "groupBy": ["channel"]}`
	first, err := d.decode([]byte(text))
	require.NoError(t, err)
	first.RefID = "mine"
	second, err := d.decode([]byte(text))
	require.NoError(t, err)
	assert.Empty(t, second.RefID)
	assert.Same(t, &first.Metrics[0], &second.Metrics[0])

	_, err = d.decode([]byte(`{"metric": ["orders"]}`))
	require.ErrorContains(t, err, "metrics")
	for n := range 3 * maxDecodings {
		_, err = d.decode(fmt.Appendf(nil, `{"metrics": ["orders %d"]}`, n))
		require.NoError(t, err)
		assert.LessOrEqual(t, len(d.byJSON), maxDecodings)
	}
}
