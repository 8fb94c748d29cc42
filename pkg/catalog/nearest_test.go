package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestNearestFindsWhatWasMeant(t *testing.T) {
	t.Parallel()
	known := []string{"total_pedidos_faturados_counter", "carrinhos_abertos_gauge", "faturamento", "ticket_medio", "p50", "p95", "ação"}
	for name, want := range map[string]string{
		"faturamento":            "faturamento",
		"Faturamento":            "faturamento",
		"fatramento":             "faturamento",
		"faturamneto":            "faturamento",
		"faturamento_":           "faturamento",
		"FATURAMENTOS":           "faturamento",
		"ticket-medio":           "ticket_medio",
		"total_pedidos_faturado": "total_pedidos_faturados_counter",
		"acao":                   "",
		"açao":                   "ação",
		"p55":                    "p50",
		"p9":                     "p95",
		"":                       "",
		"xyz":                    "",
		"revenue":                "",
		"abertos":                "carrinhos_abertos_gauge",
		"faturamento-total-dia":  "faturamento",
		"pedidos_faturados":      "total_pedidos_faturados_counter",
		"pedidos_abertos":        "",
		"ti":                     "",
	} {
		assert.Equal(t, want, Nearest(name, known), name)
	}
	assert.Empty(t, Nearest("a", nil))
}

func TestNearestDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	known := []string{"cat", "bat", "hat", "rat"}
	for range 2 {
		assert.Equal(t, "bat", Nearest("mat", known))
		slices.Reverse(known)
	}
}

func TestNearestAnswersSoonForLongNames(t *testing.T) {
	t.Parallel()
	known := slices.Repeat([]string{strings.Repeat("ab", 500_000)}, 100)
	start := time.Now()
	assert.Empty(t, Nearest(strings.Repeat("ba", 500_000), known))
	assert.Less(t, time.Since(start), 20*time.Second)
}

func TestEditDistanceCountsEditsAndSwaps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"ca", "abc", 3},
		{"kitten", "sitting", 3}, {"abcd", "badc", 2}, {"interval", "intreval", 1},
	} {
		assert.Equal(t, test.want, editDistance([]rune(test.a), []rune(test.b), 100), "%s %s", test.a, test.b)
		assert.Equal(t, test.want, editDistance([]rune(test.b), []rune(test.a), 100), "%s %s", test.b, test.a)
		if test.want > 0 {
			assert.Greater(t, editDistance([]rune(test.a), []rune(test.b), test.want-1), test.want-1, "%s %s above the limit", test.a, test.b)
		}
	}
}
