package query

import (
	"strconv"
	"time"
)

// Key identifies what a request for metrics asks: two requests of one catalog
// with the same key have the same answer in the same snapshot. Of the time
// range only the grid counts, for all instants between two bounds of a bucket
// ask for the same buckets.
func (r *Request) Key() string {
	k := key(make([]byte, 0, 256))
	k.text(r.RefID) // links to rows repeat it
	k.text(string(r.Type))
	for i, m := range r.Metrics {
		k.text(m.Name)
		k.text(string(r.Views[i]))
	}
	k.end()
	k.texts(r.GroupBy)
	for _, f := range r.Filters {
		k.text(f.Key)
		k.text(string(f.Operator))
		k.texts(f.Values)
	}
	k.end()
	if r.Top != nil {
		k.number(int64(r.Top.Limit))
		k.flag(r.Top.Others)
	}
	k.end()
	k.text(r.Step.String())
	k.grid(r.Grid)
	k.grid(r.Sampling)
	k.text(string(r.Reduce))
	for _, q := range r.Quantiles {
		k = strconv.AppendFloat(k, q, 'g', -1, 64)
		k = append(k, ' ')
	}
	k.end()
	k.flag(r.Exact)
	for _, offset := range r.Compare {
		k.text(offset.String())
	}
	k.end()
	k.text(string(r.Partial))
	k.text(string(r.Format))
	k.text(r.Legend)
	k.flag(r.FromAlert)
	k.number(int64(r.Limits.MaxCells))
	k.number(int64(r.Limits.MaxSeries))
	return string(k)
}

// key is a text of parts, none of which can be taken for another: each has its
// length before it, and lists have an end.
type key []byte

func (k *key) text(text string) {
	*k = strconv.AppendInt(*k, int64(len(text)), 10)
	*k = append(append(*k, ':'), text...)
}

func (k *key) texts(texts []string) {
	for _, text := range texts {
		k.text(text)
	}
	k.end()
}

func (k *key) end() { *k = append(*k, ';') }

func (k *key) number(n int64) {
	*k = strconv.AppendInt(*k, n, 10)
	k.end()
}

func (k *key) flag(set bool) { *k = strconv.AppendBool(*k, set) }

// grid writes the ends of a grid, between which its step lays the bounds.
func (k *key) grid(g Grid) {
	if len(g.Bounds) > 0 {
		k.instant(g.Bounds[0])
		k.instant(g.Bounds[len(g.Bounds)-1])
	}
	k.end()
}

func (k *key) instant(t time.Time) { k.number(t.UnixMicro()) }
