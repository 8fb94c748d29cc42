package exactness_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
	"github.com/pullview/orders-datasource/pkg/query"
)

// A comparison that finds no difference proves nothing unless it would find
// one. These tests falsify rows and frames and demand to hear of it.

// answered is a question with its answer's frame.
type answered struct {
	*oracle
	frame *data.Frame
}

// doubted is how many worlds the tests of this file look at. One may have no
// metric that cares for a certain forgery.
const doubted = 3

// answeredWorlds asks worlds with many rows the first few questions of a kind.
// Cases of many values are left out, since they are judged over and over.
func answeredWorlds(t *testing.T, each int, heatmaps bool) (worlds []*world, cases []answered) {
	t.Helper()
	for seed := uint64(1); len(worlds) < doubted; seed++ {
		w := newWorld(t, embedpg.Shared(t), seed)
		if len(w.tables[0].rows) < 100 || len(w.tables[1].rows) < 100 {
			continue
		}
		worlds = append(worlds, w)
		for n, asked := 0, 0; asked < each; n++ {
			q := w.ask(t, n)
			if heatmaps != (q.request.Format == query.FormatHeatmap) {
				continue
			}
			answer, frame, err := q.answer(t.Context())
			require.NoError(t, err, q.repeat())
			if values := frame.Rows() * len(frame.Fields); values > 0 && values < 1000 {
				cases = append(cases, answered{newOracle(q, answer.AsOf), frame})
				asked++
			}
		}
	}
	return worlds, cases
}

func noticed(t *testing.T, cases []answered) bool {
	t.Helper()
	return slices.ContainsFunc(cases, func(a answered) bool { return a.notices(t) })
}

// notices tells whether a case disagrees with the rows as they are now.
func (a answered) notices(t *testing.T) bool {
	t.Helper()
	fresh := *a.oracle
	fresh.rows, fresh.keys = map[*metric][]*row{}, map[*row]string{}
	v, decided, err := fresh.judge(a.frame)
	require.NoError(t, err)
	return decided && len(v.differences) > 0
}

// forge replaces the rows of all tables by changed copies, until the function
// that it returns is called.
func forge(worlds []*world, change func(*row)) (restore func()) {
	original := map[*table][]*row{}
	for _, w := range worlds {
		for _, tbl := range w.tables {
			original[tbl] = tbl.rows
			tbl.rows = nil
			for _, r := range original[tbl] {
				r = r.copy()
				change(r)
				tbl.rows = append(tbl.rows, r)
			}
		}
	}
	return func() {
		for tbl, rows := range original {
			tbl.rows = rows
		}
	}
}

func TestAFalsifiedRowMakesTheComparisonFail(t *testing.T) {
	t.Parallel()
	worlds, cases := answeredWorlds(t, 20, false)
	for _, a := range cases {
		require.False(t, a.notices(t), "a difference without any forgery: %s", a.repeat())
	}
	var during moment // tried in every stretch that questions are about
	for _, forgery := range []struct {
		name  string
		forge func(*row) bool // false where it changes nothing
	}{
		{"events happen a microsecond later", func(r *row) bool { return r.move(1, timeColumns...) }},
		{"events happen a microsecond earlier", func(r *row) bool { return r.move(-1, timeColumns...) }},
		{"rows are open a microsecond longer", func(r *row) bool { return r.move(1, colClosed) }},
		{"events at no time happen", func(r *row) bool {
			if !r.times[colAt].null {
				return false
			}
			r.times[colAt] = during
			return true
		}},
		{"exact quantities are a hundred-millionth greater", func(r *row) bool { return r.grow(false, big.NewRat(1, 100_000_000)) }},
		{"floats are a hundred-millionth greater", func(r *row) bool { return r.grow(true, big.NewRat(1, 100_000_000)) }},
		{"a missing quantity is 0", func(r *row) bool {
			missing := false
			for _, c := range numberColumns {
				if r.numbers[c].null {
					r.numbers[c], missing = parseNumber("0"), true
				}
			}
			return missing
		}},
		{"no value of a dimension is an empty text", func(r *row) bool {
			missing := r.texts[colChannel].null
			r.texts[colChannel] = text{text: r.texts[colChannel].text}
			return missing
		}},
	} {
		t.Run(forgery.name, func(t *testing.T) {
			forged := 0
			found := slices.ContainsFunc(worlds, func(within *world) bool {
				return slices.ContainsFunc(within.windows, func(w window) bool {
					during = moment{at: instantOf(w.from) + 1}
					forged = 0
					defer forge(worlds, func(r *row) {
						if forgery.forge(r) {
							forged++
						}
					})()
					return noticed(t, cases)
				})
			})
			require.Positive(t, forged)
			assert.True(t, found, "no case noticed %d forgeries", forged)
		})
	}
	t.Run("a row is lost", func(t *testing.T) {
		tbl := worlds[0].tables[0]
		rows := tbl.rows
		defer func() { tbl.rows = rows }()
		assert.True(t, slices.ContainsFunc(rows, func(lost *row) bool {
			tbl.rows = slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return r == lost })
			return noticed(t, cases)
		}))
	})
	t.Run("a row is there twice", func(t *testing.T) {
		tbl := worlds[0].tables[0]
		rows := tbl.rows
		defer func() { tbl.rows = rows }()
		assert.True(t, slices.ContainsFunc(rows, func(twice *row) bool {
			tbl.rows = append(slices.Clone(rows), twice)
			return noticed(t, cases)
		}))
	})
}

func (r *row) copy() *row {
	c := &row{id: r.id, times: map[string]moment{}, texts: map[string]text{}, numbers: map[string]number{}}
	for name, value := range r.times {
		c.times[name] = value
	}
	for name, value := range r.texts {
		c.texts[name] = value
	}
	for name, value := range r.numbers {
		c.numbers[name] = value
	}
	return c
}

func (r *row) move(by int64, columns ...string) bool {
	moved := false
	for _, c := range columns {
		if m := r.times[c]; m.finite() {
			r.times[c], moved = moment{at: m.at + by}, true
		}
	}
	return moved
}

func (r *row) grow(floats bool, share *big.Rat) bool {
	grown := false
	for _, c := range numberColumns {
		if n := r.numbers[c]; n.finite() && n.float == floats && n.rat.Sign() != 0 {
			more := new(big.Rat).Mul(n.rat, share)
			n.rat = more.Add(more, n.rat)
			r.numbers[c], grown = n, true
		}
	}
	return grown
}

func TestAFalsifiedFrameMakesTheComparisonFail(t *testing.T) {
	t.Parallel()
	_, cases := answeredWorlds(t, 20, false)
	always := func(*float64, figure) bool { return true }
	for _, forgery := range []struct {
		name    string
		applies func(value *float64, f figure) bool
		forge   func(r readings, series string, at instant)
	}{
		{"the next float", func(value *float64, f figure) bool { return value != nil && f.exact() && !math.IsInf(*value, 0) },
			func(r readings, series string, at instant) {
				next := math.Nextafter(*r[series][at], math.Inf(1))
				r[series][at] = &next
			}},
		{"more than a hundredth off", func(value *float64, f figure) bool { return value != nil && f.finite() && !f.exact() && *value != 0 },
			func(r readings, series string, at instant) {
				off := *r[series][at] * 1.021
				r[series][at] = &off
			}},
		{"null", func(value *float64, f figure) bool { return value != nil && !f.orNull },
			func(r readings, series string, at instant) { r[series][at] = nil }},
		{"0 instead of null", func(value *float64, f figure) bool { return value == nil && !f.orNull },
			func(r readings, series string, at instant) { r[series][at] = new(float64) }},
		{"a missing bucket", always, func(r readings, series string, at instant) { delete(r[series], at) }},
		{"a bucket a microsecond later", always, func(r readings, series string, at instant) {
			r[series][at+1] = r[series][at]
			delete(r[series], at)
		}},
		{"a missing series", always, func(r readings, series string, _ instant) { delete(r, series) }},
		{"another series", always, func(r readings, series string, _ instant) { r[series+"\x00compare=2w"] = r[series] }},
		{"another label", always, func(r readings, series string, _ instant) {
			r[series+" "] = r[series]
			delete(r, series)
		}},
	} {
		t.Run(forgery.name, func(t *testing.T) {
			applied := 0
			for _, a := range cases {
				e := a.expect()
				forged, err := readFrame(a.frame, a.question)
				require.NoError(t, err)
				series, at, found := e.find(func(series string, at instant) bool {
					f := e.series[series][at]
					return !f.undecided && forgery.applies(forged[series][at], f)
				})
				if !found {
					continue
				}
				applied++
				forgery.forge(forged, series, at)
				assert.NotEmpty(t, e.compare(forged).differences, "series %q, bucket %s: %s", series, dateText(at), a.repeat())
			}
			assert.Greater(t, applied, 2, "the forgery applies to too few cases")
		})
	}
}

// find returns the first value that satisfies a condition.
func (e *expected) find(satisfies func(series string, at instant) bool) (series string, at instant, found bool) {
	for _, series := range sortedKeys(e.series) {
		for _, at := range sortedKeys(e.series[series]) {
			if satisfies(series, at) {
				return series, at, true
			}
		}
	}
	return "", 0, false
}

func TestAFalsifiedHeatmapMakesTheComparisonFail(t *testing.T) {
	t.Parallel()
	_, cases := answeredWorlds(t, 2, true)
	for name, forge := range map[string]func(f *data.Frame, cell int){
		"one observation more": func(f *data.Frame, cell int) { f.Fields[3].Set(cell, f.Fields[3].At(cell).(int64)+1) },
		"a higher row": func(f *data.Frame, cell int) {
			f.Fields[1].Set(cell, f.Fields[2].At(cell))
			f.Fields[2].Set(cell, f.Fields[2].At(cell).(float64)+1)
		},
		"a missing cell":   func(f *data.Frame, cell int) { f.DeleteRow(cell) },
		"an unknown clock": func(f *data.Frame, _ int) { f.Meta.Custom = nil },
	} {
		t.Run(name, func(t *testing.T) {
			for _, a := range cases {
				forged, cell := copyFrame(a.frame), 0
				for forged.Fields[3].At(cell).(int64) == 0 {
					cell++ // it only keeps the distance
				}
				forge(forged, cell)
				v, _, err := a.judge(forged)
				require.NoError(t, err)
				assert.NotEmpty(t, v.differences, a.repeat())
			}
		})
	}
}

// copyFrame returns a frame whose values and meta may be changed.
func copyFrame(f *data.Frame) *data.Frame {
	c := f.EmptyCopy()
	for i := range f.Rows() {
		c.AppendRow(f.RowCopy(i)...)
	}
	meta := *f.Meta
	c.Meta = &meta
	return c
}
