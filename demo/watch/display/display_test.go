package display

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func f(v float64) *float64 { return &v }
func n(v int) *int         { return &v }

func TestNumbersAreWrittenInTheirUnit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value    *float64
		unit     string
		decimals *int
		want     string
	}{
		{nil, "s", nil, "–"},
		{f(math.NaN()), "s", nil, "NaN"},
		{f(0), "", nil, "0"},
		{f(6731), "", nil, "6731"},
		{f(1.2345), "", nil, "1.23"},
		{f(123.45), "none", nil, "123"},
		{f(0.0012345), "", nil, "0.00123"},
		{f(-0.001), "", n(1), "0.0"},
		{f(2), "", n(2), "2.00"},
		{f(6731), "short", nil, "6.73 K"},
		{f(999), "short", nil, "999"},
		{f(1e6), "short", nil, "1 Mil"},
		{f(-2500), "short", nil, "-2.50 K"},
		{f(1e17), "short", nil, "100000 Tri"},
		{f(1234567), "locale", nil, "1,234,567"},
		{f(-1234.5), "locale", n(2), "-1,234.50"},
		{f(999), "locale", nil, "999"},
		{f(0.3612), "percentunit", nil, "36.1%"},
		{f(0.3612), "percentunit", n(0), "36%"},
		{f(36.12), "percent", nil, "36.1%"},
		{f(154.456), "currencyBRL", n(2), "R$154.46"},
		{f(1063166.4), "currencyBRL", nil, "R$1.06M"},
		{f(-12.5), "currencyBRL", nil, "-R$12.5"},
		{f(0.5), "currencyEUR", nil, "€0.500"},
		{f(0), "s", nil, "0 s"},
		{f(0.25), "s", nil, "250 ms"},
		{f(42), "s", nil, "42 s"},
		{f(738), "s", nil, "12.3 mins"},
		{f(5400), "s", nil, "1.50 hours"},
		{f(200000), "s", nil, "2.31 days"},
		{f(1500), "ms", nil, "1.50 s"},
		{f(2e-9), "s", nil, "2 ns"},
		{f(12.5), "suffix:/s", nil, "12.5/s"},
		{f(12.5), "prefix:~", nil, "~12.5"},
		{f(7), "bananas", nil, "7 bananas"},
	} {
		assert.Equal(t, c.want, Number(c.value, c.unit, c.decimals), "%v in %q", c.value, c.unit)
	}
}

func TestChangeIsInPercentOfBefore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		now, before *float64
		want        string
	}{
		{f(112.3), f(100), "+12.3%"},
		{f(90), f(100), "-10.0%"},
		{f(100), f(100), "0.0%"},
		{f(-50), f(-100), "+50.0%"},
		{f(5000), f(100), "49×"},
		{f(1), f(0), ""},
		{nil, f(1), ""},
		{f(1), nil, ""},
		{f(math.NaN()), f(1), ""},
	} {
		assert.Equal(t, c.want, Change(c.now, c.before))
	}
}

func TestSparklineShowsTheCourseOfValues(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "▁▂▃▄▅▆▇█", Sparkline([]*float64{f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)}, 80, nil))
	assert.Equal(t, "▁█", Sparkline([]*float64{f(10), f(11)}, 80, nil), "from the least value")
	assert.Equal(t, "▇█", Sparkline([]*float64{f(10), f(11)}, 80, f(0)), "from zero")
	assert.Equal(t, "▁ █", Sparkline([]*float64{f(1), nil, f(2)}, 80, nil))
	assert.Equal(t, "▁▁", Sparkline([]*float64{f(3), f(3)}, 80, nil))
	assert.Equal(t, "  ", Sparkline([]*float64{nil, f(math.NaN())}, 80, nil))
	assert.Empty(t, Sparkline(nil, 80, nil))
	assert.Empty(t, Sparkline([]*float64{f(1)}, 0, nil))
	assert.Equal(t, "▁█", Sparkline([]*float64{f(0), f(2), nil, f(5), f(7), f(6)}, 2, nil), "averages of three")
}

func TestShadeTellsSmallFromNone(t *testing.T) {
	t.Parallel()
	assert.Equal(t, ' ', Shade(0, 100))
	assert.Equal(t, '░', Shade(1, 100))
	assert.Equal(t, '▒', Shade(20, 100))
	assert.Equal(t, '█', Shade(100, 100))
	assert.Equal(t, ' ', Shade(1, 0))
}

func TestTextIsFittedAndCleaned(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "São…", Fit("São Paulo", 4))
	assert.Equal(t, "SP", Fit("SP", 4))
	assert.Empty(t, Fit("SP", 0))
	assert.Equal(t, "SP  ", Left("SP", 4))
	assert.Equal(t, "  SP", Right("SP", 4))
	assert.Equal(t, "a·[31m b", Clean("a\x1b[31m\nb"))
}

func TestLongTextIsWrappedAtSpaces(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"  ✗ the role", "    may not", "    read"}, Wrap("  ✗ the role may not read", 12, "    "))
	assert.Equal(t, []string{"abcdef", " ghijk", " l"}, Wrap("abcdefghijkl", 6, " "))
	assert.Equal(t, []string{"short"}, Wrap("short", 80, "  "))
	assert.Empty(t, Wrap("", 80, "  "))
}

func TestStyleColoursOnlyIfItMay(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "\x1b[31mx\x1b[0m", NewStyle(true).Red("x"))
	assert.Empty(t, NewStyle(true).Red(""))
	assert.Equal(t, "x", NewStyle(false).Bold("x"))
}
